"""A real Saleor, named by RETENTION_LIVE_* variables; a corner of it for these tests; the app, installed there."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

from tests.live import corner as corners
from tests.live.api import Api, Refused, Staff
from tests.live.app import App, app_on
from tests.live.corner import Corner
from tests.live.people import Street
from tests.live.traces import Traces, look_for_traces

NEEDED = ("RETENTION_LIVE_API_URL", "RETENTION_LIVE_EMAIL", "RETENTION_LIVE_PASSWORD")
#: What shoppers need to sign in at once, and what orders without payment need to be sent.
SHOP_SETTINGS = {
    "enableAccountConfirmationByEmail": False,
    "allowLoginWithoutConfirmation": True,
    "fulfillmentAllowUnpaid": True,
}


#: What is always walked on PostgreSQL, too; the rest of it is long.
MAIN_PATH = "win-back"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in NEEDED if not os.environ.get(name)]
    for item in items:
        if item.path.parent != Path(__file__).parent:
            continue
        item.add_marker(pytest.mark.live)
        if "postgresql" in item.name and MAIN_PATH not in item.name:
            item.add_marker(pytest.mark.long)
        if missing:
            said = f"A real Saleor is needed: name it in {', '.join(missing)} (docs/live-tests.md)."
            item.add_marker(pytest.mark.skip(reason=said))


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    with httpx.Client(timeout=60) as http:
        yield Api(os.environ["RETENTION_LIVE_API_URL"], http)


@pytest.fixture(scope="session")
def staff(api: Api) -> Iterator[Staff]:
    """The merchant; the shop's settings are as they were before when the tests are over."""
    staff = Staff(api, os.environ["RETENTION_LIVE_EMAIL"], os.environ["RETENTION_LIVE_PASSWORD"])
    before = staff.call(f"{{ shop {{ {' '.join(SHOP_SETTINGS)} }} }}")["shop"]
    _set_up_shop(staff, SHOP_SETTINGS)
    yield staff
    _set_up_shop(staff, before)


def _set_up_shop(staff: Staff, settings: dict[str, Any]) -> None:
    staff.call(
        "mutation($input: ShopSettingsInput!) { shopSettingsUpdate(input: $input) { errors { code message } } }",
        input=settings,
    )


@pytest.fixture(scope="session")
def traces(staff: Staff) -> Traces:
    """What there was of the kinds of things that the app writes, before any of this."""
    return look_for_traces(staff)


@pytest.fixture(scope="session")
def street(api: Api, staff: Staff, traces: Traces) -> Iterator[Street]:
    corner = Corner(f"retention-live-{secrets.token_hex(3)}")
    street = Street(api, staff, corner, [], [])
    left = []
    try:
        corners.build(staff, corner)
        yield street
    finally:
        for user_id in [*street.everyone]:
            try:
                street.delete(user_id)
            except Refused as refused:
                left.append(f"customer {user_id}: {refused}")
        left += corners.clear(staff, corner)
        click.echo(f"{len(street.orders)} orders stay in the shop: Saleor deletes none.")
    assert not left, left


@pytest.fixture(scope="module")
def host() -> str:
    return os.environ.get("RETENTION_LIVE_APP_HOST", "127.0.0.1")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest, street: Street, host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """Installed and running; in the end it leaves."""
    with app_on(request.param, tmp_path_factory.mktemp("app"), street.staff, host) as app:
        app.start()
        try:
            app.install()
            yield app
        finally:
            app.leave()
