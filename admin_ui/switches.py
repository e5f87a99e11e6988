"""What a merchant switches: a campaign on and off, everything at once, and what failed once more."""

from collections.abc import Callable

import anyio
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import words
from admin_ui.door import Visit
from admin_ui.overview import show
from plugin.domain.campaigns import CampaignStatus
from plugin.engine.port import Lane, LaneKind
from plugin.errors import Rejected
from plugin.flow.house import House
from plugin.flow.switch import switch_off as turn_off
from plugin.flow.switch import switch_on as turn_on
from plugin.store import backfills, effects, inbox, shops

#: Customers a day, more than any shop writes to; a slip of the finger is below it.
MOST_PER_DAY = 100_000


async def switch_on(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    name, inside = _name(form), _inside(form)
    await turn_on(house, visit.shop.shop_id, name, inside, visit.user.email)
    also = f", and at most {words.number(inside)} a day of those inside already" if inside else ""
    return await show(house, visit, f"“{name}” is on, for who enters from now on{also}.")


async def pause(house: House, visit: Visit) -> Response:
    name = _name(await visit.request.form())
    paused = CampaignStatus.PAUSED
    await anyio.to_thread.run_sync(turn_off, house, visit.shop.shop_id, name, paused, visit.user.email)
    return await show(house, visit, f"“{name}” is paused. What was promised is kept.")


async def stop(house: House, visit: Visit) -> Response:
    await _write(house, lambda connection: shops.set_stopped(connection, visit.shop.shop_id, stopped=True))
    return await show(house, visit, "Everything is stopped. Orders are still read.")


async def start(house: House, visit: Visit) -> Response:
    await _write(house, lambda connection: shops.set_stopped(connection, visit.shop.shop_id, stopped=False))
    await _wake(house, visit)
    return await show(house, visit, "Everything goes on.")


async def try_again(house: House, visit: Visit) -> Response:
    revived = 0

    def work(connection: Connection) -> None:
        nonlocal revived
        revived = inbox.revive(connection, visit.shop.shop_id)
        revived += effects.revive(connection, visit.shop.shop_id, visit.now)
        walks = backfills.of_shop(connection, visit.shop.shop_id).values()
        revived += sum(walk.status is backfills.Status.FAILED for walk in walks)
        backfills.try_again(connection, visit.shop.shop_id)

    await _write(house, work)
    await _wake(house, visit)
    told = (
        f"{words.plural(revived, 'failure')} tried again; look again in a moment." if revived else "Nothing had failed."
    )
    return await show(house, visit, told)


async def _write(house: House, work: Callable[[Connection], None]) -> None:
    def in_thread() -> None:
        with house.database.write() as connection:
            work(connection)

    await anyio.to_thread.run_sync(in_thread)


async def _wake(house: House, visit: Visit) -> None:
    await anyio.to_thread.run_sync(house.wake, [Lane(kind, visit.shop.shop_id) for kind in LaneKind])


def _name(form: FormData) -> str:
    name = form.get("name")
    if not isinstance(name, str) or not name:
        raise Rejected("The request does not say which campaign is meant; load the page again.")
    return name


def _inside(form: FormData) -> int:
    """How many a day of those inside already; 0 for only who enters from now on."""
    if form.get("audience") != "inside":
        return 0
    said = str(form.get("per_day", "")).strip()
    if not (said.isascii() and said.isdigit() and len(said) < 10 and 1 <= int(said) <= MOST_PER_DAY):
        raise Rejected(f"How many customers a day must be a whole number from 1 to {words.number(MOST_PER_DAY)}.")
    return int(said)
