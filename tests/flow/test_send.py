"""Messages: after their code, at most once, never to who does not want them, and put off rather than dropped."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.consent import Consent
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectStatus, Tell, Wish
from plugin.domain.guardrails import Guardrails, Suppression
from plugin.domain.message_params import MessageParams, check_message, message_of
from plugin.domain.messages import Medium, Purpose
from plugin.domain.reach import MEASURING, Choice, Source
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param
from plugin.errors import GiveUp, NoMailbox, NotReached, OutcomeUnknown, TryLater
from plugin.flow import send as sending
from plugin.flow.send import AT_ONCE, WAITS, park_lost, send
from plugin.store import campaigns, contacts, effects, leases, messages, shops, suppressions
from tests.bodies import account_body, gone_body, order_body
from tests.flow.conftest import Home
from tests.flow.post import all_out, became, letters, open_post, post, silent_with_mail
from tests.flow.silence import outcomes
from tests.shop import NOW, account, days, order

pytestmark = pytest.mark.anyio

BY_MAIL = (Medium.MAIL,)


async def test_the_message_tells_of_the_code_once_it_is_there(home: Home) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    await silent_with_mail(home)
    home.tick()
    await post(home)
    assert box.taken == []  # the code is not there yet
    await home.deliver()
    for _ in range(3):
        await post(home)
    (code,) = home.codes()
    (letter,) = box.taken
    assert (letter.to, letter.subject) == ("ann@example.com", "For you, Ann: 10 % off")
    assert code in letter.text
    assert code in letter.html
    assert "until August 14, 2026" in letter.text
    assert "https://shop.example/?retention=" in letter.text
    assert became(home) == [EffectStatus.DONE]


async def test_no_id_and_no_address_is_in_any_link(home: Home) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    user_id = await silent_with_mail(home)
    await all_out(home)
    (letter,) = box.taken
    assert letter.unsubscribe is not None
    assert letter.unsubscribe.startswith("https://retention.example/messages/unsubscribe/")
    for said in (user_id, "ann%40", "ann@"):
        assert said not in letter.html
    assert "<img" not in letter.html  # nobody is measured who has not agreed


async def test_who_agreed_is_measured_by_signed_links(home: Home) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    await silent_with_mail(home)
    choose(home, MEASURING, yes=True)
    await all_out(home)
    (letter,) = box.taken
    assert "https://retention.example/messages/click/" in letter.html
    assert "https://retention.example/messages/opened/" in letter.html


async def test_an_order_between_decision_and_sending_ends_it(home: Home) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    user_id = await silent_with_mail(home)
    home.tick()
    await home.deliver()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    await post(home)
    assert box.taken == []
    assert became(home) == [EffectStatus.WITHDRAWN]


def choose(home: Home, about: str, *, yes: bool, source: Source = Source.PAGE) -> None:
    with home.database.write() as connection:
        shop = shops.get(connection, home.shop_id)
        pepper = home.house.keyring.decrypt(shop.pepper)
        subject = suppressions.of_email(pepper, "ann@example.com").key
        contacts.choose(connection, home.shop_id, [subject], about, Choice(yes, source, home.now))


@pytest.mark.parametrize("no", ["opts out", "unsubscribes", "bounced", "suppressed", "erased", "stopped", "ended"])
async def test_a_no_between_decision_and_sending_counts(home: Home, no: str) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    user_id = await silent_with_mail(home)
    home.tick()
    await home.deliver()
    if no == "opts out":
        said = account(user_id, updated_at=home.now, consent=Consent(opted_out=True))
        home.take("customer_updated", account_body(said))
    elif no in {"unsubscribes", "bounced"}:
        choose(home, Medium.MAIL, yes=False, source=Source.ONE_CLICK if no == "unsubscribes" else Source.BOUNCE)
    elif no == "erased":
        home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    else:
        with home.database.write() as connection:
            if no == "suppressed":
                pepper = home.house.keyring.decrypt(shops.get(connection, home.shop_id).pepper)
                subject = suppressions.of_email(pepper, "ann@example.com")
                suppressions.put(connection, home.shop_id, subject, Suppression("asked", None), "test", home.now)
            elif no == "stopped":
                shops.set_stopped(connection, home.shop_id, stopped=True)
    if no == "ended":
        end(home, "win-back")
    await post(home)
    assert box.taken == []
    assert became(home) == {"erased": [], "stopped": [EffectStatus.OPEN]}.get(no, [EffectStatus.WITHDRAWN])


def end(home: Home, name: str) -> None:
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, name, home.house.tactics)
        campaigns.change_status(connection, home.shop_id, found, CampaignStatus.ENDED, "test", home.now)


async def test_marketing_needs_a_yes_unless_the_shop_says_otherwise(home: Home) -> None:
    box = open_post(home, needs_opt_in=True)
    home.switch_on("win-back", message_by=BY_MAIL)
    await silent_with_mail(home)
    await all_out(home)
    assert (box.taken, outcomes(home)) == ([], [Outcome.GIVEN])  # the banner tells of it
    choose(home, Medium.MAIL, yes=True)
    with home.database.write() as connection:
        effects.reopen(connection, home.shop_id, ["message:1"], home.now)
    await post(home)
    assert len(box.taken) == 1


@dataclass(frozen=True, slots=True)
class Remind(MessageParams):
    owed: bool = param(False, "Owed")


def remind(view: View, trigger: Trigger, params: Remind) -> Iterable[Wish]:
    message = message_of(params, {"product": "<b>Tea</b>"})
    if (view.state.history.last_order_id or "").startswith("O1") and message is not None:
        purpose = Purpose.TRANSACTIONAL if params.owed else Purpose.MARKETING
        yield Tell(view.state.history.last_order_id or "", view.now, message, "A reminder.", purpose)


REMIND = Tactic(
    "remind",
    "Remind",
    "Reminds.",
    Remind,
    frozenset({TriggerKind.ORDER, TriggerKind.MOMENT, TriggerKind.ACCOUNT}),
    remind,
    check=lambda params: check_message(params, {"product"}),
)
SUBJECTS = {"en": "{product}", "pl": "{product}"}
TEXTS = {"en": "Hello {name}, {product}?", "pl": "Cześć"}


def reminds(home: Home, *media: Medium, **params: Any) -> None:
    home.add_tactic(REMIND)
    home.switch_on("remind", message_by=media or BY_MAIL, message_subjects=SUBJECTS, message_texts=TEXTS, **params)


def ordered(home: Home, **changes: object) -> None:
    """By a guest."""
    order_id = str(changes.pop("order_id", "O1"))
    home.take("order_created", order_body(order(order_id, home.now, user_id=None, **changes)))


async def test_a_message_without_a_gift_is_told_once_an_episode(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    for _ in range(2):
        ordered(home)
        await post(home)
    assert outcomes(home) == [Outcome.TOLD]
    (letter,) = box.taken
    assert letter.subject == "<b>Tea</b>"
    assert "&lt;b&gt;Tea&lt;/b&gt;" in letter.html
    assert "<b>Tea" not in letter.html


async def test_it_is_in_the_customer_s_language(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    home.take("account_confirmed", account_body(account("U1", updated_at=home.now, language="PL")))
    home.take("order_created", order_body(order("O1", home.now, user_id="U1")))
    await post(home)
    assert [letter.text.split("\n")[0] for letter in box.taken] == ["Cześć"]


@pytest.mark.parametrize("owed", [True, False])
async def test_what_is_owed_needs_no_consent_to_marketing(home: Home, owed: bool) -> None:
    box = open_post(home, needs_opt_in=True)
    reminds(home, owed=owed)
    ordered(home)
    await post(home)
    assert len(box.taken) == owed
    assert outcomes(home) == [Outcome.TOLD if owed else Outcome.NOTHING]
    if owed:
        assert box.taken[0].unsubscribe is None


async def test_sms_and_push_need_a_yes_of_their_own_and_the_first_way_that_may_be_is_taken(home: Home) -> None:
    box = open_post(home, Medium.PUSH, Medium.MAIL)
    reminds(home, Medium.PUSH, Medium.MAIL)
    home.take("account_confirmed", account_body(account("U1", updated_at=home.now)))
    home.take("order_created", order_body(order("O1", home.now, user_id="U1")))
    choose(home, Medium.PUSH, yes=False)
    await post(home)
    assert [letter.medium for letter in box.taken] == [Medium.MAIL]
    choose(home, Medium.PUSH, yes=True, source=Source.PAGE)
    with home.database.write() as connection:
        home.now += timedelta(seconds=1)
        effects.reopen(connection, home.shop_id, ["message:1"], home.now)
    choose(home, Medium.PUSH, yes=True)
    await post(home)
    assert [(letter.medium, letter.to) for letter in box.taken][1:] == [(Medium.PUSH, "U1")]


async def test_quiet_hours_put_it_off_and_drop_nothing(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    with home.database.write() as connection:
        rules = Guardrails(quiet_from="11:00", quiet_to="14:00")
        shops.set_guardrails(connection, home.shop_id, rules, "test", home.now)
    ordered(home)  # their own doing: decided at any hour
    await post(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.OPEN])
    home.now = NOW + timedelta(hours=2)
    await post(home)
    assert len(box.taken) == 1


async def test_too_many_messages_wait_and_what_is_owed_does_not_count(home: Home) -> None:
    open_post(home)
    reminds(home)
    with home.database.write() as connection:
        shops.set_guardrails(connection, home.shop_id, Guardrails(messages=1, messages_days=7), "test", home.now)
    home.add_tactic(dataclasses.replace(REMIND, key="again"))
    home.switch_on("again", message_by=BY_MAIL, message_subjects=SUBJECTS, message_texts=TEXTS)
    ordered(home)
    assert sorted(outcomes(home)) == [Outcome.LATER, Outcome.TOLD]


@pytest.mark.parametrize(
    ("email", "why"),
    [("ann@mailinator.com", "throw-away"), ("ann@-", "cannot be written to"), ("ann", "cannot be written to")],
)
async def test_addresses_that_lead_nowhere_are_refused_with_a_reason(home: Home, email: str, why: str) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home, email=email)
    await post(home)
    (letter,) = letters(home)
    assert (box.taken, letter.status) == ([], EffectStatus.WITHDRAWN)
    assert why in str(letter.error)


async def test_a_name_adds_no_header_and_no_markup(home: Home) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    await silent_with_mail(home, first_name='Ann"\r\nBcc: x@example.com <script>')
    await all_out(home)
    (letter,) = box.taken
    assert "\n" not in letter.subject + letter.to_name
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html


async def test_a_server_that_nobody_reaches_costs_no_attempt(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    for _ in range(len(WAITS) + 5):
        box.fails = [NotReached("refused")]
        await post(home)
        assert became(home) == [EffectStatus.FAILED]
        home.now += timedelta(minutes=1)
    await post(home)
    assert (len(box.taken), became(home)) == (1, [EffectStatus.DONE])


async def test_what_was_not_taken_is_tried_again_and_in_the_end_given_up(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    box.fails = [TryLater("greylisted")]
    await post(home)
    assert became(home) == [EffectStatus.FAILED]
    home.now += timedelta(seconds=WAITS[0])
    await post(home)
    assert len(box.taken) == 1


async def test_what_is_put_off_for_too_long_is_dead(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    for wait in (0, *WAITS):
        home.now += timedelta(seconds=wait)
        box.fails = [TryLater("greylisted")]
        await post(home)
    assert became(home) == [EffectStatus.DEAD]


@pytest.mark.parametrize("error", [OutcomeUnknown("lost"), RuntimeError("a fault of the sender")])
async def test_what_nobody_knows_is_parked_and_sent_again_only_by_a_person(home: Home, error: Exception) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    box.fails = [error]
    for _ in range(5):
        await post(home)
        home.now += timedelta(hours=1)
    assert (box.taken, became(home)) == ([], [EffectStatus.PARKED])
    (letter,) = letters(home, EffectStatus.PARKED)
    with home.database.write() as connection:
        assert effects.revive(connection, home.shop_id, home.now) == 0  # `letters retry` leaves it
        assert messages.settle(connection, home.shop_id, letter.effect_id, home.now, send=True)
    await post(home)
    assert (len(box.taken), became(home)) == (1, [EffectStatus.DONE])


async def test_what_a_person_takes_as_sent_counts_as_told(home: Home) -> None:
    """What comes after it, as the offer after a reminder, would be waited for in vain."""
    box = open_post(home)
    reminds(home)
    ordered(home)
    box.fails = [OutcomeUnknown("lost")]
    await post(home)
    (letter,) = letters(home, EffectStatus.PARKED)
    customer_id = letter.customer_id or 0
    with home.database.write() as connection:
        assert messages.told_to(connection, home.shop_id, [customer_id])[customer_id] == []
        assert messages.settle(connection, home.shop_id, letter.effect_id, home.now, send=False)
        (told,) = messages.told_to(connection, home.shop_id, [customer_id])[customer_id]
    assert told.at == home.now
    await post(home)
    assert box.taken == []


@pytest.mark.parametrize("alone", [True, False])
async def test_a_kill_between_in_flight_and_result_parks_it(home: Home, alone: bool) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    assert sending._take(home.house, home.shop_id) is not None  # and then the process is killed
    await post(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.IN_FLIGHT])
    assert park_lost(home.house, all_of_them=alone) == alone
    home.now += sending.LEASE + timedelta(seconds=1)
    park_lost(home.house)
    for _ in range(3):
        await post(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.PARKED])


async def test_a_kill_after_the_lease_and_before_in_flight_sends_it_later(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    with home.database.write() as connection:
        assert leases.lease_messages(connection, home.shop_id, home.now, "killed", sending.LEASE, 10)
    await post(home)
    assert box.taken == []
    home.now += sending.LEASE + timedelta(seconds=1)
    await post(home)
    assert len(box.taken) == 1


async def test_who_was_taken_for_lost_and_was_not_writes_that_it_went(home: Home) -> None:
    open_post(home)
    reminds(home)
    ordered(home)
    taken = sending._take(home.house, home.shop_id)
    assert taken is not None
    park_lost(home.house, all_of_them=True)
    await sending._hand_over(taken[0])
    sending._write_down(taken[0])
    assert became(home) == [EffectStatus.DONE]


async def test_a_drain_that_is_cancelled_parks_what_was_under_way_and_gives_the_rest_back(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    for number in range(AT_ONCE + 2):
        ordered(home, email=f"x{number}@example.com", order_id="O1" if not number else f"O1{number}")
    hangs = asyncio.Event()

    async def hang(_: object) -> None:
        hangs.set()
        await asyncio.Event().wait()

    box.send = hang  # type: ignore[assignment, method-assign]
    drain = asyncio.create_task(send(home.house, home.shop_id))
    await hangs.wait()
    drain.cancel()
    await asyncio.gather(drain, return_exceptions=True)
    assert Counter(became(home)) == {EffectStatus.PARKED: AT_ONCE, EffectStatus.FAILED: 2}
    del box.send  # as the class has it again
    await post(home)
    assert len(box.taken) == 2


async def test_a_mailbox_that_is_not_there_is_not_written_to_again(home: Home) -> None:
    box = open_post(home)
    reminds(home, owed=True)
    ordered(home)
    box.fails = [NoMailbox("550 unknown")]
    await post(home)
    assert became(home) == [EffectStatus.WITHDRAWN]
    home.add_tactic(replace(REMIND, key="again"))
    home.switch_on("again", message_by=BY_MAIL, message_subjects=SUBJECTS, message_texts=TEXTS, owed=True)
    ordered(home, updated_at=home.now + timedelta(seconds=1))
    assert Outcome.NOTHING in outcomes(home)


async def test_a_mail_that_is_never_taken_is_dead_at_once(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    box.fails = [GiveUp("554 spam")]
    await post(home)
    assert became(home) == [EffectStatus.DEAD]


async def test_what_waited_for_days_is_not_sent(home: Home) -> None:
    box = open_post(home)
    reminds(home)
    ordered(home)
    home.now += days(4)
    await post(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.WITHDRAWN])


async def test_an_erased_customer_s_no_stays_and_nothing_else(home: Home) -> None:
    open_post(home)
    reminds(home)
    home.take("account_confirmed", account_body(account("U1", updated_at=home.now)))
    home.take("order_created", order_body(order("O1", home.now, user_id="U1")))
    await post(home)
    choose(home, Medium.MAIL, yes=False)
    choose(home, MEASURING, yes=True)
    home.take("customer_deleted", gone_body("U1", "ann@example.com", home.now))
    with home.database.read() as connection:
        pepper = home.house.keyring.decrypt(shops.get(connection, home.shop_id).pepper)
        subject = suppressions.of_email(pepper, "ann@example.com").key
        kept = contacts.of_subjects(connection, home.shop_id, {1: [subject]})[1]
        assert messages.listed(connection, home.shop_id, 10) == []
    assert list(kept) == [Medium.MAIL]
