"""Apps, their webhooks, and the problems that they report."""

import datetime as dt
from dataclasses import dataclass, field

from plugin.sandbox.records.metadata import WithMetadata


@dataclass(frozen=True, slots=True)
class Permission:
    code: str

    @property
    def name(self) -> str:
        return self.code.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """An entry of Saleor's WebhookEventAsync or WebhookEventSync."""

    event_type: str

    @property
    def name(self) -> str:
        return self.event_type.replace("_", " ").capitalize()


@dataclass(slots=True, kw_only=True, eq=False)
class Webhook:
    id: str
    app: "App"
    name: str
    target_url: str
    subscription_query: str
    asynchronous: frozenset[str] = frozenset()
    synchronous: frozenset[str] = frozenset()
    is_active: bool = True
    identifier: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def async_events(self) -> list[WebhookEvent]:
        return [WebhookEvent(name) for name in sorted(self.asynchronous)]

    @property
    def sync_events(self) -> list[WebhookEvent]:
        return [WebhookEvent(name) for name in sorted(self.synchronous)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppExtension:
    id: str
    app: "App"
    label: str
    url: str
    mount_name: str
    target_name: str
    identifier: str | None
    codes: tuple[str, ...] = ()

    @property
    def permissions(self) -> list[Permission]:
        return [Permission(code) for code in self.codes]

    @property
    def settings(self) -> dict[str, object]:
        return {}


@dataclass(slots=True, kw_only=True, eq=False)
class AppProblem:
    id: str
    key: str
    message: str
    created_at: dt.datetime
    updated_at: dt.datetime
    critical_threshold: int | None
    count: int = 1

    @property
    def is_critical(self) -> bool:
        return self.critical_threshold is not None and self.count >= self.critical_threshold


@dataclass(slots=True, kw_only=True, eq=False)
class App(WithMetadata):
    id: str
    key: str
    name: str
    manifest: dict[str, object]
    manifest_url: str
    codes: frozenset[str]
    created: dt.datetime
    token: str
    is_active: bool = False
    type: str = "THIRDPARTY"
    webhooks: list[Webhook] = field(default_factory=list)
    extensions: list[AppExtension] = field(default_factory=list)
    own_problems: list[AppProblem] = field(default_factory=list)

    @property
    def permissions(self) -> list[Permission]:
        return [Permission(code) for code in sorted(self.codes)]

    @property
    def access_token(self) -> None:
        return None

    def text(self, field_name: str) -> str | None:
        value = self.manifest.get(field_name)
        return value if isinstance(value, str) else None


@dataclass(slots=True, kw_only=True, eq=False)
class AppInstallation:
    id: str
    app_name: str
    manifest_url: str
    codes: frozenset[str]
    activate: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    status: str = "PENDING"
    message: str | None = None
