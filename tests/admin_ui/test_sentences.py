"""What the domain says of customers and campaigns, in the language of whoever reads it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from admin_ui.language import language_of, languages
from plugin.domain.conditions import in_words, read_condition
from plugin.domain.money import Money
from plugin.domain.phrases import Percent, joined, phrase, phrases
from plugin.flow import report
from plugin.store import decisions as decided
from plugin.store.schema import decisions
from tests.admin_ui.conftest import READER, Desk
from tests.admin_ui.test_customers import LIST, number
from tests.admin_ui.test_overview import plain, silent
from tests.shop import days

pytestmark = pytest.mark.anyio
AT = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)


async def seen(desk: Desk, language: str, path: str = "/admin") -> str:
    answer = await desk.ask(path, desk.headers(READER) | {"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return plain(answer.text).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_sentence_with_its_values_as_the_language_writes_them() -> None:
    because = phrase(
        "{budget} is {limit} with {left} left, and this gift may cost {cost}",
        budget=phrase("the budget of {whose}", whose=phrase("the whole shop")),
        limit=Money(Decimal("1234.5"), "EUR"),
        left=Money(Decimal(1), "EUR"),
        cost=Money(Decimal(2), "EUR"),
    )
    refused = phrase("Nothing, because {because}.", because=because)
    said = language_of("es").said(refused).replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "Nada, porque el presupuesto de toda la tienda es de 1.234,50 €, del que quedan 1,00 €,"
        " y este regalo puede costar 2,00 €."
    )
    assert language_of("en").said(refused).startswith("Nothing, because the budget of the whole shop is €1,234.50")


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("es", 1, "cada día"),
        ("es", 3, "cada 3 días"),
        ("pl", 1, "codziennie"),
        ("pl", 3, "co 3 dni"),
        ("fr", 0, "chaque jour"),
    ],
)
def test_a_number_has_its_own_form(language: str, number: int, said: str) -> None:
    assert language_of(language).said(phrases(number, "every day", "every {n} days")) == said


def test_moments_are_in_the_zone_that_is_looked_from() -> None:
    since = phrase("In “{segment}” since {since}.", segment="loyal", since=AT)
    assert language_of("pl").said(since, ZoneInfo("Europe/Warsaw")) == "W „loyal” od 2 cze 2026, 00:30."
    assert language_of("pl").said(phrase("The offer of {day}.", day=date(2026, 6, 1))) == "Oferta z 1 cze 2026."


def test_what_is_no_sentence_of_ours_stays_as_it_is() -> None:
    french = language_of("fr")
    assert french.said("Saleor: {no} such thing, 100 %.") == "Saleor: {no} such thing, 100 %."
    one = phrase("{share} of the last order was refunded.", share=Percent(0.5))
    assert french.said(joined((one, "{as} it is"))).endswith("de la dernière commande ont été remboursés. {as} it is")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "Suele comprar cada 30 días; lleva 61 días en silencio desde el último pedido."),
        ("pl", "Zwykle kupuje co 30 dni; cisza trwa 61 dni od ostatniego zamówienia."),
        ("fr", "tous les 30 jours ; silencieux depuis 61 jours, depuis la dernière commande."),
    ],
)
async def test_why_something_was_given_in_the_readers_language(desk: Desk, language: str, said: str) -> None:
    desk.home.switch_on("win-back")
    silent(desk.home, 59)
    desk.home.now += days(2)
    desk.home.tick()
    assert said in await seen(desk, language)
    page = await seen(desk, language, f"{LIST}/{await number(desk)}")
    assert page.count(said) == 2  # why they may be leaving, and why that was decided
    assert "silent for" not in page
    assert said in await seen(desk, language, "/admin/widgets/customer?customerId=U1")


async def test_a_decision_from_before_is_told_as_it_was_written(desk: Desk) -> None:
    desk.home.switch_on("win-back")
    silent(desk.home, 59)
    desk.home.now += days(2)
    desk.home.tick()
    with desk.home.database.write() as connection:
        kept = connection.exec_driver_sql("SELECT reason FROM decisions").scalar_one()
        assert kept.startswith('{"said":')
        connection.exec_driver_sql("UPDATE decisions SET reason = 'Silent for long, all {so}.'")
        assert connection.execute(select(decisions.c.reason)).scalar_one() == "Silent for long, all {so}."
    assert "Silent for long, all {so}." in await seen(desk, "es")
    with desk.home.database.write() as connection:
        connection.execute(update(decisions).values(reason="Plain."))
        assert connection.exec_driver_sql("SELECT reason FROM decisions").scalar_one() == "Plain."


async def test_a_refusal_in_the_readers_language(desk: Desk) -> None:
    answer = await desk.ask("/admin/campaigns/99", desk.headers(READER) | {"Accept-Language": "fr"})
    assert answer.status_code == 404
    assert "cherchez-la dans la liste des campagnes" in plain(answer.text)
    without = await desk.ask("/admin", {"Accept-Language": "pl"})
    assert "Brakuje tokenu Dashboardu" in plain(without.text)


def test_a_condition_in_words() -> None:
    condition = read_condition(
        {"any": [{"field": "orders", "at_least": 1200}, {"not": {"bought": {"type": "coffee", "within_days": 90}}}]}
    )
    assert in_words(condition) == "Orders at least 1,200 or not (Bought of the type “coffee” within 90 days)"
    said = language_of("es").said(in_words(condition))
    assert said == "Pedidos: al menos 1.200 o no (Compró del tipo «coffee» en los últimos 90 días)"


def test_a_condition_of_many_parts_is_said_in_every_language() -> None:
    condition = read_condition({"any": [{"field": "country", "is": "DE"}] * 400})
    for language in languages():
        assert language_of(language).said(in_words(condition)).count("DE") == 400


async def test_why_they_leave_in_the_readers_language(desk: Desk) -> None:
    silent(desk.home, 80)
    report.keep(desk.home.house.database, desk.home.shop_id, desk.home.now)
    said = await seen(desk, "pl", "/admin/leaving")
    assert "Po każdym zakupie w przeszłości: czy był sygnał" in said
    assert "Za mało danych: żadnego sygnału nie da się odróżnić od przypadku." in said
    assert "Not enough data" not in said


async def test_what_json_and_files_say_stays_english(desk: Desk) -> None:
    desk.home.switch_on("win-back")
    silent(desk.home, 59)
    desk.home.now += days(2)
    desk.home.tick()
    with desk.home.database.read() as connection:
        told = decided.latest(connection, desk.home.shop_id, 1)[0]
    assert json.dumps({"reason": told.reason}) == (
        '{"reason": "Usually buys every 30 days; silent for 61 days since the last order. Shipping was 25 % of what the last order cost."}'
    )
