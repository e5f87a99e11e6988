"""Each tactic acts once on what really happened, though the app is killed again and again while it does."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from plugin.domain.decide import Outcome
from plugin.errors import TryLater
from plugin.flow.send import LEASE
from plugin.store import messages as messages_of
from plugin.store import schema
from plugin.store.database import Database
from tests.e2e import truth
from tests.e2e.mailbox import Mailbox, mailbox
from tests.e2e.processes import App, build_app, ending, prepared_database, wait_until
from tests.e2e.sandbox import Sandbox
from tests.e2e.tactics import EACH, NOTICE_HOURS, PAID_FOR, WORTH, Street, past, regulars, set_clock, switch_on
from tests.e2e.test_kills import FAULTS, Killer

#: Of the baskets, that many are bought once they were reminded of.
BOUGHT = 4
KILLS = 8
#: No batch of mails takes longer here; whoever has not ended one by then was killed.
SLOWEST = timedelta(seconds=30)
PATIENCE = 200.0
GIVEN, TOLD = Outcome.GIVEN.value, Outcome.TOLD.value

#: Campaign, kind of customer, outcome → how many times that was decided.
Seen = Mapping[tuple[str, str, str], int]
EXPECTED = {
    ("late-parcel", "late", GIVEN): EACH,
    ("abandoned-checkout", "basket", TOLD): EACH,
    ("abandoned-checkout", "basket", GIVEN): EACH - BOUGHT,
    ("replenishment", "regular", TOLD): EACH,
    ("expiring", "big", GIVEN): PAID_FOR,
    ("gift-each", "rich", GIVEN): EACH,
}
#: Once the last hours of the offers have come.
NOTICED = {**EXPECTED, ("expiring", "big", TOLD): PAID_FOR}


def decided(connection: Connection) -> Counter[tuple[str, str, str]]:
    rows = connection.execute(
        select(schema.campaigns.c.name, schema.customers.c.email, schema.decisions.c.outcome)
        .join(schema.campaigns, schema.campaigns.c.id == schema.decisions.c.campaign_id)
        .join(schema.customers, schema.customers.c.id == schema.decisions.c.customer_id)
        .where(schema.decisions.c.outcome.in_((GIVEN, TOLD)))
    )
    return Counter((name, email.partition("-")[0], outcome) for name, email, outcome in rows)


def has_come(database: Database, which: Seen) -> bool:
    try:
        with database.read() as connection:
            seen = decided(connection)
    except TryLater:
        return False
    return all(seen[key] >= number for key, number in which.items())


def last_hours_come(database: Database) -> None:
    """As if two days had passed for the offers that expire."""
    codes, decisions = schema.codes, schema.decisions
    campaign = select(schema.campaigns.c.id).where(schema.campaigns.c.name == "expiring").scalar_subquery()
    now = datetime.now(UTC)
    given, ends = now - timedelta(days=2), now + timedelta(hours=NOTICE_HOURS / 2)
    theirs = select(codes.c.customer_id).where(codes.c.campaign_id == campaign)
    with database.write() as connection:
        connection.execute(update(codes).where(codes.c.campaign_id == campaign).values(drawn_at=given, expires_at=ends))
        connection.execute(update(decisions).where(decisions.c.campaign_id == campaign).values(decided_at=given))
        connection.execute(update(schema.customers).where(schema.customers.c.id.in_(theirs)).values(next_moment=now))


def letters(connection: Connection, box: Mailbox) -> Iterator[str]:
    """Each that was not withdrawn arrived, and none twice."""
    effects, messages, decisions = schema.effects.c, schema.messages.c, schema.decisions.c
    rows = connection.execute(
        select(messages.ref, effects.status, decisions.campaign_id, decisions.customer_id, decisions.episode)
        .join(schema.effects, effects.id == messages.effect_id)
        .join(schema.decisions, decisions.id == messages.decision_id)
    ).all()
    yield from (f"mail {ref} arrived {times} times" for ref, times in box.arrived.items() if times > 1)
    yield from (f"mail {ref} is nobody's" for ref in box.arrived.keys() - {row.ref for row in rows})
    for row in rows:
        if row.status != ("done" if row.ref in box.arrived else "withdrawn"):
            yield f"mail {row.ref} is {row.status} and arrived {box.arrived[row.ref]} times"
    told = Counter((row.campaign_id, row.customer_id, row.episode) for row in rows if row.ref in box.arrived)
    yield from (f"{times} mails about {need}" for need, times in told.items() if times > 1)


def money(connection: Connection) -> Iterator[str]:
    """What is reserved and what was settled stays within the campaign's budget."""
    rows = connection.execute(
        select(schema.reservations.c.status, schema.reservations.c.reserved, schema.reservations.c.settled)
        .join(schema.campaigns, schema.campaigns.c.id == schema.reservations.c.campaign_id)
        .where(schema.campaigns.c.name == "expiring")
    )
    spent = sum((getattr(row, row.status) for row in rows if row.status != "released"), Decimal(0))
    if spent > WORTH * PAID_FOR:
        yield f"{spent} USD of {WORTH * PAID_FOR} are spent"


def gifts(sandbox: Sandbox) -> Iterator[str]:
    names = [one["name"] for one in sandbox.pages("promotions", "id name")]
    if len(names) != 1 or not names[0].startswith("gift-all"):
        yield f"the promotions are {names}"


