"""A link that carries an offer: whoever follows it has the code, until the code's own last moment.

The token in it is signed and names a decision: nobody's number and nobody's address.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.errors import NotVerified
from plugin.flow.house import House
from plugin.secrets import Keyring
from plugin.store import codes
from plugin.store.codes import CodeKind, CodeStatus

PURPOSE = "offer link"
#: Longer than any code is valid: the code's own end is what counts.
LIFE = timedelta(days=400)
LONGEST = 400
#: Of the storefront's address; the script takes it out again.
PARAMETER = "retention"


@dataclass(frozen=True, slots=True)
class LinkedOffer:
    code: str
    label: str
    until: datetime


def sign_offer(keyring: Keyring, shop_id: int, decision_id: int) -> str:
    return keyring.sign(PURPOSE, [shop_id, decision_id])


def offer_behind(house: House, shop_id: int, token: str) -> LinkedOffer | None:
    """None for what is forged or another shop's, and for a code that was used, taken back or has run out."""
    if len(token) > LONGEST:
        return None
    try:
        named = house.keyring.unsign(PURPOSE, token, LIFE)
    except NotVerified:
        return None
    match named:
        case [int(shop), int(decision_id)] if shop == shop_id:
            return _offer(house, shop_id, decision_id)
        case _:
            return None


def _offer(house: House, shop_id: int, decision_id: int) -> LinkedOffer | None:
    with house.database.read() as connection:
        code = codes.of_decision(connection, shop_id, decision_id)
    if code is None or code.kind is not CodeKind.VOUCHER or code.offer is None:
        return None
    if code.status is not CodeStatus.ISSUED or code.expires_at <= house.clock():
        return None
    return LinkedOffer(code.code, code.offer.label, code.expires_at)
