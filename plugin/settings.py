"""The settings of a process: read once from the environment, at the root, and never changed."""

import base64
import difflib
import fnmatch
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from plugin.errors import SettingsError

PREFIX = "RETENTION_"
#: Read by tests only, so no concern of a running process.
NOT_OURS = ("RETENTION_TEST_*", "RETENTION_LIVE_*")
LEAST_KEY_LENGTH = 32
#: What Standard Webhooks asks of a secret.
LEAST_SECRET_BYTES = 24
#: A source as Content-Security-Policy reads it, without a path; `*` may stand for the first labels and for the port.
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:(\d{1,5}|\*))?")


def _split(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("is neither sqlite:///… nor postgresql://…")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an http:// or https:// address")
    if parts.query or parts.fragment:
        raise ValueError("has more than an address and a path")
    return value.rstrip("/")


def _secret_keys(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not value:
        raise ValueError("is empty")
    if any(len(key.get_secret_value()) < LEAST_KEY_LENGTH for key in value):
        raise ValueError(f"has a key of fewer than {LEAST_KEY_LENGTH} characters")
    return value


def _shop_patterns(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("is empty")
    for pattern in value:
        if "/" in pattern or any(letter.isspace() for letter in pattern):
            raise ValueError(f"has “{pattern}”, which is not a host")
    return tuple(pattern.lower() for pattern in value)


def _origins(value: str) -> str:
    """The origins with one space between them: what a policy's directive takes."""
    origins = [origin.lower().rstrip("/") for origin in value.replace(",", " ").split()]
    if not origins:
        raise ValueError("is empty")
    for origin in origins:
        if origin != "*" and not ORIGIN.fullmatch(origin):
            raise ValueError(f"has “{origin}”, which is not an origin")
    return " ".join(origins)


def _mail_url(value: str | None) -> str | None:
    if value is not None and not value.startswith(("smtp://", "smtps://", "file:///")):
        raise ValueError("is neither smtp://…, smtps://… nor file:///…")
    return value


def _service_url(value: str | None) -> str | None:
    if value is None or value.startswith(("https://", "http://", "file:///")):
        return value
    if "://" not in value or "{to}" not in value:
        raise ValueError("is no https:// address, and no address of Apprise with {to} in it")
    return value


def _webhook_secret(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    try:
        key = base64.b64decode(value.get_secret_value().removeprefix("whsec_") + "==", validate=False)
    except ValueError:
        key = b""
    if len(key) < LEAST_SECRET_BYTES:
        raise ValueError("is not “whsec_” and at least 24 bytes in base64")
    return value


Days = Annotated[int, Field(ge=1, le=36_500)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Keys = Annotated[tuple[SecretStr, ...], BeforeValidator(_split), AfterValidator(_secret_keys)]


class Settings(BaseModel):
    """Each field is the variable RETENTION_<NAME>; its description says what to set (docs/settings.md)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite:///var/retention.db",
        repr=False,
        description="set it to sqlite:///path/to/file.db or postgresql://user:password@host:5432/name",
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        description="set it to the address at which Saleor and browsers reach this app, like https://retention.example"
    )
    secret_keys: Keys = Field(
        description="set it to one or more keys, separated by commas, the newest first; `retention keys new` makes one"
    )
    allowed_shops: Annotated[Names, AfterValidator(_shop_patterns)] = Field(
        description="set it to the hosts of the shops that may install this app, separated by commas, "
        "like shop.example,*.saleor.cloud"
    )
    allow_private_addresses: bool = Field(
        default=False, description="set it to true only where the shops are on this machine or in its own network"
    )
    dashboard_origins: Annotated[str, AfterValidator(_origins)] = Field(
        "*",
        description="set it to the origins of the Dashboards that may frame the app's pages, "
        "like https://dashboard.example, or to * for any",
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="set it to the addresses of the proxies whose X-Forwarded headers count, or *"
    )
    host: str = Field("127.0.0.1", description="set it to the address to listen on, 0.0.0.0 for all")
    port: int = Field(8080, ge=1, le=65_535, description="set it to the port to listen on, 1 to 65535")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="set it to DEBUG, INFO, WARNING or ERROR"
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="set it to json (for machines) or console (for people)"
    )
    metrics_token: SecretStr | None = Field(
        None, description="set it to what a scraper sends as its bearer token; without it only this machine may read"
    )
    worker_port: int | None = Field(
        None, ge=1, le=65_535, description="set it to the port on which a worker answers /healthz, /readyz and /metrics"
    )
    database_connections: int = Field(
        8, ge=2, le=200, description="set it to how many connections a process keeps to the database, 2 to 200"
    )
    receivers: int = Field(
        1, ge=1, le=64, description="set it to how many shops' inboxes a process empties at once, 1 to 64"
    )
    deliverers: int = Field(
        2, ge=1, le=64, description="set it to how many other lanes (delivery, clock) a process drains at once, 1 to 64"
    )
    dead_worker_seconds: int = Field(
        30,
        ge=3,
        le=3_600,
        description="set it to the seconds of silence after which a worker counts as dead, 3 to 3600",
    )
    requests_per_minute: int = Field(
        100, ge=1, le=100_000, description="set it to how many calls a minute one shop's Saleor may get from us"
    )
    mail_url: Annotated[str | None, AfterValidator(_mail_url)] = Field(
        None,
        repr=False,
        description="set it to smtp://user:password@host:587, smtps://user:password@host:465, "
        "or file:///path/to/folder to have mails written there",
    )
    sms_url: Annotated[str | None, AfterValidator(_service_url)] = Field(
        None,
        repr=False,
        description="set it to the https:// address of your provider, an address of Apprise with {to} "
        "where the number stands, or file:///path/to/folder",
    )
    push_url: Annotated[str | None, AfterValidator(_service_url)] = Field(
        None,
        repr=False,
        description="set it to the https:// address of your provider, an address of Apprise with {to} "
        "where Saleor's id of the account stands, or file:///path/to/folder",
    )
    webhook_secret: Annotated[SecretStr | None, AfterValidator(_webhook_secret)] = Field(
        None,
        description="set it to what your providers sign with and check us by; `retention keys webhook` makes one",
    )
    check_mail_domains: bool = Field(
        default=True, description="set it to false where this machine cannot ask the DNS about domains"
    )
    read_history: bool = Field(
        default=True,
        description="set it to false where only `retention backfill` shall read what was before the install",
    )
    inbox_limit: int = Field(
        100_000, ge=1, description="set it to how many webhooks may wait before new ones are answered with 503"
    )
    keep_inbox_days: Days = Field(30, description="set it to the days that webhooks are kept after their end")
    keep_decisions_days: Days = Field(730, description="set it to the days that decisions are kept")
    keep_effects_days: Days = Field(180, description="set it to the days that effects are kept after their end")
    keep_front_events_days: Days = Field(
        90, description="set it to the days that what shoppers saw and clicked is kept"
    )
    grace_days: Days = Field(30, description="set it to the days after which a shop that uninstalled is erased")

    def is_allowed_shop(self, host: str) -> bool:
        """Whether a shop on this host (with its port, unless that is the scheme's own) may install the app."""
        return any(fnmatch.fnmatchcase(host.lower(), pattern) for pattern in self.allowed_shops)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Reads the RETENTION_ variables; one that is set to nothing counts as not set.

    Raises `SettingsError` with one line, a sentence, for each problem.
    """
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and value.strip() and not any(fnmatch.fnmatchcase(name, other) for other in NOT_OURS)
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problems = {problem["loc"][0]: problem for problem in reversed(error.errors(include_url=False))}
    sentences = [_sentence(str(field), problem) for field, problem in sorted(problems.items())]
    raise SettingsError("\n".join(sentences))


def _sentence(field: str, problem: Mapping[str, Any]) -> str:
    name = PREFIX + field.upper()
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(field, Settings.model_fields, n=1)
        did_you_mean = f"did you mean {PREFIX}{near[0].upper()}" if near else "docs/settings.md names all of them"
        return f"{name} is not a setting: {did_you_mean}?" if near else f"{name} is not a setting: {did_you_mean}."
    what_to_do = Settings.model_fields[field].description
    if problem["type"] == "missing":
        return f"{name} is missing: {what_to_do}."
    if problem["type"] == "value_error":
        return f"{name} {problem['ctx']['error']}: {what_to_do}."
    return f"{name} is not understood: {what_to_do}."
