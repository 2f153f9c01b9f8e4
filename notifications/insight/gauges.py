"""How the installation stands just now, from the database: the same from every server, unlike what each one counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Case, Count, Min, Value, When
from prometheus_client.core import GaugeMetricFamily

from ..audit.sealing import is_waiting
from ..database import database_now
from ..delivery.queue import OPEN
from ..models import AuditEntry, Connection, Delivery, Event, Job, PausedChannel, Server

Sample = tuple[Sequence[str], float]


def standing() -> Iterator[GaugeMetricFamily]:
    """Raises what the database raises."""
    now = database_now()
    yield from _queue(now)
    yield from _events(now)
    yield from _audit(now)
    yield from _live(now)
    due = [((name,), at.timestamp()) for name, at in Job.objects.values_list("name", "due_at")]
    yield _gauge("tidings_job_due_timestamp_seconds", "When a periodic job is due next", ["job"], due)


def _queue(now: datetime) -> Iterator[GaugeMetricFamily]:
    """`due`: a sender should have it; `later`: a rung, a retry, or leased; `held`: quiet hours and the like."""
    held = When(state=Delivery.State.HELD, due_at__gt=now, then=Value("held"))
    due = When(due_at__lte=now, then=Value("due"))
    open_ = Delivery.objects.filter(state__in=OPEN).order_by()
    grouped = open_.values("channel", stands=Case(held, due, default=Value("later")))
    rows = list(grouped.annotate(count=Count("id"), oldest=Min("due_at")))
    depth = [((row["channel"], row["stands"]), row["count"]) for row in rows]
    age = [((row["channel"],), _seconds(row["oldest"], now)) for row in rows if row["stands"] == "due"]
    paused = [((channel,), 1.0) for channel in PausedChannel.objects.values_list("channel", flat=True)]
    yield _gauge("tidings_queue_deliveries", "Deliveries that have not ended", ["channel", "state"], depth)
    yield _gauge("tidings_queue_oldest_due_seconds", "How long the oldest due one has waited", ["channel"], age)
    yield _gauge("tidings_channel_paused", "1: staff have paused it", ["channel"], paused)


def _events(now: datetime) -> Iterator[GaugeMetricFamily]:
    open_ = Event.objects.filter(state__in=[Event.State.SCHEDULED, Event.State.EXPANDING]).order_by()
    rows = list(open_.values_list("state").annotate(Count("id"), Min("created_at")))
    count = [((state,), n) for state, n, _ in rows]
    expanding = [at for state, _, at in rows if state == Event.State.EXPANDING]
    yield _gauge("tidings_events_waiting", "Events whose rows are not all written", ["state"], count)
    age = _seconds(min(expanding, default=None), now)
    yield _gauge("tidings_events_oldest_expanding_seconds", "Since the oldest of them was accepted", [], [((), age)])


def _audit(now: datetime) -> Iterator[GaugeMetricFamily]:
    waiting = AuditEntry.objects.filter(batch=None)
    count = waiting.count() if is_waiting() else 0
    oldest = waiting.order_by("id").values_list("at", flat=True).first() if count else None
    yield _gauge("tidings_audit_unsealed_entries", "Audit entries that no batch holds yet", [], [((), count)])
    yield _gauge(
        "tidings_audit_oldest_unsealed_seconds", "Age of the oldest of them", [], [((), _seconds(oldest, now))]
    )


def _live(now: datetime) -> Iterator[GaugeMetricFamily]:
    alive = Server.objects.filter(lease_until__gt=now)
    here = Connection.objects.filter(server__in=alive).order_by()
    rows = here.values_list("server__name", "transport").annotate(Count("id"))
    yield _gauge("tidings_servers", "Server processes with a lease", [], [((), alive.count())])
    by_server = [((server, transport), n) for server, transport, n in rows]
    yield _gauge("tidings_connections", "Open sockets and streams, by lease", ["server", "transport"], by_server)


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _gauge(name: str, about: str, labels: Sequence[str], samples: Sequence[Sample]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=list(labels))
    for values, value in samples:
        family.add_metric(list(values), value)
    return family
