"""Whatever happens, in whatever order and however often: no budget is exceeded, and no need is met twice."""

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import event, select

from plugin.domain.budgets import Budgets
from plugin.domain.reissues import is_reissue
from plugin.store.database import Database
from plugin.store.schema import decisions, metadata
from tests.bodies import account_body, gone_body, order_body, voucher_body
from tests.flow.till import Till
from tests.shop import account, days, order

USD = "USD"
PEOPLE = st.integers(min_value=0, max_value=5)


def usd(amount: str) -> dict[str, Decimal]:
    return {USD: Decimal(amount)}


class Books(RuleBasedStateMachine):
    """Six customers, of whom one begins as a guest; gifts are expected to cost 10 % of what each bought."""

    #: Whether a cancelled order gives a new code.
    again = False

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        database = Database(f"sqlite:///{self.folder / 'till.db'}")
        event.listen(database._writer, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        with database.write() as connection:
            metadata.create_all(connection)
        self.till = Till(database, Budgets(total=usd("9"), day=usd("4")), again=self.again)
        self.number = 0
        self.bodies: list[tuple[str, bytes]] = []
        self.orders: list[tuple[str, int, str | None]] = []

    def teardown(self) -> None:
        self.till.database.close()
        shutil.rmtree(self.folder)

    @initialize()
    def somebody_bought(self) -> None:
        for who in range(6):
            self.buys(who, "20", None)

    @rule(who=PEOPLE, total=st.sampled_from(["10", "20", "35"]))
    def buys_without_a_code(self, who: int, total: str) -> None:
        self.buys(who, total, None)

    @rule(who=PEOPLE, which=st.integers(0, 9), off=st.sampled_from(["0", "1", "2", "3.5", "12"]))
    def buys_with_a_code(self, who: int, which: int, off: str) -> None:
        """Anybody can enter a code that they were told."""
        alive = self.till.alive()
        if alive:
            self.buys(who, "20", alive[which % len(alive)].code, off)

    @rule(which=st.integers(0, 99), off=st.sampled_from(["0", "4"]), status=st.sampled_from(["CANCELED", "FULFILLED"]))
    def an_order_changes(self, which: int, off: str, status: str) -> None:
        order_id, who, code = self.orders[which % len(self.orders)]
        self.tell(order_id, who, "20", code, off, status)

    @rule(which=st.integers(0, 99))
    def it_is_told_again(self, which: int) -> None:
        self.till.take(*self.bodies[which % len(self.bodies)])

    @rule()
    def the_guest_turns_out_to_be_the_first_account(self) -> None:
        self.till.take("account_confirmed", account_body(account("U0", "guest@example.com", updated_at=self.till.now)))

    @rule(who=st.integers(min_value=1, max_value=5))
    def somebody_is_erased(self, who: int) -> None:
        self.till.take("customer_deleted", gone_body(f"U{who}", f"{who}@example.com", self.till.now))

    @rule(which=st.integers(0, 9))
    def the_merchant_removes_a_voucher(self, which: int) -> None:
        made = self.till.make_vouchers()
        if made:
            self.till.take("voucher_deleted", voucher_body(made[which % len(made)], self.till.now))

    @rule(hours=st.sampled_from([1, 11, 24, 24 * 20]))
    def time_goes_by(self, hours: int) -> None:
        self.till.now += timedelta(hours=hours)
        self.till.tick()

    @rule(hours=st.sampled_from([0, 1, 20]))
    def a_silence_becomes_too_long(self, hours: int) -> None:
        moment = self.till.next_moment()
        if moment is not None:
            self.till.now = max(self.till.now, moment) + timedelta(hours=hours)
            self.till.tick()

    @rule()
    def unused_codes_are_given_up(self) -> None:
        self.till.expire()

    @rule(more=st.sampled_from(["1", "3"]))
    def the_merchant_allows_more(self, more: str) -> None:
        total, day = self.till.limits.total[USD], self.till.limits.day[USD]
        self.till.allow(Budgets(total={USD: total + Decimal(more)}, day={USD: day + Decimal(more)}))

    @rule(who=PEOPLE)
    def a_kill_undoes_what_was_half_done(self, who: int) -> None:
        self.number += 1
        bought = order(f"O{self.number}", self.till.now, **self._whose(who))
        self.till.arrive("order_created", order_body(bought))
        whole = self.till.house.clock
        calls = iter([self.till.now])
        object.__setattr__(self.till.house, "clock", lambda: next(calls))  # the second time it dies
        with suppress(StopIteration, RuntimeError):
            self.till.receive()
        object.__setattr__(self.till.house, "clock", whole)
        self.till.receive()

    @invariant()
    def the_books_are_right(self) -> None:
        self.till.note_given_up()
        self.till.check_books()
        self.till.check_once()

    def buys(self, who: int, total: str, code: str | None, off: str = "0") -> None:
        self.number += 1
        self.orders.append((f"O{self.number}", who, code))
        self.tell(f"O{self.number}", who, total, code, off, "UNFULFILLED")

    def tell(self, order_id: str, who: int, total: str, code: str | None, off: str, status: str) -> None:
        self.till.now += timedelta(seconds=1)
        said = order(
            order_id,
            self.till.now,
            total=Decimal(total),
            status=status,
            voucher_code=code,
            discount=Decimal(off) if code else Decimal(0),
            **self._whose(who),
        )
        body = ("order_updated", order_body(said))
        self.bodies.append(body)
        self.till.take(*body)

    def _whose(self, who: int) -> dict[str, str | None]:
        if who == 5:
            return {"user_id": None, "email": "guest@example.com"}
        return {"user_id": f"U{who}", "email": f"{who}@example.com"}


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


class BooksWithNewCodes(Books):
    """As before, and orders are cancelled for good, each of which gives a new code where a budget pays for it."""

    again = True

    def __init__(self) -> None:
        super().__init__()
        self.cancelled: set[str] = set()

    @rule(which=st.integers(0, 99), late=st.booleans())
    def an_order_is_cancelled(self, which: int, late: bool) -> None:
        order_id, who, code = self.orders[which % len(self.orders)]
        self.tell(order_id, who, "20", code, "2", "CANCELED")
        self.cancelled.add(order_id)
        if late:
            self.till.take(*self.bodies[-1])

    def tell(self, order_id: str, who: int, total: str, code: str | None, off: str, status: str) -> None:
        """Saleor never takes a cancellation back."""
        super().tell(order_id, who, total, code, off, "CANCELED" if order_id in self.cancelled else status)
        if status == "CANCELED":
            self.cancelled.add(order_id)

    @invariant()
    def no_more_codes_than_needs_and_cancelled_orders(self) -> None:
        with self.till.database.read() as connection:
            episodes = connection.execute(
                select(decisions.c.episode).where(decisions.c.outcome == "given", decisions.c.episode.is_not(None))
            ).scalars()
            assert sum(is_reissue(episode) for episode in episodes) <= len(self.cancelled)


TestBooksWithNewCodes = BooksWithNewCodes.TestCase
TestBooksWithNewCodes.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


def _all_at_once(*jobs: object) -> None:
    barrier = Barrier(len(jobs))
    wrong: list[BaseException] = []

    def run(job: object) -> None:
        barrier.wait()
        try:
            job()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 -- told by the test itself
            wrong.append(error)

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_processes_that_decide_at_once_share_one_budget(database: Database) -> None:
    """300 who have been silent for too long since the same moment, 2 USD each: a day's 25 USD pay for 12 of them."""
    till = Till(database, Budgets(day=usd("25")))
    for number in range(300):
        till.arrive("order_created", order_body(order(f"O{number}", till.now, user_id=f"U{number}")))
    till.receive()
    till.now += days(60)
    _all_at_once(till.tick, till.tick, till.tick)
    assert till.days_used() == {till.now.date(): Decimal(24)}
    till.check_books()
    till.check_once()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_orders_that_settle_and_moments_that_reserve_do_not_wait_in_a_circle(database: Database) -> None:
    till = Till(database, Budgets(total=usd("100")))
    users = [f"U{n}" for n in range(60)]
    for user in users:
        till.arrive("order_created", order_body(order(f"O{user}", till.now, user_id=user)))
    till.receive()
    till.now += days(60)
    till.tick()
    given = till.alive()
    assert len(given) == 50
    till.now += days(1)
    for number, code in enumerate(given):
        bought = order(f"N{number}", till.now, user_id=users[number], voucher_code=code.code, discount=Decimal(1))
        till.arrive("order_created", order_body(bought))
    till.now += days(60)
    _all_at_once(till.receive, till.tick, till.receive, till.tick, till.expire)
    till.receive()
    till.check_books()
    till.check_once()