@dataclass
class Test:
    __test__ = False
    app: App
    sandbox: Sandbox
    database: Database
    box: Mailbox
    chance: random.Random
    parked: int = 0

    def run(self) -> None:
        street = self.prepare()
        began = time.monotonic()
        killer = Killer(self.app, self.chance, seconds=(1.0, 4.0))
        try:
            self.sandbox.faults(*FAULTS)
            self.happen(street, killer)
            self.await_(EXPECTED, "all of it", killer)
            # The codes are in the shop, or nobody could be told once more that theirs ends.
            wait_until(lambda: killer.trouble != [] or truth.quiet(self.database, 1), PATIENCE, "a quiet moment", 0.5)
            last_hours_come(self.database)
            self.await_(NOTICED, "the notices", killer)
            wait_until(lambda: killer.trouble != [] or killer.kills >= KILLS, PATIENCE, "enough kills")
        finally:
            killer.stop()
            with self.database.read() as connection:
                print(f"\n{killer.kills} kills; {dict(decided(connection))}")  # noqa: T201
        self.sandbox.no_faults()
        self.app.wait_ready()
        calm = time.monotonic()
        wait_until(self.is_over, PATIENCE, "all mails sent, and all quiet")
        print(f"{calm - began:.0f} s with kills, {time.monotonic() - calm:.0f} s after")  # noqa: T201
        self.judge()

    def prepare(self) -> Street:
        self.sandbox.start()
        self.app.start()
        self.sandbox.install(self.app.url)
        self.sandbox.settle()
        set_clock(self.app)
        self.sandbox.manner(duplicate=0.3, shuffle=True, concurrency=8, retry_factor=0.1)
        self.sandbox.tell([*past(), *regulars()])
        truth.wait_quiet(self.sandbox, self.database)
        switch_on(self.app, self.sandbox)
        return Street(self.sandbox, {})

    def happen(self, street: Street, killer: Killer) -> None:
        late = street.order()
        street.send()
        self.sandbox.settle()
        assert datetime.now(UTC) < late, "what left in time is not known in time: nothing can be said of it"
        street.fill_baskets()
        street.enter()
        self.await_({("abandoned-checkout", "basket", TOLD): EACH}, "the reminders", killer)
        for number in range(BOUGHT):
            street.buy(number)

    def is_over(self) -> bool:
        self.look_at_parked()
        truth.wait_quiet(self.sandbox, self.database)
        with self.database.read() as connection:
            return not messages_of.parked(connection, 1) and not messages_of.any_in_flight(connection)

    def await_(self, which: Seen, what: str, killer: Killer) -> None:
        def done() -> bool:
            self.look_at_parked()
            return killer.trouble != [] or has_come(self.database, which)

        wait_until(done, PATIENCE, what, every=0.5)

    def look_at_parked(self) -> None:
        """As a merchant does: what arrived is taken as sent, and the rest is sent again.

        Nobody waits here for minutes until a lease has run out.
        """
        effects, messages, now = schema.effects.c, schema.messages.c, datetime.now(UTC)
        lost = (effects.status == "in_flight") & (effects.leased_until < now + LEASE - SLOWEST)
        parked = select(effects.id, messages.ref).join(schema.messages, messages.effect_id == effects.id)
        try:
            with self.database.write() as connection:
                connection.execute(update(schema.effects).where(lost).values(leased_until=now))
                for effect_id, ref in connection.execute(parked.where(effects.status == "parked")).all():
                    again = ref not in self.box.arrived
                    messages_of.settle(connection, 1, effect_id, now, send=again)
                    self.parked += 1
        except TryLater:
            pass

    def judge(self) -> None:
        seen = truth.read(self.sandbox)
        with self.database.read() as connection:
            found = [
                *truth.problems(seen, self.database),
                *letters(connection, self.box),
                *money(connection),
                *gifts(self.sandbox),
            ]
            done = decided(connection)
            ended = Counter(
                connection.execute(select(schema.effects.c.status).where(schema.effects.c.kind == "message")).scalars()
            )
        print(f"{len(self.box.arrived)} mails arrived, {self.parked} were parked: {dict(ended)}")  # noqa: T201
        assert not found, "\n".join(found[:40])
        # A basket may be given for and bought at the same moment.
        baskets = ("abandoned-checkout", "basket", GIVEN)
        assert EACH - BOUGHT <= done[baskets] <= EACH
        assert {**done, baskets: EACH - BOUGHT} == NOTICED
        assert ended.keys() <= {"done", "withdrawn"}
        assert "drain failed" not in self.app.log
        assert "periodic job failed" not in self.app.log


@pytest.mark.long
@pytest.mark.timeout(420)
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_each_tactic_acts_once(database_url: str, tmp_path: Path) -> None:
    workers = 1 if database_url.startswith("postgresql") else 0
    with mailbox() as box, prepared_database(database_url) as database:
        mails = {"mail_url": f"smtp://127.0.0.1:{box.port}", "check_mail_domains": "false"}
        app, sandbox = build_app(tmp_path, database_url, workers=workers, **mails), Sandbox(tmp_path)
        with ending(sandbox, app):
            Test(app, sandbox, database, box, random.Random()).run()
