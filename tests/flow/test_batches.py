"""What many can be done in one call goes first, in full calls."""

from collections.abc import Sequence

import pytest

from plugin.domain.effects import EffectKind
from plugin.flow import calls
from plugin.flow.calls import Ending, Ready
from plugin.saleor.client import Saleor
from plugin.store import codes
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, order

pytestmark = pytest.mark.anyio


async def test_codes_go_in_full_calls_before_the_banners(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin.flow.deliver.TOGETHER", 30)
    monkeypatch.setattr("plugin.flow.asks.CODES_A_CALL", 30)
    monkeypatch.setattr("plugin.flow.deliver.CALLS", 4)
    made: list[tuple[str, int]] = []
    real = calls.call

    async def noted(saleor: Saleor, ready: Sequence[Ready]) -> list[Ending]:
        made.append((ready[0].effect.kind.value, sum(len(one.codes) for one in ready)))
        return await real(saleor, ready)

    monkeypatch.setattr("plugin.flow.calls.call", noted)
    users = [user.id for user in home.sandbox.shop.users.values() if not user.is_staff]
    users += [f"U{n}" for n in range(70 - len(users))]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    home.switch_on("win-back", inside=1000)
    home.tick()
    await home.deliver()
    kinds = [kind for kind, _ in made]
    assert [number for kind, number in made if kind == EffectKind.CODE.value] == [30, 30, 10]
    assert kinds.index(EffectKind.BANNER.value) > max(
        n for n, kind in enumerate(kinds) if kind == EffectKind.CODE.value
    )
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"issued": 70}
