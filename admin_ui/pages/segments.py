"""One segment: its size as it is counted, who is inside, and a builder for more."""

from collections.abc import Sequence
from typing import Any

import anyio
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import builder, counting
from admin_ui.answers import go, part
from admin_ui.builder import Node
from admin_ui.called import called
from admin_ui.counting import Counting
from admin_ui.language import N_
from admin_ui.page import Page
from admin_ui.pages import segment_list
from admin_ui.pages.segment_list import Row, rows_of
from admin_ui.visit import Visit
from plugin.domain.condition_parts import parts_of
from plugin.domain.conditions import Condition, holds, in_words, resolve
from plugin.domain.fields import FIELDS
from plugin.errors import NotAllowed, NotFound, Overtaken, Rejected, sentence_of
from plugin.flow.house import House
from plugin.flow.watching import refill
from plugin.store import channels, customers, members, segment_sizes, segments
from plugin.store.customers import Customer
from plugin.store.shops import Shop


def _examples(connection: Connection, shop: Shop, far: Counting) -> list[Customer]:
    if not far.whole:
        return []
    people = (customers.by_id(connection, shop.shop_id, one) for one in far.some)
    return [one for one in people if one is not None]


async def size(house: House, visit: Visit) -> Response:
    """Of a segment by its name, counted on from where it stood."""
    query = visit.request.query_params
    name = query.get("name", "")

    def gather() -> dict[str, Any]:
        with house.database.read() as connection:
            condition = segments.find(connection, visit.shop.shop_id, name)
            far = counting.stood(house.keyring, visit.shop, condition, query.get("stood"))
            far = counting.count(connection, visit.shop, condition, visit.now, far)
            some = _examples(connection, visit.shop, far)
        if far.whole:
            with house.database.write() as connection:
                segment_sizes.save(connection, visit.shop.shop_id, {name: far.found}, visit.now)
        stood = counting.sign(house.keyring, visit.shop, condition, far)
        return {"far": far, "some": some, "name": name, "alone": "cell" in query, "stood": stood}

    return part(visit, "segments/size.html", **await anyio.to_thread.run_sync(gather))


