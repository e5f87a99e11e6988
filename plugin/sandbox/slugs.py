import re
import unicodedata
from collections.abc import Container


def slugify(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "item"


def unique_slug(text: str, taken: Container[str]) -> str:
    """As Saleor makes them: the second of one name ends in -2."""
    slug, number = slugify(text), 2
    while slug in taken:
        slug, number = f"{slugify(text)}-{number}", number + 1
    return slug
