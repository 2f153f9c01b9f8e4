"""An event is taken back: whatever has not begun does not begin, whatever nobody has leaves the inboxes."""

import logging
import uuid
from datetime import datetime

from django.db import transaction

from .. import audit, expansion
from ..database import database_now
from ..inbox import NothingToStop, settle_event, stop_deliveries
from ..inbox.withdrawing import CHUNK, OPEN, UNTOUCHED
from ..locks import transacting
from ..models import Delivery, Event, NotificationLog, Withdrawn

log = logging.getLogger("tidings.dispatch")


@transacting
def cancel(event_id: uuid.UUID, *, actor: tuple[int, str]) -> None:
    """Once this has committed no chunk of rows and no attempt begins. Raises NothingToStop.

    Chunks and attempts lock the event's row: whichever comes second sees the first. What was delivered or read stays.
    Small audiences leave the inboxes at once, large ones by the sweep, which also finishes what a crash cut off.
    """
    event = Event.objects.select_for_update(no_key=True).get(pk=event_id)
    now = database_now()
    if not _is_stoppable(event, now):
        raise NothingToStop(f"event {event_id}")
    Event.objects.filter(pk=event_id).update(state=Event.State.CANCELLED, settled_at=None)
    stop_deliveries(Delivery.objects.filter(event_id=event_id), Withdrawn.CANCELLED, at=now)
    audit.record("event.cancelled", "event", event_id, actor=actor, at=now, kind=event.kind)
    is_small = event.recipients <= CHUNK
    transaction.on_commit(lambda: _take_back(event_id, now) if is_small else expansion.work.set(), robust=True)


def _is_stoppable(event: Event, now: datetime) -> bool:
    if event.state != Event.State.DONE:
        return event.state != Event.State.CANCELLED
    if Delivery.objects.filter(OPEN, event_id=event.pk).exists():
        return True
    has_expired = event.expires_at is not None and event.expires_at <= now
    return not has_expired and NotificationLog.objects.filter(UNTOUCHED, event_id=event.pk, deleted_at=None).exists()


def _take_back(event_id: uuid.UUID, now: datetime) -> None:
    settle_event(event_id, Withdrawn.CANCELLED, now=now)
