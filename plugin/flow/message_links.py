"""The links in a message: to the customer's own page, to one click that ends it, and those that are counted.

Each token is signed for its purpose and names the message by what was drawn for it at random: nobody's number, and
nobody's address.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from plugin.errors import NotVerified
from plugin.flow.house import House

PREFERENCES, ONE_CLICK, CLICK, OPENED = "preferences", "one-click unsubscribe", "message click", "message opened"
BASKET = "way back to a basket"
#: As long as a message is kept, and so can be found by its token.
LIFE = timedelta(days=400)
#: Whoever has the link sees what is in the basket, so it does not live for as long.
BASKET_LIFE = timedelta(days=30)
LONGEST = 4_000
ADDRESS = "/messages"


@dataclass(frozen=True, slots=True)
class Links:
    house: House
    ref: str

    def preferences(self) -> str:
        return self._address("preferences", PREFERENCES, self.ref)

    def unsubscribe(self) -> str:
        """For people a page with a button, because mail scanners follow links; mail programs post there (RFC 8058)."""
        return self._address("unsubscribe", ONE_CLICK, self.ref)

    def click(self, target: str) -> str:
        return self._address("click", CLICK, [self.ref, target])

    def opened(self) -> str:
        return self._address("opened", OPENED, self.ref)

    def basket(self) -> str:
        return self._address("basket", BASKET, self.ref)

    def _address(self, page: str, purpose: str, named: object) -> str:
        return f"{self.house.public_url}{ADDRESS}/{page}/{self.house.keyring.sign(purpose, named)}"


def message_behind(house: House, purpose: str, token: str) -> str:
    """The message's ref. Raises `NotVerified`, with the same sentence whatever is wrong."""
    match _named(house, purpose, token):
        case str(ref):
            return ref
        case _:
            raise NotVerified(WRONG)


def basket_behind(house: House, token: str) -> str:
    """As `message_behind`, of a link that leads back to a basket."""
    match _named(house, BASKET, token, BASKET_LIFE):
        case str(ref):
            return ref
        case _:
            raise NotVerified(WRONG)


def click_behind(house: House, token: str) -> tuple[str, str]:
    """The message's ref, and where it leads: only where we have signed that. Raises `NotVerified`."""
    match _named(house, CLICK, token):
        case [str(ref), str(target)] if urlsplit(target).scheme in {"https", "http"}:
            return ref, target
        case _:
            raise NotVerified(WRONG)


WRONG = "This link is not valid, or not any more."


def _named(house: House, purpose: str, token: str, life: timedelta = LIFE) -> object:
    if len(token) > LONGEST:
        raise NotVerified(WRONG)
    try:
        return house.keyring.unsign(purpose, token, life)
    except NotVerified:
        raise NotVerified(WRONG) from None
