"""The demo's acts: install, replay the history, switch the campaigns on, and wait until all is delivered."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from plugin.demo.history import Basket, in_batches
from plugin.demo.stage import Stage
from plugin.errors import GiveUp, TryLater
from plugin.store import backfills, effects, inbox
from plugin.store.backfills import Kind, Status
from plugin.store.database import Database

#: Baskets in one request to the sandbox.
BATCH = 500
#: Of those who are at risk already, the demo's campaign takes so many today.
INSIDE_PER_DAY = 60
THRESHOLDS = {"default-channel": {"new": 60, "regular": 50, "loyal": 35, "at_risk": 25}}
#: Seconds until the app has worked off what it was sent.
PATIENCE = 600

Progress = Callable[[int], None]


def install(stage: Stage) -> None:
    """As a merchant does it: the app's manifest, and what it asks for."""
    with httpx.Client(base_url=stage.sandbox, timeout=30) as http:
        login = 'mutation { tokenCreate(email: "admin@example.com", password: "admin") { token } }'
        token = _ask(http, login, {}, None)["tokenCreate"]["token"]
        manifest = httpx.get(f"{stage.app}/api/manifest", timeout=30).json()
        wanted = {
            "appName": manifest["name"],
            "manifestUrl": f"{stage.app}/api/manifest",
            "activateAfterInstallation": True,
            "permissions": manifest["permissions"],
        }
        query = "mutation ($input: AppInstallInput!) { appInstall(input: $input) { errors { message } } }"
        _ask(http, query, {"input": wanted}, token)
        http.post("/sandbox/settle", json={"timeout": 30}).raise_for_status()
        state = http.get("/sandbox/state").json()
    if not state["apps"]:
        raise GiveUp(f"The app was not installed: {state['installations']}")


def _ask(http: httpx.Client, query: str, variables: dict[str, Any], token: str | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = http.post("/graphql/", json={"query": query, "variables": variables}, headers=headers).json()
    if answer.get("errors"):
        raise GiveUp(f"The sandbox refused: {answer['errors'][0]['message']}")
    data: dict[str, Any] = answer["data"]
    return data


def replay(stage: Stage, baskets: list[Basket], progress: Progress) -> None:
    """Every basket as a signed webhook, oldest first."""
    with httpx.Client(base_url=stage.sandbox, timeout=PATIENCE) as http:
        for batch in in_batches(baskets, BATCH):
            body = "\n".join(json.dumps(basket.as_history()) for basket in batch)
            http.post("/sandbox/history", content=body.encode()).raise_for_status()
            progress(len(batch))
        http.post("/sandbox/settle", json={"timeout": PATIENCE}).raise_for_status()


def work_off(database: Database, shop_id: int, progress: Progress) -> None:
    """Until the inbox is empty and no effect is due."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with database.read() as connection:
            waiting = inbox.open_rows(connection)
            undone = effects.undone_now(connection, shop_id)
        progress(waiting + undone)
        if not waiting and not undone:
            return
        time.sleep(0.25)
    raise TryLater(f"The app has not worked off everything within {PATIENCE} seconds; its log may say why.")


def command(stage: Stage, *words: str) -> str:
    """One `retention` command, as an operator would give it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")}
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-m", "plugin.cli", *words],
        env={**clean, **stage.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GiveUp(f"`retention {' '.join(words)}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


def switch_on(stage: Stage) -> None:
    command(stage, "learn")  # what was learnt while the orders came in knew a part of them
    command(stage, "configure", "--origin", stage.sandbox)
    command(stage, "campaign", "edit", "free-shipping", "--set", f"thresholds={json.dumps(THRESHOLDS)}")
    command(stage, "campaign", "on", "free-shipping", "--inside-per-day", "100000")
    command(stage, "campaign", "on", "win-back", "--inside-per-day", str(INSIDE_PER_DAY))


def until_past_is_read(database: Database, shop_id: int) -> None:
    """The shop has no past yet; orders that come while it is read would be read as well."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with database.read() as connection:
            walks = backfills.of_shop(connection, shop_id)
        if all(kind in walks and walks[kind].status is Status.DONE for kind in (Kind.CUSTOMERS, Kind.ORDERS)):
            return
        time.sleep(0.1)
    raise TryLater("The app did not ask the demo's shop for its past.")
