import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from plugin.logs import about, set_up_logs


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_json_with_the_shop_and_the_webhook(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("INFO", "json")
    with about("https://shop.example/graphql/", webhook="order_created", customer=7):
        structlog.get_logger("t").info("decided", outcome="given")
    structlog.get_logger("t").info("later")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["event"] == "decided"
    assert first["shop"] == "https://shop.example/graphql/"
    assert first["webhook"] == "order_created"
    assert first["customer"] == 7
    assert first["level"] == "info"
    assert "shop" not in second


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("name", ["token", "auth_token", "Authorization", "saleor_signature", "pepper", "password"])
def test_secrets_are_never_written(capsys: pytest.CaptureFixture[str], form: str, name: str) -> None:
    set_up_logs("INFO", form)
    structlog.get_logger("t").info("said", **{name: "s3cret"})
    logging.getLogger("library").warning("said too", extra={name: "s3cret"})
    written = capsys.readouterr().err
    assert "said" in written
    assert "said too" in written
    assert "s3cret" not in written


def test_libraries_speak_alike_and_their_chatter_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("INFO", "json")
    logging.getLogger("procrastinate.worker").info("chatter")
    logging.getLogger("procrastinate.worker").error("trouble")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "trouble"


def test_an_exception_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("INFO", "json")
    try:
        raise RuntimeError("a bug")  # noqa: TRY301
    except RuntimeError:
        structlog.get_logger("t").exception("drain failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "a bug" in line