def _whole(said: Any) -> int:
    text = str(said or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


async def live(house: House, visit: Visit) -> Response:
    """Of what is in the builder at this moment: in words, how many, and some of them."""
    form = await visit.request.form()

    def gather() -> dict[str, Any]:
        condition = builder.condition_of(builder.from_form(form))
        if condition is None:
            return {"condition": None, "problem": ""}
        with house.database.read() as connection:
            named = segments.named(connection, visit.shop.shop_id)
            try:
                resolved = resolve(condition, named)
            except Rejected as error:
                return {"condition": condition, "problem": sentence_of(error)}
            far = counting.stood(house.keyring, visit.shop, resolved, form.get("stood"))
            far = counting.count(connection, visit.shop, resolved, visit.now, far)
            some = _examples(connection, visit.shop, far)
        stood = counting.sign(house.keyring, visit.shop, resolved, far)
        return {"condition": condition, "far": far, "some": some, "problem": "", "stood": stood}

    values = await anyio.to_thread.run_sync(gather)
    words = in_words(values["condition"]) if values["condition"] is not None else ""
    [said] = await called(house, visit, [words])
    return part(visit, "segments/live.html", said=said, **values)


async def new(house: House, visit: Visit) -> Response:
    """The builder, empty or with what another segment says."""
    like = visit.request.query_params.get("like", "")
    if not visit.may_change:
        raise NotAllowed(
            visit.language._("Only people who may manage discounts can make a segment; ask whoever manages staff.")
        )
    node = builder.empty()
    if like:
        node = builder.from_condition(await anyio.to_thread.run_sync(_said, house, visit, like))
    return await _build(house, visit, node)


def _said(house: House, visit: Visit, name: str) -> Condition:
    with house.database.read() as connection:
        named = segments.named(connection, visit.shop.shop_id)
    if name not in named:
        raise NotFound(visit.language._("There is no segment “{name}” any more; look at the list.", name=name))
    return named[name]


async def one(house: House, visit: Visit, notice: str | None = None) -> Response:
    """A segment of the merchant's in the builder, or one that every shop has as it is."""
    name = str(visit.request.path_params["name"])
    said = await anyio.to_thread.run_sync(_said, house, visit, name)
    rows = await anyio.to_thread.run_sync(rows_of, house, visit)
    row = next(row for row in rows if row.name == name)
    if row.own and visit.may_change:
        return await _build(house, visit, builder.from_condition(said), row=row, notice=notice)
    [words] = await called(house, visit, [in_words(said)])
    return part(visit, "segments/ready.html", notice=notice, row=row, said=words)


async def _build(
    house: House,
    visit: Visit,
    node: Node,
    row: Row | None = None,
    name: str = "",
    problems: Sequence[str] = (),
    notice: str | None = None,
    seen: str | None = None,
) -> Response:
    values = await anyio.to_thread.run_sync(_builder_values, house, visit, node)
    if row is not None and seen is None:
        seen = await anyio.to_thread.run_sync(_saved_at, house, visit, row.name)
    return part(
        visit,
        "segments/build.html",
        notice=notice,
        row=row,
        name=name or (row.name if row else ""),
        problems=problems,
        seen=seen or "",
        focus="",
        **values,
    )


def _builder_values(house: House, visit: Visit, node: Node) -> dict[str, Any]:
    with house.database.read() as connection:
        named = sorted(segments.named(connection, visit.shop.shop_id))
        currencies = sorted({one.currency for one in channels.of_shop(connection, visit.shop.shop_id)})
    return {
        "node": node,
        "fields": FIELDS,
        "segments": named,
        "currencies": currencies,
        "groups": builder.GROUPS,
        "operators": builder.OPERATORS_SAID,
        "bought": builder.BOUGHT,
    }


def _saved_at(house: House, visit: Visit, name: str) -> str:
    with house.database.read() as connection:
        found = [own.saved_at for own in segments.own(connection, visit.shop.shop_id) if own.name == name]
    return found[0].isoformat() if found else ""


async def edit(house: House, visit: Visit) -> Response:
    """The builder after a button or another field was chosen; nothing is saved."""
    form = await visit.request.form()
    node, focus = builder.edited(builder.from_form(form), str(form.get("do", "")))
    values = await anyio.to_thread.run_sync(_builder_values, house, visit, node)
    answer = part(visit, "segments/builder.html", focus=focus, **values)
    answer.headers["HX-Trigger-After-Swap"] = "built"
    return answer


async def save(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    _ = visit.language._
    was, name = str(form.get("was", "")), _name(form)
    node = builder.checked(builder.from_form(form))
    condition = builder.condition_of(node)
    rows = await anyio.to_thread.run_sync(rows_of, house, visit)
    row = next((row for row in rows if row.own and row.name == was), None)
    problems = [] if condition is not None else [_("Some tests are not whole; each says what it lacks.")]
    if not node.parts:
        problems = [_("A segment without a test is everybody; add a test.")]
    seen = str(form.get("seen", ""))
    if condition is not None:
        try:
            await anyio.to_thread.run_sync(_keep, house, visit, was or name, condition, was, seen)
            return go("/admin/segments", _("“{name}” is saved.", name=was or name))
        except Overtaken as error:
            problems, seen = [sentence_of(error)], await anyio.to_thread.run_sync(_saved_at, house, visit, was)
        except Rejected as error:
            problems = [sentence_of(error)]
    return await _build(house, visit, node, row, name, problems, seen=seen)


def _name(form: FormData) -> str:
    """A name as a merchant writes it, as a segment can have it."""
    return "-".join(str(form.get("name", "")).strip().lower().split())


def _keep(house: House, visit: Visit, name: str, condition: Condition, was: str, seen: str) -> None:
    """Raises `Rejected`, and `Overtaken` where somebody else has saved it since."""
    shop_id, _ = visit.shop.shop_id, visit.language._
    with house.database.write() as connection:
        mine = {own.name: own for own in segments.own(connection, shop_id)}
        if not was and name in mine:
            raise Rejected(_("There is a segment “{name}” already; choose another name.", name=name))
        if was and was in mine and mine[was].saved_at.isoformat() != seen:
            text = _(
                "Somebody else has saved “{name}” meanwhile; it says now: {words}. Save again to put yours in its place."
            )
            raise Overtaken(text.format(name=was, words=in_words(mine[was].condition)))
        segments.save(connection, shop_id, name, condition, visit.now)
    refill(house, shop_id)


async def remove(house: House, visit: Visit) -> Response:
    name = str((await visit.request.form()).get("name", ""))

    def forget() -> None:
        with house.database.write() as connection:
            segments.remove(connection, visit.shop.shop_id, name)
            members.unwatch(connection, visit.shop.shop_id, name)

    await anyio.to_thread.run_sync(forget)
    return go("/admin/segments", visit.language._("“{name}” is removed.", name=name))


async def explain(house: House, visit: Visit) -> Response:
    """Whether somebody is in a segment, part by part."""
    query = visit.request.query_params
    name, who = query.get("name", ""), query.get("who", "").strip()

    def gather() -> dict[str, Any]:
        shop = visit.shop
        with house.database.read() as connection:
            condition = segments.find(connection, shop.shop_id, name)
            known = _customer(connection, shop, who)
            if known is None:
                text = N_("There is no customer “{who}”; say the e-mail of an account, or our number.")
                return {"problem": visit.language._(text, who=who)}
            people = segments.persons_of(connection, shop.shop_id, [known], shop.limits, condition)
        person = people[known.customer_id]
        return {
            "problem": "",
            "customer": known,
            "inside": holds(condition, person, visit.now),
            "parts": list(parts_of(condition, person, visit.now)),
        }

    return part(visit, "segments/explain.html", name=name, **await anyio.to_thread.run_sync(gather))


def _customer(connection: Connection, shop: Shop, who: str) -> Customer | None:
    if "@" in who:
        return customers.account_with(connection, shop.shop_id, who.casefold())
    return customers.by_id(connection, shop.shop_id, _whole(who)) if _whole(who) else None


PAGE = Page(
    title="Segments",
    shows={"/admin/segments": segment_list.show, "/admin/segments/new": new, "/admin/segments/of/{name}": one},
    parts={
        "/admin/segments/table": segment_list.table,
        "/admin/segments/size": size,
        "/admin/segments/explain": explain,
    },
    actions={
        "/admin/segments/live": live,
        "/admin/segments/edit": edit,
        "/admin/segments/save": save,
        "/admin/segments/remove": remove,
    },
)
