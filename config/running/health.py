"""What Tidings stands on: asked before it listens, and by whoever watches it (`/healthz`, `/readyz`)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.db.utils import ConnectionHandler
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from notifications import transports
from notifications.delivery.queue import OPEN
from notifications.events import Channel
from notifications.models import Delivery, Event, PausedChannel

PATIENCE_S = 2
LATE = timedelta(seconds=30)


def healthz(request: HttpRequest) -> JsonResponse:
    """This process answers. It asks nobody else: a dead database is no reason to kill a healthy server."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Whether to send requests here: 503 without a database; what else is missing is named."""
    if database_problem():
        return JsonResponse({"status": "unavailable", "detail": "The database does not answer."}, status=503)
    degraded = [name for name, is_missing in DEGRADATIONS.items() if is_missing()]
    return JsonResponse({"status": "degraded" if degraded else "ok", "degraded": degraded})


def database_problem() -> str | None:
    """One line about why the database cannot be used, or None."""
    try:
        with _own_connection() as database, database.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"The database ({_where()}) does not answer: {_first_line(error)}"
    return None


def preparation_problem() -> str | None:
    """One line about what `manage.py prepare` has yet to do, or None."""
    with _own_connection() as database:
        executor = MigrationExecutor(database)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return f"The database is not prepared: {len(missing)} migrations are missing. Run: manage.py prepare"
    return None


def redis_problem() -> str | None:
    """One line about why nothing can be rung, or None."""
    if not settings.REDIS_URL:
        return "There is no Redis"
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S, retry=None
        )
    except ValueError as error:
        return f"REDIS_URL is malformed: {_first_line(error)}"
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        return f"The Redis of REDIS_URL does not answer: {_first_line(error)}"
    finally:
        client.close()
    return None


def workers_are_late() -> bool:
    """Whether something has been due for half a minute that any worker would have taken up."""
    late = timezone.now() - LATE
    return _event_waits(late) or _delivery_waits(late)


def _event_waits(late: datetime) -> bool:
    """For its rows: accepted, or scheduled and due."""
    waiting = Q(scheduled_for__isnull=True, created_at__lt=late) | Q(scheduled_for__lt=late)
    return Event.objects.filter(waiting, state__in=[Event.State.SCHEDULED, Event.State.EXPANDING]).exists()


def _delivery_waits(late: datetime) -> bool:
    """For an attempt. One that is leased is due when its lease ends; a paused channel waits for staff."""
    paused = PausedChannel.objects.values("channel")
    sent_here = {*transports.configured(), Channel.WEBSOCKET}
    waiting = Delivery.objects.filter(channel__in=sent_here, state__in=OPEN, due_at__lt=late)
    return waiting.exclude(channel__in=paused).exists()


DEGRADATIONS: dict[str, Callable[[], bool]] = {
    "redis": lambda: redis_problem() is not None,
    "workers": workers_are_late,
}


@contextmanager
def _own_connection() -> Iterator[BaseDatabaseWrapper]:
    """A connection outside the pool, which would wait 10 s for a dead server, and say so on stderr while it does."""
    options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
    if connection.vendor == "postgresql":
        options["connect_timeout"] = PATIENCE_S
    database = ConnectionHandler({"default": {**connection.settings_dict, "OPTIONS": options}})["default"]
    try:
        yield database
    finally:
        database.close()


def _where() -> str:
    """Which database, without its password."""
    at = connection.settings_dict
    host = at["HOST"] or at["OPTIONS"].get("host") or "localhost"
    return str(at["NAME"]) if connection.vendor == "sqlite" else f"{at['NAME']} on {host}"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
