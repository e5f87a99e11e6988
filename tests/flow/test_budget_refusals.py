"""A gift that a budget does not pay for is not given; what tomorrow may pay for is put off until then."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from plugin.domain.budgets import Budgets
from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Guardrails
from plugin.store import decisions, shops
from plugin.store.database import Database
from tests.bodies import order_body
from tests.flow.till import Till
from tests.shop import days, order


def silent(till: Till, *people: str, currency: str = "USD") -> None:
    """They buy for 20, one a second, and have been silent for too long by now."""
    for number, who in enumerate(people):
        at = till.now + timedelta(seconds=number)
        till.take("order_created", order_body(order(f"O{who}", at, user_id=who, currency=currency)))
    till.now += days(60) + timedelta(minutes=1)
    till.tick()


def told(till: Till) -> list[tuple[Outcome, str]]:
    with till.database.read() as connection:
        found = decisions.latest(connection, till.shop_id, 100)
    return [(one.outcome, one.reason) for one in reversed(found)]


def usd(amount: str) -> dict[str, Decimal]:
    return {"USD": Decimal(amount)}


def test_what_the_day_does_not_pay_for_is_given_on_the_next(database: Database) -> None:
    till = Till(database, Budgets(day=usd("3")))
    silent(till, "U1", "U2", "U3")
    outcomes = [outcome for outcome, _ in told(till)]
    assert outcomes == [Outcome.GIVEN, Outcome.LATER, Outcome.LATER]
    assert told(till)[1][1] == (
        "Later, because today's budget of this campaign is 3.00 USD with 1.00 USD left, and this gift may cost"
        " 2.00 USD; asked again on 2026-08-01 00:00 UTC."
    )
    till.tick()
    assert len(till.alive()) == 1
    for given in (2, 3, 3):
        till.now = datetime.combine(till.now.date() + days(1), till.now.time().min, till.now.tzinfo)
        till.tick()
        assert len(till.alive()) == given
    till.check_books()
    till.check_once()


def test_who_buys_meanwhile_is_given_nothing(database: Database) -> None:
    till = Till(database, Budgets(day=usd("3")))
    silent(till, "U1", "U2")
    till.take("order_created", order_body(order("O9", till.now, user_id="U2")))
    till.now += days(1)
    till.tick()
    assert len(till.alive()) == 1


def test_what_is_used_up_for_good_is_refused_for_good(database: Database) -> None:
    till = Till(database, Budgets(total=usd("3"), day=usd("3")))
    silent(till, "U1", "U2")
    assert told(till)[1] == (
        Outcome.NOTHING,
        "Nothing, because the budget of this campaign is 3.00 USD with 1.00 USD left, and this gift may cost 2.00 USD.",
    )
    till.allow(Budgets(total=usd("30")))
    till.now += days(1)
    till.tick()
    assert len(till.alive()) == 1


def test_an_order_that_took_off_more_leaves_nothing_for_others(database: Database) -> None:
    till = Till(database, Budgets(total=usd("5")))
    silent(till, "U1")
    (code,) = till.alive()
    till.take(
        "order_created",
        order_body(order("O9", till.now, user_id="U1", voucher_code=code.code, discount=Decimal(7))),
    )
    silent(till, "U2")
    assert told(till)[-1][1] == (
        "Nothing, because the budget of this campaign is 5.00 USD with 0.00 USD left, and this gift may cost 2.00 USD."
    )


def test_one_customer_gets_no_more_than_their_budget(database: Database) -> None:
    till = Till(database, Budgets(customer=usd("3")))
    silent(till, "U1")
    (code,) = till.alive()
    spent = order("O9", till.now, user_id="U1", voucher_code=code.code, discount=Decimal("1.5"))
    till.take("order_created", order_body(spent))
    till.now = till.next_moment() or till.now
    till.tick()
    assert [outcome for outcome, _ in told(till)] == [Outcome.GIVEN, Outcome.NOTHING]
    silent(till, "U2")
    assert [outcome for outcome, _ in told(till)][-1] is Outcome.GIVEN


def test_a_budget_pays_for_its_own_currency_only(database: Database) -> None:
    till = Till(database, Budgets(total=usd("30")))
    silent(till, "U1", currency="PLN")
    assert told(till) == [
        (
            Outcome.NOTHING,
            "Nothing, because the budget of this campaign is in USD and this gift would cost 2.00 PLN.",
        )
    ]


def test_the_shop_s_budget_is_for_all_campaigns(database: Database) -> None:
    till = Till(database, Budgets())
    with database.write() as connection:
        rules = replace(Guardrails(), budgets=Budgets(total=usd("3")))
        shops.set_guardrails(connection, till.shop_id, rules, "test", till.now)
    silent(till, "U1", "U2")
    assert [outcome for outcome, _ in told(till)] == [Outcome.GIVEN, Outcome.NOTHING]
    assert "the budget of the whole shop is 3.00 USD" in told(till)[1][1]
