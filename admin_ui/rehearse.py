"""Dry runs and replays for the page: in a process of their own, which writes how far it is into the campaign's row.

They take from a second to minutes, more than a request may, and would hold a server's interpreter meanwhile.
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from admin_ui.language import N_
from plugin.domain.decide import Outcome
from plugin.domain.phrases import joined, phrase
from plugin.domain.tactic import Tactic
from plugin.engine.port import Lane
from plugin.errors import GiveUp, RetentionError, sentence_of
from plugin.extensions import load_tactics
from plugin.flow import dry_run, replay
from plugin.flow.apart import run_apart
from plugin.flow.dry_run import DryRun
from plugin.flow.house import House
from plugin.report.replay import as_data
from plugin.secrets import Keyring
from plugin.store import campaigns, rehearsals
from plugin.store.database import PATIENT_SECONDS, Database
from plugin.store.rehearsals import Kind, Rehearsal
from plugin.store.shops import Shop

#: How often the row says that somebody is at it.
HEARD_EVERY = 1.0
#: How far back a replay may begin, as the page offers it; and of what is about baskets, which are kept for less.
SPANS, BASKET_SPANS = (90, 180, 365, 730), (14, 30, 60)
#: Left over from a process that ended without a word.
BROKEN = N_("It ended before it was done. Try it again; if it ends again, the app's log says why.")


def spans_of(tactic: Tactic[Any]) -> tuple[int, ...]:
    return BASKET_SPANS if replay.about_baskets(tactic) else SPANS


def start(house: House, shop_id: int, name: str, kind: Kind, who: str, days: int) -> None:
    """Asks for it; what comes out is in `rehearsals.of_campaign`. Raises `Rejected` where another one runs."""
    now = house.clock()
    with house.database.write() as connection:
        campaign = campaigns.glance(connection, shop_id, name, house.tactics)
        rehearsals.begin(connection, shop_id, campaign.campaign_id, kind, campaign.version, who, now)
        mine = rehearsals.of_campaign(connection, shop_id, campaign.campaign_id)[kind]
    asked = {
        "keys": house.keyring.hand_over(),
        "shop": shop_id,
        "campaign": campaign.campaign_id,
        "name": name,
        "kind": kind.value,
        "days": days,
        "now": now.isoformat(),
    }
    threading.Thread(target=_see_through, args=(house, shop_id, mine, asked), daemon=True).start()


def _see_through(house: House, shop_id: int, mine: Rehearsal, asked: Mapping[str, Any]) -> None:
    """The other process writes its own end; where it could not, this one does."""
    try:
        run_apart("admin_ui.rehearse", house.database, **asked)
    except RetentionError as error:
        said = BROKEN if isinstance(error, GiveUp) else joined((sentence_of(error), phrase("Try it again.")))
        with house.database.write() as connection:
            rehearsals.end(connection, shop_id, mine, house.clock(), error=said)


class _Hearing:
    """Tells the row every second that somebody is at it, and how far."""

    def __init__(self, house: House, shop_id: int, mine: Rehearsal) -> None:
        self._house, self._shop_id, self._mine = house, shop_id, mine
        self._far = ("", 0, 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def note(self, step: str, done: int, total: int) -> None:
        self._far = (step, done, total)

    def _tell(self) -> None:
        while not self._over.wait(HEARD_EVERY):
            with self._house.database.write() as connection:
                rehearsals.hear(connection, self._shop_id, self._mine, *self._far, self._house.clock())


def work(house: House, shop_id: int, campaign_id: int, name: str, kind: Kind, days: int) -> None:
    """Works it out and writes it down: what was found, or the sentence why nothing was."""
    with house.database.read() as connection:
        mine = rehearsals.of_campaign(connection, shop_id, campaign_id)[kind]
    body: dict[str, Any] | None = None
    error = ""
    with _Hearing(house, shop_id, mine) as hearing:
        try:
            if kind is Kind.REPLAY:
                found = as_data(replay.replay(house, shop_id, name, days, progress=hearing.note))
                body = {**{key: value for key, value in found.items() if key != "decisions"}, "days": days}
            else:
                told = dry_run.dry_run(house, shop_id, name, lambda *far: hearing.note("customers", *far))
                body = dry_run_data(told)
        except RetentionError as refused:
            error = sentence_of(refused)
    with house.database.write() as connection:
        rehearsals.end(connection, shop_id, mine, house.clock(), body, error)


def dry_run_data(told: DryRun) -> dict[str, Any]:
    """As JSON values."""
    outcomes: Counter[Outcome] = told.outcomes
    return {
        "customers": told.customers,
        "audience": told.audience,
        "inside": told.inside,
        "outcomes": {outcome.value: number for outcome, number in outcomes.items()},
        "refused": dict(told.refused.most_common()),
        "cost": {currency: str(amount) for currency, amount in told.cost.items()},
        "cost_unknown": told.cost_unknown,
        "holding": dict(told.holding),
        "examples": [
            {"customer": one.customer_id, "outcome": one.outcome.value, "reason": one.reason} for one in told.examples
        ],
    }


def _house(asked: Mapping[str, Any], database: Database) -> House:
    """One that only reads; its clock goes on from when it was asked."""
    began = time.monotonic()
    then = datetime.fromisoformat(asked["now"])

    def clock() -> datetime:
        return then + timedelta(seconds=time.monotonic() - began)

    def connect(_: Shop) -> Any:
        raise GiveUp("A rehearsal asks nobody.")

    def wake(_: Iterable[Lane]) -> None:
        return None

    return House(database, Keyring(asked["keys"]), load_tactics(), connect, wake, clock, timedelta(0))


def main() -> None:
    asked = json.load(sys.stdin)
    database = Database(asked["url"], pool_size=2, busy_seconds=PATIENT_SECONDS)
    house = _house(asked, database)
    work(house, asked["shop"], asked["campaign"], asked["name"], Kind(asked["kind"]), asked["days"])
    database.close()
    json.dump({"done": asked["campaign"]}, sys.stdout)


if __name__ == "__main__":
    main()
