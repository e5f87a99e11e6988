"""The shop's settings: what fills the defaults, what holds around every campaign, who may ask, and what is kept."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import available_timezones

import anyio
from starlette.responses import Response

from admin_ui.answers import part
from admin_ui.language import N_
from admin_ui.page import Action, Page
from admin_ui.pages import basics_form, guardrails_form
from admin_ui.pages.basics_form import BasicsForm
from admin_ui.pages.guardrails_form import GuardrailsForm
from admin_ui.pages.overview import currencies_of, set_stopped
from admin_ui.visit import CUSTOMERS, Visit
from plugin.domain.guardrails import Guardrails, Suppression
from plugin.domain.stages import Limits
from plugin.errors import NotFound, Rejected, sentence_of
from plugin.flow.basics import basics_of, save_basics
from plugin.flow.house import House
from plugin.flow.shop_settings import save_limits, save_place, save_test_mode
from plugin.flow.suppression import subjects_named
from plugin.store import setting_edits, shops, storefront_keys, suppressions
from plugin.store.shops import Shop
from plugin.store.suppressions import Why

PATH = "/admin/settings"
LONGEST_NAME = 60
#: Entries of the suppression list that are shown.
LISTED = 50
MOST_DAYS = 3650
WHY = {Why.COMPLAINT: N_("Complained"), Why.ASKED: N_("Asked for it"), Why.OTHER: N_("Another reason")}
LIMITS = {
    "at_risk_days": (N_("At risk after"), N_("Days without an order; empty: by each customer's own rhythm.")),
    "dormant_days": (N_("Dormant after"), N_("Days without an order; empty: by each customer's own rhythm.")),
    "loyal_from": (N_("Loyal from"), N_("Days on which a customer has bought.")),
    "horizon_days": (N_("The score looks ahead"), N_("Days; empty: by the rhythm of your shop.")),
}


async def show(house: House, visit: Visit, notice: str | None = None, **changed: Any) -> Response:
    """changed: values of the page in place of what is stored, such as a form as it was sent."""
    values = {**await anyio.to_thread.run_sync(_gather, house, visit), **changed}
    for sent in ("place", "limits", "whom", "problems"):  # a field that is not there is empty
        values[sent] = defaultdict(str, values[sent])
    return part(visit, "settings.html", notice=notice, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    shop_id, language = visit.shop.shop_id, visit.language
    with house.database.read() as connection:
        shop = shops.get(connection, shop_id)
        currencies = currencies_of(connection, shop)
        edits = setting_edits.latest(connection, shop_id)
        keys = storefront_keys.listed(connection, shop_id)
        listed = suppressions.listed(connection, shop_id, LISTED)
    return {
        "shop": shop,
        "edits": edits,
        "voices": basics_form.VOICES,
        "basics": basics_form.written(basics_of(shop), currencies),
        "guardrails": guardrails_form.form_of(shop.guardrails, money_of(shop, currencies), language),
        "place": {"time_zone": shop.time_zone, "origins": "\n".join(shop.origins)},
        "limits": {name: getattr(shop.limits, name) or "" for name in LIMITS},
        "limit_words": LIMITS,
        "zones": sorted(available_timezones()),
        "keys": keys,
        "new_key": "",
        "listed": listed,
        "whom": {},
        "why": WHY,
        "problems": {},
        "keeps": house.keeps,
        "grace": house.grace,
    }


def money_of(shop: Shop, currencies: Any) -> list[str]:
    """All currencies that a guardrail may name, or names."""
    rules = shop.guardrails
    named = (rules.ceiling, rules.budgets.total, rules.budgets.day, rules.budgets.customer)
    return sorted({*currencies, *(currency for table in named for currency in table)})


async def _form(visit: Visit) -> dict[str, str]:
    return {name: str(value) for name, value in (await visit.request.form()).items()}


def _shop(house: House, visit: Visit) -> tuple[Shop, list[str]]:
    with house.database.read() as connection:
        shop = shops.get(connection, visit.shop.shop_id)
        return shop, list(currencies_of(connection, shop))


async def basics(house: House, visit: Visit) -> Response:
    form = await _form(visit)
    _shop_now, currencies = await anyio.to_thread.run_sync(_shop, house, visit)
    said = basics_form.read(form, currencies, visit.language)
    if isinstance(said, BasicsForm):
        return await show(house, visit, basics=said)
    try:
        await anyio.to_thread.run_sync(save_basics, house, visit.shop.shop_id, said, visit.user.email)
    except Rejected as error:
        sent = basics_form.written(said, currencies)
        return await show(
            house, visit, basics=BasicsForm(sent.margin, sent.shipping, sent.voice, {"margin": sentence_of(error)})
        )
    return await show(house, visit, visit.language._("Saved. It holds from now on."))


async def guardrails(house: House, visit: Visit) -> Response:
    form = await _form(visit)
    said = await anyio.to_thread.run_sync(_save_guardrails, house, visit, form)
    if isinstance(said, GuardrailsForm):
        return await show(house, visit, guardrails=said)
    return await show(house, visit, visit.language._("Saved. The next decision goes by it."))


def _save_guardrails(house: House, visit: Visit, form: Mapping[str, str]) -> Guardrails | GuardrailsForm:
    with house.database.write() as connection:
        shop = shops.hold(connection, visit.shop.shop_id)
        currencies = money_of(shop, currencies_of(connection, shop))
        said = guardrails_form.read(form, shop.guardrails, currencies, visit.language)
        if isinstance(said, Guardrails) and said != shop.guardrails:
            shops.set_guardrails(connection, shop.shop_id, said, visit.user.email, house.clock())
    return said


async def place(house: House, visit: Visit) -> Response:
    form, _ = await _form(visit), visit.language._
    zone, origins = form.get("time_zone", "").strip(), form.get("origins", "").split()
    try:
        save = partial(save_place, house, visit.shop.shop_id, zone, origins, visit.user.email)
        again = await anyio.to_thread.run_sync(save)
    except Rejected as error:
        which = "time_zone" if "time zone" in str(error) else "origins"
        return await show(house, visit, place=form, problems={which: sentence_of(error)})
    told = _("Saved. Everybody is measured again within minutes.") if again else _("Saved.")
    return await show(house, visit, told)


async def limits(house: House, visit: Visit) -> Response:
    form, _ = await _form(visit), visit.language._
    wanted, problems = _limits(form, visit)
    if not problems:
        try:
            save = partial(save_limits, house, visit.shop.shop_id, wanted, visit.user.email)
            again = await anyio.to_thread.run_sync(save)
        except Rejected as error:
            problems["dormant_days"] = sentence_of(error)
    if problems:
        return await show(house, visit, limits=form, problems=problems)
    told = _("Saved. Everybody is measured again within minutes.") if again else _("Saved.")
    return await show(house, visit, told)


def _limits(form: Mapping[str, str], visit: Visit) -> tuple[dict[str, int | None], dict[str, str]]:
    """The limits, and what is wrong with which."""
    wanted, problems = dict[str, int | None](), dict[str, str]()
    defaults = asdict(Limits())
    for name in LIMITS:
        text = form.get(name, "").strip()
        least = 2 if name == "loyal_from" else 1
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
        if text and not least <= number <= MOST_DAYS:
            told = visit.language._(
                "Write a whole number from {least} to {most}, or leave it empty.", least=least, most=MOST_DAYS
            )
            problems[name] = told
        wanted[name] = number if text else defaults[name]
    return wanted, problems


async def new_key(house: House, visit: Visit) -> Response:
    name = (await _form(visit)).get("name", "").strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        text = N_("The name must be one line of at most {most} characters.")
        raise Rejected(visit.language._(text, most=LONGEST_NAME))
    key = await anyio.to_thread.run_sync(_make_key, house, visit, name)
    return await show(
        house, visit, visit.language._("The key is made. Copy it now: it is not shown again."), new_key=key
    )


def _make_key(house: House, visit: Visit, name: str) -> str:
    key = storefront_keys.new_key()
    with house.database.write() as connection:
        storefront_keys.add(connection, visit.shop.shop_id, key, name, visit.user.email, house.clock())
    return key


async def revoke_key(house: House, visit: Visit) -> Response:
    number = (await _form(visit)).get("key", "")
    gone = number.isascii() and number.isdigit() and len(number) < 16
    if not gone or not await anyio.to_thread.run_sync(_revoke_key, house, visit, int(number)):
        raise NotFound(visit.language._("There is no such key any more; load the page again."))
    return await show(house, visit, visit.language._("The key is revoked: within seconds nobody takes it any more."))


def _revoke_key(house: House, visit: Visit, number: int) -> bool:
    with house.database.write() as connection:
        return storefront_keys.revoke(connection, visit.shop.shop_id, number)


async def test_mode(house: House, visit: Visit) -> Response:
    on, _ = (await _form(visit)).get("on") == "yes", visit.language._
    await anyio.to_thread.run_sync(partial(save_test_mode, house, visit.shop.shop_id, visit.user.email, on=on))
    return await show(house, visit, _("The test mode is on.") if on else _("The test mode is off."))


async def suppress(house: House, visit: Visit) -> Response:
    form, _ = await _form(visit), visit.language._
    whom, days, why = form.get("whom", "").strip(), form.get("days", "").strip(), form.get("why", "")
    problems = {}
    if not whom or len(whom.split()) > 1:
        problems["whom"] = _("Write one e-mail address, or our number of a customer.")
    if days and not (days.isascii() and days.isdigit() and len(days) < 5 and 1 <= int(days) <= MOST_DAYS):
        problems["days"] = _("Write a whole number from {least} to {most}, or leave it empty.", least=1, most=MOST_DAYS)
    if not problems:
        until = visit.now + timedelta(days=int(days)) if days else None
        reason = why if why in set(Why) else Why.OTHER
        try:
            await anyio.to_thread.run_sync(_suppress, house, visit, whom, Suppression(reason, until))
        except NotFound as error:
            problems["whom"] = sentence_of(error)
    if problems:
        return await show(house, visit, problems=problems, whom=form)
    return await show(house, visit, _("On the list: nothing is decided for them any more, and nothing goes out."))


def _suppress(house: House, visit: Visit, whom: str, suppression: Suppression) -> None:
    named = subjects_named(house, visit.shop, [whom])
    with house.database.write() as connection:
        for subject in named:
            suppressions.put(connection, visit.shop.shop_id, subject, suppression, visit.user.email, visit.now)


async def unsuppress(house: House, visit: Visit) -> Response:
    said = (await _form(visit)).get("subject", "")
    try:
        subject = bytes.fromhex(said)
    except ValueError:
        subject = b""
    gone = await anyio.to_thread.run_sync(_unsuppress, house, visit, subject)
    told = visit.language._("Off the list.") if gone else visit.language._("That entry was off the list already.")
    return await show(house, visit, told)


def _unsuppress(house: House, visit: Visit, subject: bytes) -> int:
    with house.database.write() as connection:
        return suppressions.remove(connection, visit.shop.shop_id, [subject])


async def stop(house: House, visit: Visit) -> Response:
    await anyio.to_thread.run_sync(set_stopped, house, visit.shop.shop_id, True)
    return await show(house, visit, visit.language._("Everything is stopped. Orders are still read."))


async def start(house: House, visit: Visit) -> Response:
    await anyio.to_thread.run_sync(set_stopped, house, visit.shop.shop_id, False)
    return await show(house, visit, visit.language._("Everything goes on."))


PAGE = Page(
    title="Settings",
    shows={PATH: show},
    actions={
        f"{PATH}/basics": basics,
        f"{PATH}/guardrails": guardrails,
        f"{PATH}/place": place,
        f"{PATH}/limits": limits,
        f"{PATH}/keys": new_key,
        f"{PATH}/keys/revoke": revoke_key,
        f"{PATH}/test-mode": test_mode,
        f"{PATH}/suppress": Action(suppress, CUSTOMERS),
        f"{PATH}/unsuppress": Action(unsuppress, CUSTOMERS),
        f"{PATH}/stop": stop,
        f"{PATH}/start": start,
    },
)
