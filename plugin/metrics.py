"""What operators watch. No label names a shop or a customer, so that the number of series stays small."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

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


def exposition() -> bytes:
    """All series, in the text format that Prometheus reads."""
    return generate_latest(registry)
