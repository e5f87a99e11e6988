"""An expiring offer from its day, or from entering a segment, to the notice of its last hours; once, whatever happens."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.conditions import read_condition
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectStatus
from plugin.domain.guardrails import Guardrails
from plugin.domain.stages import Limits
from plugin.errors import Rejected
from plugin.flow import send as sending
from plugin.flow.campaign_edits import change, make
from plugin.flow.dry_run import dry_run
from plugin.flow.message_preview import preview as preview_mail
from plugin.flow.message_preview import send_test
from plugin.flow.preview import preview
from plugin.flow.replay import replay
from plugin.flow.send import park_lost
from plugin.flow.switch import switch_on
from plugin.sandbox.faults import read_fault
from plugin.store import campaigns, decisions, segments, shops
from tests.bodies import account_body, bulk_body, order_body
from tests.flow.conftest import Home
from tests.flow.post import Postbox, became, letters, open_post, post
from tests.flow.silence import metadata, outcomes, user_of
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

NAME = "three-days"
DAY = date(2026, 6, 5)
BEGINS = datetime(2026, 6, 5, 9, tzinfo=UTC)
ENDS = datetime(2026, 6, 7, 23, 59, 59, tzinfo=UTC)
NOTICE = ENDS - timedelta(hours=12)


async def on(home: Home, *, inside: int = 0, params: dict[str, Any] | None = None, **settings: Any) -> Postbox:
    box = open_post(home)
    said = {"day": DAY.isoformat(), "currency": "USD", "minimum": 20, "message_by": "mail", **(params or {})}
    make(home.house, home.shop_id, NAME, "expiring_offer", {"control_share": 0, "params": said, **settings}, "test")
    await switch_on(home.house, home.shop_id, NAME, inside, "test", confirmed=True)
    return box


def buyer(home: Home, placed_at: datetime = NOW) -> str:
    """With an account, and one order."""
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=placed_at)))
    home.take("order_created", order_body(order("O1", placed_at, user_id=user_id)))
    return user_id


async def live(home: Home, at: datetime) -> None:
    home.now = at
    home.tick()
    await home.deliver()
    await post(home)


def banner(home: Home, user_id: str) -> dict[str, str]:
    said: dict[str, str] = json.loads(metadata(home, user_id)["retention.banner"])
    return said


def reasons(home: Home) -> Sequence[str]:
    with home.database.read() as connection:
        return [one.reason for one in decisions.latest(connection, home.shop_id, 100)]


def rules(home: Home, **changes: Any) -> None:
    with home.database.write() as connection:
        shops.set_guardrails(connection, home.shop_id, Guardrails(**changes), "test", home.now)


async def test_from_its_day_to_its_last_hours(home: Home) -> None:
    user_id = buyer(home)  # before it is on: whoever is there is given one on that day
    box = await on(home)
    await live(home, BEGINS - timedelta(seconds=1))
    assert home.codes() == []
    await live(home, BEGINS)
    (code,) = home.codes()
    assert banner(home, user_id)["code"] == code
    assert banner(home, user_id)["until"] == ENDS.isoformat()
    (voucher,) = home.sandbox.shop.vouchers.values()
    assert voucher.end_date == ENDS
    await live(home, NOTICE - timedelta(seconds=1))
    assert len(box.taken) == 1
    await live(home, NOTICE)
    assert [letter.subject for letter in box.taken] == [
        "20 % off, only until June 7, 2026",
        "Last chance, Ann: 20 % off",
    ]
    assert code in box.taken[1].text
    assert banner(home, user_id) == {
        "text": f"Last chance, Ann: 20 % off with code {code} ends on 2026-06-07.",
        "code": code,
        "until": ENDS.isoformat(),
    }
    await live(home, ENDS + timedelta(minutes=1))
    assert "retention.banner" not in metadata(home, user_id)
    assert len(home.codes()) == 1
    assert sorted(outcomes(home)) == [Outcome.GIVEN, Outcome.SHOWN, Outcome.TOLD]


async def test_duplicates_and_lost_answers_change_nothing(home: Home) -> None:
    user_id = buyer(home)
    box = await on(home)
    for operation in ("voucherCreate", "updateMetadata"):
        lost = {"status": 500, "times": 1, "operation": operation, "after_commit": True}
        home.sandbox.faults.waiting.append(read_fault(lost))
    for at in (BEGINS, NOTICE):
        for minutes in range(4):
            home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
            home.take("customer_updated", account_body(account(user_id, updated_at=at)))
            await live(home, at + timedelta(minutes=minutes))
    assert len(home.codes()) == 1
    assert sorted(outcomes(home)) == [Outcome.GIVEN, Outcome.SHOWN, Outcome.TOLD]
    assert [letter.subject for letter in box.taken][1:] == ["Last chance, Ann: 20 % off"]
    assert banner(home, user_id)["text"].startswith("Last chance")


async def test_a_kill_while_the_notice_is_under_way_parks_it_and_sends_no_second(home: Home) -> None:
    buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    home.now = NOTICE
    home.tick()
    await home.deliver()
    assert sending._take(home.house, home.shop_id) is not None  # and then the process is killed
    park_lost(home.house, all_of_them=True)
    for minutes in range(3):
        await live(home, NOTICE + timedelta(minutes=minutes))
    assert len(box.taken) == 1
    assert sorted(became(home)) == [EffectStatus.DONE, EffectStatus.PARKED]


async def test_whoever_used_the_code_is_not_reminded(home: Home) -> None:
    user_id = buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    (code,) = home.codes()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, voucher_code=code)))
    await live(home, NOTICE)
    assert len(box.taken) == 1
    assert outcomes(home) == [Outcome.GIVEN]


async def test_an_order_without_the_code_leaves_it_and_its_notice(home: Home) -> None:
    user_id = buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    await live(home, NOTICE)
    assert len(box.taken) == 2


async def test_a_code_used_between_decision_and_sending_ends_the_notice(home: Home) -> None:
    user_id = buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    (code,) = home.codes()
    home.now = NOTICE
    home.tick()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, voucher_code=code)))
    await home.deliver()
    await post(home)
    assert len(box.taken) == 1
    assert "retention.banner" not in metadata(home, user_id)


@pytest.mark.parametrize(("until", "sent"), [("13:00", 2), ("00:30", 1)])
async def test_quiet_hours_put_the_notice_off_only_as_long_as_it_still_fits(home: Home, until: str, sent: int) -> None:
    buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    rules(home, quiet_from="11:00", quiet_to=until)
    for hours in range(16):
        await live(home, NOTICE + timedelta(hours=hours))
    assert len(box.taken) == sent
    if sent == 1:
        why = "Nothing, because the customer's hours are quiet, and then the offer would have run out."
        assert reasons(home).count(why) == 1
        assert Outcome.TOLD not in outcomes(home)


async def test_quiet_hours_that_came_after_the_decision_end_it_with_a_reason(home: Home) -> None:
    buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    home.now = NOTICE
    home.tick()
    rules(home, quiet_from="11:00", quiet_to="00:30")
    await post(home)
    assert len(box.taken) == 1
    (notice,) = letters(home, EffectStatus.WITHDRAWN)
    assert notice.error == "The customer's hours are quiet until after the offer has run out."


async def test_a_machine_that_slept_over_the_end_says_why_there_was_no_notice(home: Home) -> None:
    buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    await live(home, ENDS + timedelta(hours=1))
    assert len(box.taken) == 1
    assert "No last-minute notice, because the offer ran out before it could go." in reasons(home)


async def test_an_edit_never_moves_the_end_of_who_has_it(home: Home) -> None:
    user_id = buyer(home)
    box = await on(home)
    await live(home, BEGINS)
    change(home.house, home.shop_id, NAME, {"params": {"valid_days": 30}}, "test")
    await live(home, NOTICE)
    (voucher,) = home.sandbox.shop.vouchers.values()
    assert (voucher.end_date, banner(home, user_id)["until"]) == (ENDS, ENDS.isoformat())
    assert len(box.taken) == 2
    await live(home, ENDS + timedelta(hours=1))
    assert len(home.codes()) == 1
    assert "retention.banner" not in metadata(home, user_id)


@pytest.mark.parametrize(("pause", "given"), [(0, 2), (60, 1)])
async def test_a_second_one_needs_a_new_day_and_the_pause(home: Home, pause: int, given: int) -> None:
    buyer(home)
    await on(home, pause_days=pause)
    rules(home, days_between=0)
    await live(home, BEGINS)
    change(home.house, home.shop_id, NAME, {"params": {"day": "2026-06-20"}}, "test")
    await live(home, NOTICE)
    await live(home, BEGINS + days(15))
    assert len(home.codes()) == given
    if given == 1:
        assert "less than 60 days ago" in reasons(home)[0]


async def test_who_is_put_off_beyond_its_end_is_given_nothing(home: Home) -> None:
    buyer(home)
    await on(home)
    rules(home, quiet_from="08:00", quiet_to="07:59")
    for number in range(5):
        await live(home, BEGINS + days(number))
    assert home.codes() == []
    assert "less than a day was left" in reasons(home)[0]


async def test_who_is_given_it_late_has_the_same_end(home: Home) -> None:
    user_id = buyer(home)
    await on(home)
    rules(home, quiet_from="08:00", quiet_to="07:00")
    await live(home, BEGINS)
    assert home.codes() == []
    await live(home, BEGINS + timedelta(hours=22))
    assert banner(home, user_id)["until"] == ENDS.isoformat()


async def test_on_entering_a_segment(home: Home) -> None:
    condition = {"field": "last_total", "at_least": 100, "currency": "USD"}
    with home.database.write() as connection:
        segments.save(connection, home.shop_id, "big", read_condition(condition), home.now)
    box = await on(home, params={"day": None}, audience="big")
    user_id = buyer(home)
    assert outcomes(home) == []
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, total=Decimal(150))))
    await live(home, NOW)
    until = datetime.fromisoformat(banner(home, user_id)["until"])
    assert until == datetime(2026, 6, 3, 23, 59, 59, tzinfo=UTC)
    await live(home, until - timedelta(hours=12))
    assert len(box.taken) == 2
    assert len(home.codes()) == 1


async def test_without_a_day_or_a_segment_it_is_refused(home: Home) -> None:
    with pytest.raises(Rejected, match="Expiring offer needs an audience that names a segment"):
        await on(home, params={"day": None})


async def test_a_dry_run_a_preview_and_a_replay(home: Home) -> None:
    people = [order(f"O{u}{n}", ago(n), user_id=f"U{u}") for u in range(5) for n in (90, 60, 30)]
    home.take("order_bulk_created", bulk_body(people, NOW))
    for u in range(5):  # with an address, or no message could go
        home.take("account_confirmed", account_body(account(f"U{u}", f"u{u}@example.com", updated_at=NOW)))
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, Limits(at_risk_days=20, dormant_days=90))
    await on(home, params={"day": "2026-05-31"})
    with home.database.read() as connection:
        campaign = campaigns.get(connection, home.shop_id, NAME, home.house.tactics)
    shown = preview(campaign, campaign.params, {"default-channel": "USD"}, NOW, UTC)
    assert [one.text for one in shown.shown] == [
        "For a short time, Ann: 20 % off with code K7WPX3TQ4MHR, only until 2026-06-03."
    ]
    assert sum(dry_run(home.house, home.shop_id, NAME).outcomes.values()) == 5
    done = replay(home.house, home.shop_id, NAME, 30)
    assert {one.at for one in done.asked if one.outcome is Outcome.GIVEN} == {datetime(2026, 5, 31, 9, tzinfo=UTC)}
    change(home.house, home.shop_id, NAME, {"params": {"day": "2026-05-20"}}, "test")
    done = replay(home.house, home.shop_id, NAME, 30)
    assert {one.at for one in done.asked if one.outcome is Outcome.TOLD} == {
        datetime(2026, 5, 22, 11, 59, 59, tzinfo=UTC)
    }


async def test_the_notice_can_be_looked_at_and_sent_to_oneself(home: Home) -> None:
    box = await on(home)
    assert preview_mail(home.house, home.shop_id, NAME).subject.startswith("20 % off, only until")
    said = preview_mail(home.house, home.shop_id, NAME, number=2)
    assert said.subject == "Last chance, Ann: 20 % off"
    assert "has not been used yet" in said.text
    await send_test(home.house, home.shop_id, NAME, "me@shop.example", number=2)
    assert [letter.subject for letter in box.taken] == ["[Test] Last chance, Ann: 20 % off"]
    home.switch_on("win-back", message_by=("mail",))
    with pytest.raises(Rejected, match="number 2 is none of them"):
        preview_mail(home.house, home.shop_id, "win-back", number=2)
