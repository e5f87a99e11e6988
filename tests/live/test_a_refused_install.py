"""What a merchant reads in the Dashboard when the app does not want the shop."""

from pathlib import Path
from typing import Any

from tests.live.api import Staff, until
from tests.live.app import app_on
from tests.live.traces import Traces, look_for_traces


def test_the_merchant_reads_why(staff: Staff, traces: Traces, host: str, tmp_path: Path) -> None:
    with app_on("sqlite", tmp_path, staff, host, RETENTION_ALLOWED_SHOPS="shop.example") as app:
        app.start()
        asked = app.ask_to_install()

        def failed() -> Any:
            found = app.installation(asked)
            return found if found and found["status"] == "FAILED" else None

        try:
            assert "may not install this app" in until("the installation to fail", failed)["message"]
            assert app.app_id() is None
            assert app.said("shops") == []
        finally:
            staff.call(
                "mutation($id: ID!) { appDeleteFailedInstallation(id: $id) { errors { code message } } }", id=asked
            )
        app.stop()
    assert look_for_traces(staff) == traces
