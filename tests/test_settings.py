import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from plugin.errors import SettingsError
from plugin.settings import PREFIX, Settings, load_settings

KEY = "k" * 32
OTHER_KEY = "o" * 40
LEAST = {
    "RETENTION_PUBLIC_URL": "https://retention.example",
    "RETENTION_SECRET_KEYS": KEY,
    "RETENTION_ALLOWED_SHOPS": "shop.example",
}
DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


def test_the_least_that_is_needed() -> None:
    settings = load_settings({**LEAST, "HOME": "/root", "RETENTION_TEST_POSTGRES": "x", "RETENTION_LIVE_URL": "y"})
    assert settings.database_url == "sqlite:///var/retention.db"
    assert settings.public_url == "https://retention.example"
    assert [key.get_secret_value() for key in settings.secret_keys] == [KEY]
    assert settings.allowed_shops == ("shop.example",)
    assert not settings.allow_private_addresses


def test_lists_and_numbers() -> None:
    settings = load_settings(
        {
            **LEAST,
            "RETENTION_SECRET_KEYS": f" {OTHER_KEY} , {KEY},",
            "RETENTION_ALLOWED_SHOPS": "Shop.example, *.saleor.cloud",
            "RETENTION_PUBLIC_URL": "https://example.com/retention/",
            "RETENTION_PORT": "9000",
            "RETENTION_ALLOW_PRIVATE_ADDRESSES": "yes",
            "RETENTION_LOG_FORMAT": "",
        }
    )
    assert [key.get_secret_value() for key in settings.secret_keys] == [OTHER_KEY, KEY]
    assert settings.allowed_shops == ("shop.example", "*.saleor.cloud")
    assert settings.public_url == "https://example.com/retention"
    assert settings.port == 9000
    assert settings.allow_private_addresses
    assert settings.log_format == "json"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RETENTION_PUBLIC_URL", None, "RETENTION_PUBLIC_URL is missing: set it to the address"),
        ("RETENTION_PUBLIC_URL", " ", "RETENTION_PUBLIC_URL is missing"),
        ("RETENTION_PUBLIC_URL", "retention.example", "is not an http:// or https:// address"),
        ("RETENTION_PUBLIC_URL", "ftp://retention.example", "is not an http:// or https:// address"),
        ("RETENTION_PUBLIC_URL", "https://retention.example?x=1", "has more than an address and a path"),
        ("RETENTION_SECRET_KEYS", None, "RETENTION_SECRET_KEYS is missing"),
        ("RETENTION_SECRET_KEYS", ",", "RETENTION_SECRET_KEYS is empty"),
        ("RETENTION_SECRET_KEYS", f"{KEY},short", "has a key of fewer than 32 characters"),
        ("RETENTION_ALLOWED_SHOPS", None, "RETENTION_ALLOWED_SHOPS is missing"),
        ("RETENTION_ALLOWED_SHOPS", "https://shop.example/", "“https://shop.example/”, which is not a host"),
        ("RETENTION_DASHBOARD_ORIGINS", ",", "RETENTION_DASHBOARD_ORIGINS is empty"),
        ("RETENTION_DASHBOARD_ORIGINS", "dashboard.example", "“dashboard.example”, which is not an origin"),
        ("RETENTION_DASHBOARD_ORIGINS", "https://a.example/dashboard", "/dashboard”, which is not an origin"),
        ("RETENTION_DASHBOARD_ORIGINS", "* https://a.example; script-src *", "a.example;”, which is not an origin"),
        ("RETENTION_DASHBOARD_ORIGINS", "'none'", "“'none'”, which is not an origin"),
        ("RETENTION_DATABASE_URL", "mysql://x", "RETENTION_DATABASE_URL is neither sqlite:///… nor postgresql://…"),
        ("RETENTION_PORT", "many", "RETENTION_PORT is not understood: set it to the port to listen on, 1 to 65535."),
        ("RETENTION_PORT", "0", "RETENTION_PORT is not understood"),
        ("RETENTION_LOG_LEVEL", "loud", "RETENTION_LOG_LEVEL is not understood: set it to DEBUG, INFO"),
        ("RETENTION_KEEP_INBOX_DAYS", "-1", "RETENTION_KEEP_INBOX_DAYS is not understood"),
        (
            "RETENTION_DATABASE_URI",
            "x",
            "RETENTION_DATABASE_URI is not a setting: did you mean RETENTION_DATABASE_URL?",
        ),
        ("RETENTION_ZZZZZZ", "x", "RETENTION_ZZZZZZ is not a setting: docs/settings.md names all of them."),
    ],
)
def test_a_problem_is_one_sentence_that_names_the_variable(name: str, value: str | None, said: str) -> None:
    environ = {key: text for key, text in {**LEAST, name: value}.items() if text is not None}
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert said in str(caught.value)
    assert str(caught.value).startswith(name)
    assert str(caught.value).count("\n") == 0


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"RETENTION_PORT": "x", "RETENTION_OTHER": "y"})
    assert len(str(caught.value).splitlines()) == 5


def test_secrets_are_never_shown() -> None:
    password = "hunter2-hunter2"
    settings = load_settings(
        {
            **LEAST,
            "RETENTION_DATABASE_URL": f"postgresql://u:{password}@h/d",
            "RETENTION_METRICS_TOKEN": password,
        }
    )
    assert KEY not in repr(settings)
    assert password not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        load_settings({**LEAST, "RETENTION_SECRET_KEYS": "short-secret"})
    assert "short-secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_settings_never_change() -> None:
    settings = load_settings(LEAST)
    with pytest.raises(ValidationError):
        settings.port = 1


@pytest.mark.parametrize(
    ("patterns", "host", "allowed"),
    [
        ("shop.example", "shop.example", True),
        ("shop.example", "SHOP.example", True),
        ("shop.example", "evil-shop.example", False),
        ("shop.example", "shop.example.evil.com", False),
        ("shop.example", "shop.example:8000", False),
        ("*.saleor.cloud", "a.eu.saleor.cloud", True),
        ("*.saleor.cloud", "saleor.cloud", False),
        ("*.saleor.cloud", "a.saleor.cloud.evil.com", False),
        ("a.example,localhost:8000", "localhost:8000", True),
        ("*", "anything.example", True),
    ],
)
def test_which_shops_may_install(patterns: str, host: str, allowed: bool) -> None:
    assert load_settings({**LEAST, "RETENTION_ALLOWED_SHOPS": patterns}).is_allowed_shop(host) is allowed


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, "*"),
        ("https://Dashboard.example/", "https://dashboard.example"),
        ("https://a.example, http://localhost:9000", "https://a.example http://localhost:9000"),
        ("https://*.saleor.cloud  http://127.0.0.1:*", "https://*.saleor.cloud http://127.0.0.1:*"),
    ],
)
def test_which_dashboards_may_frame_the_pages(given: str | None, read: str) -> None:
    environ = LEAST if given is None else {**LEAST, "RETENTION_DASHBOARD_ORIGINS": given}
    assert load_settings(environ).dashboard_origins == read


def documented() -> dict[str, str]:
    return dict(re.findall(r"^\| `(RETENTION_\w+)` \| *`?([^`|]*?)`? *\|", DOCS.read_text(), re.MULTILINE))


def test_every_setting_is_documented_with_its_default_and_nothing_else_is() -> None:
    defaults = {
        PREFIX + name.upper(): "" if field.is_required() or field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert documented() == {k: v.lower() if v in {"True", "False"} else v for k, v in defaults.items()}


def test_every_setting_says_what_to_set() -> None:
    for name, field in Settings.model_fields.items():
        assert (field.description or "").startswith("set it to "), name
