"""A sender that keeps what it is given and fails as it is told, and a shop that writes to its customers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plugin.domain.effects import EffectStatus
from plugin.domain.messages import Medium
from plugin.domain.sending import Sending
from plugin.flow.send import send
from plugin.messaging.port import Letter
from plugin.store import messages, shops
from plugin.store.messages import Listed
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import user_of
from tests.shop import NOW, account, days, order


@dataclass
class Postbox:
    taken: list[Letter] = field(default_factory=list)
    #: Raised one after the other, before anything is taken.
    fails: list[BaseException] = field(default_factory=list)

    async def send(self, letter: Letter) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.taken.append(letter)

    async def close(self) -> None:
        pass


def open_post(home: Home, *media: Medium, **sending: object) -> Postbox:
    """The shop sends by these (mail if none is named), and everybody who has bought may be written to."""
    box = Postbox()
    home.house = replace(
        home.house, senders=dict.fromkeys(media or (Medium.MAIL,), box), public_url="https://retention.example"
    )
    told = {"sender_address": "shop@example.com", "storefront": "https://shop.example", "needs_opt_in": False}
    with home.database.write() as connection:
        shops.set_sending(connection, home.shop_id, Sending(**{**told, **sending}))  # type: ignore[arg-type]
    return box


async def silent_with_mail(home: Home, **changes: Any) -> str:
    """An account with an address that has just fallen silent, when win back is on and tells of its codes by mail."""
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=NOW - days(1), **changes)))
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    home.now = NOW + days(60)
    return user_id


async def post(home: Home) -> None:
    while await send(home.house, home.shop_id):
        pass


async def all_out(home: Home) -> None:
    """Decided, the codes made, and what tells of them sent."""
    home.tick()
    await home.deliver()
    await post(home)


def letters(home: Home, status: EffectStatus | None = None) -> Sequence[Listed]:
    with home.database.read() as connection:
        return messages.listed(connection, home.shop_id, 100, status)


def became(home: Home) -> list[EffectStatus]:
    return [letter.status for letter in letters(home)]
