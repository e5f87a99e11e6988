"""What the script asks with when somebody arrives by a link to an offer: POST /storefront/v1/offer."""

import json

from plugin.errors import Rejected


def read_link(body: bytes) -> tuple[str, str]:
    """The shop's API URL and the token of the link. Raises `Rejected`."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("The body must be JSON.") from None
    match said:
        case {"shop": str(shop), "token": str(token)}:
            return shop, token
        case _:
            raise Rejected("The body must be an object with shop (its API URL) and token (of the link).")
