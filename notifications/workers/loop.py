"""The sweep: finds what a crash cut off and what has fallen due. Every server and worker runs one; any number may."""

import logging
import random
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from .. import expansion
from ..database import database_now
from ..delivery.attempts.settling import pass_over_paused
from ..delivery.planning import digests
from ..inbox import settle_event, snoozing
from ..live import leases
from ..live.threads import unit
from ..models import Event, Withdrawn, outlived
from . import periodic

log = logging.getLogger("tidings.worker")
EVERY_S = 1.0
EVENTS_PER_ROUND = 20
FAILING_PER_ROUND = 5
_failing: dict[uuid.UUID, None] = {}  # events that this process could not expand the last time, in order


class Worker:
    """Runs until stopped. A round that found work is followed by the next at once."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> "Worker":
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        expansion.work.set()
        if self._thread:
            self._thread.join(timeout=5)

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = unit(sweep)
            except Exception as error:  # the database is away: the next round tries again
                log.warning("sweep failed: %s: %s", type(error).__name__, error)
                busy = False
            if not busy and not self._stopping.is_set():
                expansion.work.wait(EVERY_S * random.uniform(0.8, 1.2))
                expansion.work.clear()
        unit(connection.close)


def sweep() -> bool:
    """One round over everything that can be due; True when something was."""
    steps: tuple[Callable[[], bool], ...] = (
        release_scheduled,
        expand_open,
        withdraw_expired,
        withdraw_cancelled,
        wake_snoozed,
        rescue_digests,
        climb_past_paused,
        write_off_ghosts,
        periodic.run_due,
    )
    return any([step() for step in steps])


def release_scheduled() -> bool:
    """What is due begins to be expanded; it was created when it was accepted."""
    due = Event.objects.filter(state=Event.State.SCHEDULED, scheduled_for__lte=database_now())
    return due.exists() and due.update(state=Event.State.EXPANDING) > 0


def expand_open() -> bool:
    """A chunk of each event that is not wholly written; large ones take turns."""
    waiting = Event.objects.filter(state=Event.State.EXPANDING).order_by("created_at").values_list("pk", flat=True)
    found = list(waiting.exclude(pk__in=_failing)[:EVENTS_PER_ROUND])
    again = list(_failing)[:FAILING_PER_ROUND]
    still_open = list(waiting.filter(pk__in=again)) if again else []
    for event_id in set(again).difference(still_open):
        del _failing[event_id]  # cancelled, or another process could
    found += still_open
    return any([_expand(event_id) for event_id in found])


def _expand(event_id: uuid.UUID) -> bool:
    """Whether it went well. An event that cannot be expanded holds up none of those behind it."""
    began = time.monotonic()
    try:
        expansion.expand_chunk(event_id)
    except Exception as error:  # whatever it is: it is tried again in the next round
        log.warning("event %s not expanded: %s: %s", event_id, type(error).__name__, error)
        _failing.pop(event_id, None)  # to the end: they take turns
        _failing[event_id] = None
        return False
    _failing.pop(event_id, None)
    if connection.vendor == "sqlite":  # one writer at a time: leave the others as long as we took
        time.sleep(time.monotonic() - began)
    return True


def withdraw_expired() -> bool:
    """Expired events leave the inboxes, so that badges follow, and the queue."""
    now = database_now()
    over = Event.objects.filter(outlived(now), state__in=[Event.State.DONE, Event.State.CANCELLED])
    return _settle(over.order_by("expires_at"), Withdrawn.EXPIRED, now)


def withdraw_cancelled() -> bool:
    """What a cancel had no time for, or was cut off in. Whatever has expired besides is dealt with as that."""
    now = database_now()
    cancelled = Event.objects.filter(state=Event.State.CANCELLED, settled_at=None)
    return _settle(cancelled.exclude(expires_at__lte=now).order_by("created_at"), Withdrawn.CANCELLED, now)


def _settle(events: QuerySet[Event], why: Withdrawn, now: datetime) -> bool:
    found = list(events.values_list("pk", flat=True)[:EVENTS_PER_ROUND])
    return any([settle_event(event_id, why, now=now) for event_id in found])


def wake_snoozed() -> bool:
    return snoozing.wake_chunk() > 0


def rescue_digests() -> bool:
    return digests.rescue() > 0


def climb_past_paused() -> bool:
    return pass_over_paused() > 0


def write_off_ghosts() -> bool:
    return leases.sweep_lapsed() > 0
