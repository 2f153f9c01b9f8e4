"""How log lines look, for people or as JSON: one a happening, with ids and timings. Never bodies, tokens, addresses."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

IDS = ("request_id", "event_id", "notification_id", "delivery_id", "user_id", "connection_id")
FIELDS = (  # what else a line may carry: whatever is not named here stays out
    *("kind", "channel", "transport", "job", "method", "route"),
    *("state", "reason", "outcome", "status", "code", "is_through"),
    *("count", "attempts", "seconds", "servers", "connections"),
)
LOUD = {  # what they say below this quotes addresses, query strings and headers
    "uvicorn": "WARNING",
    "daphne": "WARNING",
    "django.channels.server": "WARNING",
    "websockets": "WARNING",
    "asyncio": "WARNING",
    "httpx": "WARNING",
    "httpcore": "WARNING",
    "urllib3": "WARNING",
    "google.auth": "WARNING",
    "apprise": "CRITICAL",
    "django.db.backends": "WARNING",
    "django.template": "WARNING",
    "markdown_it": "WARNING",
}


def log_settings(*, form: str, level: str) -> dict[str, Any]:
    """`LOGGING`. `form`: console or json. INFO: a line for each happening; WARNING: for what went wrong."""
    formatter = {"()": "config.watching.logs.formatter", "form": form}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},  # else it has a handler of its own
            **{name: {"level": least} for name, least in LOUD.items()},
        },
    }


def formatter(*, form: str) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ExtraAdder(allow=(*IDS, *FIELDS)),
            without_quotations,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_RENDERED[form]()],
    )


def without_quotations(logger: Any, name: str, line: EventDict) -> EventDict:
    """Django quotes a request's path, Host, Origin or Referer, and each may hold a secret: what is left is the fact."""
    record: logging.LogRecord = line["_record"]
    if record.name.startswith("django.security"):
        line["event"] = f"request refused: {record.name.removeprefix('django.security.')}"
        line.pop("exc_info", None)  # its last line is the quotation
    elif record.name.startswith("django") and hasattr(record, "request"):
        status = getattr(record, "status_code", None)
        line["event"] = f"request answered with {status}"
        match = getattr(record.request, "resolver_match", None)
        line.update(status=status, route=match.route if match else None)
    return line


def _for_people() -> list[Processor]:
    # plain: the others show the values of local variables
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _as_json() -> list[Processor]:
    def text(line: EventDict, **_: Any) -> str:
        return orjson.dumps(line, default=str).decode()

    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=text)]


_RENDERED: dict[str, Callable[[], list[Processor]]] = {"console": _for_people, "json": _as_json}
