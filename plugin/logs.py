"""What the process says of itself: one line an event, as JSON or for people, with the shop it is about."""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

#: A value under a name that contains one of these is never written.
SECRET_NAMES = ("token", "authorization", "secret", "password", "pepper", "signature", "cookie")
#: Libraries whose INFO is chatter.
QUIET = ("procrastinate", "httpx", "httpcore", "gql", "alembic", "uvicorn.access", "psycopg.pool")


def forget_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name in event:
        if any(secret in name.lower() for secret in SECRET_NAMES):
            event[name] = "…"
    return event


def about(shop: str, webhook: str | None = None, **more: Any) -> AbstractContextManager[Any]:
    """Everything logged inside of the block names the shop, and the webhook if there is one."""
    if webhook is not None:
        more["webhook"] = webhook
    return structlog.contextvars.bound_contextvars(shop=shop, **more)


def set_up_logs(level: str, form: str) -> None:
    """Once a process: our own lines and those of the libraries come out alike, on stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        forget_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    ending: list[Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(level if level == "DEBUG" else "WARNING")
