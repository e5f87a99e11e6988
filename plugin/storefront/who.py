"""Who asks: nobody, a shopper by their own token, a shopper by their storefront's server, a fixed shopper of the tests.

Whatever is wrong with it is refused with the same sentence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from plugin.domain.segments import Segment
from plugin.errors import NotAllowed, NotVerified, TryLater
from plugin.flow.fronts import Front
from plugin.saleor.auth import verify_shopper_token
from plugin.saleor.jwks import Keys
from plugin.store.storefront_keys import digest
from plugin.storefront.samples import SHOPPERS

#: The same whether the shop, the token or the key is the wrong one.
WHO = "The shopper's access token is missing, has run out or is not of this shop; sign in again."
IN_A_BROWSER = (
    "A key belongs on a server: this request comes from a page. Ask with the shopper's own token there, and make"
    " a new key if this one was ever sent to a browser."
)
#: Saleor's ids are base64.
USER_ID = re.compile(r"[A-Za-z0-9+/=_-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asker:
    #: Nobody, or who proved to be signed in.
    user_id: str | None = None
    #: A fixed shopper of this segment: nothing is read or written of anybody.
    sample: Segment | None = None
    #: Asked by the storefront's server.
    by_server: bool = False


def is_keyed(authorization: str | None) -> bool:
    return authorization is not None and authorization.partition(" ")[0].lower() == "retention-key"


async def tell_who(
    front: Front, authorization: str | None, headers: Mapping[str, str], keys: Keys, now: datetime
) -> Asker:
    """authorization: as that header has it. Raises `NotVerified`, and `NotAllowed` for a key from a browser."""
    if authorization is None:
        return Asker()
    scheme, _, secret = authorization.partition(" ")
    if is_keyed(authorization):
        return _by_server(front, secret.strip(), headers)
    if scheme.lower() != "bearer":
        raise NotVerified(WHO)
    sample = SHOPPERS.get(secret.strip())
    if sample is not None and front.shop.test_mode:
        return Asker(sample=sample)
    try:
        shopper = await verify_shopper_token(secret.strip(), front.shop, keys, now)
    except TryLater as error:  # A key that nobody knows: a shop that is there must not tell by this.
        raise NotVerified(WHO) from error
    return Asker(shopper.user_id)


def refuse_keys_of_pages(authorization: str | None, headers: Mapping[str, str]) -> None:
    """Whether it is a good key or not. Raises `NotAllowed`."""
    if is_keyed(authorization) and "origin" in headers:
        raise NotAllowed(IN_A_BROWSER)


def _by_server(front: Front, key: str, headers: Mapping[str, str]) -> Asker:
    """Without a user it is nobody's question, from somebody known."""
    user_id = headers.get("x-retention-user")
    if digest(key) not in front.server_keys or (user_id is not None and not USER_ID.fullmatch(user_id)):
        raise NotVerified(WHO)
    return Asker(user_id, by_server=True)
