"""What an event says it is about: the name of a content that we showed, signed, so that nobody counts what never was."""

from datetime import timedelta

from plugin.errors import NotVerified
from plugin.secrets import Keyring

PURPOSE = "front content"
#: A page left open for a day, and an event that is told a day late; and the day of which it is.
LIFE = timedelta(days=3)
LONGEST = 400


def sign_ref(keyring: Keyring, shop_id: int, content: str) -> str:
    """For the page that shows it. It names shop and content and nobody else, and is the same all day: it may be cached."""
    return keyring.sign_for_the_day(PURPOSE, shop_id, content)


def read_ref(keyring: Keyring, shop_id: int, text: str) -> str | None:
    """The content; None for what is forged, has run out or is another shop's."""
    if len(text) > LONGEST:
        return None
    try:
        named = keyring.unsign(PURPOSE, text, LIFE)
    except NotVerified:
        return None
    match named:
        case [int(shop), str(content)] if shop == shop_id:
            return content
        case _:
            return None
