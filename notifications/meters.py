"""What is counted while it happens, for Prometheus. docs/observability.md says what each one means.

Whoever counts what a transaction has done does it by `after_commit`: a transaction may be rolled back, or tried again.
"""

from collections import Counter as Tally
from collections.abc import Callable, Mapping

from django.db import transaction
from prometheus_client import Counter, Gauge, Histogram

_SOON = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_EVENTUALLY = (*_SOON, 30, 60, 300, 1800, 3600, 86_400)


class Weighted(Histogram):
    """A histogram that is told of many equal observations at once."""

    def observe_many(self, amount: float, times: int) -> None:
        self._sum.inc(amount * times)
        place = next(place for place, bound in enumerate(self._upper_bounds) if amount <= bound)
        self._buckets[place].inc(times)


# --- notifications -------------------------------------------------------------
accepted = Counter("tidings_events_accepted", "Events accepted", ["kind"])
created = Counter("tidings_notifications_created", "Rows written, one per recipient", ["kind"])
delivered = Counter("tidings_notifications_delivered", "Notifications acknowledged by a device", ["kind"])
read = Counter("tidings_notifications_read", "Notifications read", ["kind"])
seconds_to_delivered = Weighted(
    "tidings_delivered_seconds", "From a row's creation to a socket's acknowledgement", buckets=_EVENTUALLY
)
ack_rtt = Weighted("tidings_ack_rtt_seconds", "From a frame's writing to its acknowledgement", buckets=_EVENTUALLY)

# --- outward -------------------------------------------------------------------
deliveries = Counter("tidings_deliveries", "Outward deliveries that ended", ["channel", "state", "reason"])
attempt_seconds = Histogram(
    "tidings_attempt_seconds", "Attempts: the provider's time", ["channel", "outcome"], buckets=(*_SOON, 30, 60)
)

# --- live ------------------------------------------------------------------------
opened = Counter("tidings_connections_opened", "Sockets and streams signed in", ["transport"])
closed = Counter("tidings_connections_closed", "Sockets and streams that ended", ["transport", "code"])
frames_sent = Counter("tidings_frames_sent", "Frames and stream events written", ["event"])
frames_received = Counter("tidings_frames_received", "Frames of clients", ["event"])
bell_lag = Histogram("tidings_bell_lag_seconds", "A hub's nonce: from ringing to hearing", buckets=_SOON)
ear_seconds = Counter("tidings_ear_seconds", "Seconds a server's hub has heard the bell, or has not", ["state"])

# --- background --------------------------------------------------------------------
leases_lapsed = Counter("tidings_leases_lapsed", "Leases whose holder ended without giving them back", ["of"])
job_runs = Counter("tidings_job_runs", "Slices of periodic jobs", ["job", "outcome"])
job_finished = Gauge(
    "tidings_job_finished_timestamp_seconds",
    "When a pass of a periodic job was last through",
    ["job"],
    multiprocess_mode="max",
)


def after_commit(count: Callable[[], None]) -> None:
    transaction.on_commit(count, robust=True)


def count_kinds(counter: Counter, by_kind: Mapping[str, int]) -> None:
    """Once the transaction commits."""

    def count() -> None:
        for kind, times in by_kind.items():
            counter.labels(kind).inc(times)

    after_commit(count)


class Frames:
    """Plain numbers, because every frame passes here; `hand_over` makes them visible, a few times a second."""

    def __init__(self) -> None:
        self.notifications = self.others = 0
        self.received: Tally[str] = Tally()
        self.rtts_ms: Tally[int] = Tally()

    def hand_over(self) -> None:
        frames_sent.labels("notification").inc(self.notifications)
        frames_sent.labels("other").inc(self.others)
        for event, times in self.received.items():
            frames_received.labels(event).inc(times)
        for rtt_ms, times in self.rtts_ms.items():
            ack_rtt.observe_many(rtt_ms / 1000, times)
        self.notifications = self.others = 0
        self.received.clear()
        self.rtts_ms.clear()


frames = Frames()  # of this process's event loop
