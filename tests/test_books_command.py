"""`retention codes` and `retention budget`, as an operator calls them."""

import json
from decimal import Decimal

import pytest

from plugin.domain.budgets import Budgets
from plugin.store.database import Database
from tests.bodies import order_body
from tests.flow.till import Till
from tests.shop import days, order
from tests.test_cli import OLD, Run, environ, migrated, run

__all__ = ["environ", "migrated", "run"]


@pytest.fixture
def till(migrated: Database) -> Till:
    """Two were given a code; the first has used it."""
    till = Till(migrated, Budgets(total={"USD": Decimal(50)}), key=OLD)
    for who in ("U1", "U2"):
        till.take("order_created", order_body(order(f"O{who}", till.now, user_id=who)))
    till.now += days(60)
    till.tick()
    used = order("O9", till.now, user_id="U1", voucher_code=till.alive()[0].code, discount=Decimal("1.50"))
    till.take("order_created", order_body(used))
    till.allow(Budgets(total={"USD": Decimal(50)}, day={"EUR": Decimal(5)}))
    return till


def test_codes_with_what_they_cost(run: Run, till: Till) -> None:
    told = json.loads(run("codes", "--json").stdout)
    second, first = told["codes"]
    assert (first["status"], first["reserved"], first["settled"], first["order"]) == ("redeemed", "0", "1.500", "O9")
    assert (second["status"], second["reserved"], second["settled"]) == ("drawn", "2.000", "0")
    assert told["counts"] == {"drawn": 1, "redeemed": 1}
    assert told["liability"] == {"USD": "2.000"}
    assert [code["code"] for code in json.loads(run("codes", "--status", "drawn", "--json").stdout)["codes"]] == [
        second["code"]
    ]
    one = json.loads(run("codes", "--customer", str(first["customer"]), "--campaign", "win-back", "--json").stdout)
    assert [code["code"] for code in one["codes"]] == [first["code"]]
    assert json.loads(run("codes", "--campaign", "other", "--json").stdout)["codes"] == []


def test_codes_on_the_terminal(run: Run, till: Till) -> None:
    said = run("codes").stdout
    assert "In all: 1 drawn, 1 redeemed." in said
    assert "Codes that are out may still cost 2.00 USD." in said


def test_budgets_and_what_is_left(run: Run, till: Till) -> None:
    lines = json.loads(run("budget", "--json").stdout)
    assert [line for line in lines if line["campaign"] == "win-back"] == [
        {
            "campaign": "win-back",
            "period": "total",
            "currency": "USD",
            "limit": "50",
            "reserved": "2.000",
            "settled": "1.500",
            "left": "46.500",
        },
        {
            "campaign": "win-back",
            "period": "day",
            "currency": "EUR",
            "limit": "5",
            "reserved": "0",
            "settled": "0",
            "left": "5",
        },
    ]
    whole = [line for line in lines if line["campaign"] is None]
    assert [(line["period"], line["limit"], line["reserved"]) for line in whole] == [("total", None, "2.000")]
    assert "no limit" in run("budget").stdout


def test_a_shop_without_codes_says_so(run: Run, migrated: Database) -> None:
    Till(migrated, Budgets())
    said = run("codes").stdout
    assert "In all: no codes." in said
    assert "may still cost nothing" in said


def test_one_code_is_taken_back_once(run: Run, till: Till) -> None:
    (code,) = till.alive()
    done = json.loads(run("codes", "revoke", code.code, "--json").stdout)
    assert done == {
        "code": code.code,
        "customer": code.customer_id,
        "campaign": "win-back",
        "was": "drawn",
        "status": "withdrawn",
        "changed": True,
        "waits": False,
    }
    assert json.loads(run("codes", "--json").stdout)["liability"] == {}
    again = run("codes", "revoke", code.code)
    assert (again.exit_code, "was taken back before; nothing changes." in again.stdout) == (0, True)
    assert json.loads(run("codes", "--json", "revoke", code.code).stdout)["changed"] is False
    till.check_books()


def test_taking_back_says_what_happens(run: Run, till: Till) -> None:
    (code,) = till.alive()
    said = run("codes", "revoke", code.code).stdout
    assert said == (
        f"The code {code.code} of customer {code.customer_id} is taken back;"
        " the code is removed from its voucher in Saleor in a moment.\n"
    )


def test_what_cannot_be_taken_back_is_a_sentence(run: Run, till: Till) -> None:
    used = json.loads(run("codes", "--status", "redeemed", "--json").stdout)["codes"][0]["code"]
    for code, sentence in ((used, "was used in the order O9"), ("NOBODYS", "There is no code “NOBODYS”")):
        refused = run("codes", "revoke", code)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert sentence in refused.stderr
