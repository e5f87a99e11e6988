"""What operators watch. No label names a shop or a customer, so that the number of series stays small."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

registry = CollectorRegistry()

webhooks = Counter(
    "retention_webhooks",
    "Webhooks that came in. result: taken, duplicate, refused (not verified), invalid, full, not_durable.",
    ["event", "result"],
    registry=registry,
)
webhook_seconds = Histogram(
    "retention_webhook_seconds",
    "From the first byte of a webhook to its answer.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=registry,
)
inbox_rows = Gauge(
    "retention_inbox_rows", "Webhooks that wait (open) or that nobody could read (dead).", ["status"], registry=registry
)
received = Counter(
    "retention_events",
    "Events taken from the inbox. result: done, again (to be tried again), dead.",
    ["event", "result"],
    registry=registry,
)
effects = Counter(
    "retention_effects",
    "Attempts to carry out an effect. result: done, failed, dead, withdrawn.",
    ["kind", "result"],
    registry=registry,
)
decisions = Counter("retention_decisions", "Decisions taken, by outcome.", ["tactic", "outcome"], registry=registry)
saleor_calls = Counter(
    "retention_saleor_calls",
    "Requests to Saleor. result: ok, later, refused, unknown.",
    ["operation", "result"],
    registry=registry,
)
saleor_cost = Counter("retention_saleor_cost", "Query cost that Saleor named.", ["operation"], registry=registry)
shipping_answers = Counter(
    "retention_shipping_answers",
    "Answers to the shipping webhook. result: free, none, miss (no answer in time or an error).",
    ["result"],
    registry=registry,
)
front_events = Counter(
    "retention_front_events",
    "What shoppers' pages told. result: kept, again (told twice), no_consent, bot, test, unknown (type, product),"
    " ref (forged, expired, another shop's), time (in the future, or older than a day), lost (not written).",
    ["result"],
    registry=registry,
)
drains = Counter(
    "retention_drains",
    "Batches drained from a lane. result: done, more, later, failed.",
    ["kind", "result"],
    registry=registry,
)
drain_seconds = Histogram(
    "retention_drain_seconds",
    "How long a batch took.",
    ["kind"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60),
    registry=registry,
)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


#: By family: the name, labels and value of each of its samples.
Counted = Mapping[str, list[tuple[str, dict[str, str], float]]]


def counted() -> Counted:
    """What this process has counted, as another one adds it to its own."""
    return {family.name: [(one.name, one.labels, one.value) for one in family.samples] for family in registry.collect()}


def exposition(elsewhere: Counted | None = None) -> bytes:
    """All series, with those of another process added, in the text format that Prometheus reads."""
    return generate_latest(registry if elsewhere is None else _Together(elsewhere))


class _Together(Collector):
    """The sums of two processes' series; a series is as old as the older of its two."""

    def __init__(self, elsewhere: Counted) -> None:
        self._elsewhere = elsewhere

    def collect(self) -> Iterable[Metric]:
        for family in registry.collect():
            found = {_key(one.name, one.labels): one for one in family.samples}
            for name, labels, value in self._elsewhere.get(family.name, ()):
                own = found.get(_key(name, labels))
                if own is not None:
                    value = min(own.value, value) if name.endswith("_created") else own.value + value  # noqa: PLW2901
                found[_key(name, labels)] = Sample(name, labels, value)
            family.samples = list(found.values())
            yield family


def _key(name: str, labels: Mapping[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())
