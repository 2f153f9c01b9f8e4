"""Rows that leave the inboxes without their owners' doing: the event was cancelled, or has expired."""

import uuid

from django.db.models import QuerySet

from ..database import database_now
from ..live.bell import ring_on_commit
from ..live.rings import ChangeRing
from ..locks import lock_inboxes, transacting
from ..models import NotificationLog, Withdrawn
from .counting import settle, tally

CHUNK = 500  # people


@transacting
def withdraw_chunk(event_id: uuid.UUID, why: Withdrawn, *, after_user: int) -> int | None:
    """Take the next people's row of this event out of their inbox; the last of them, or None at the end.

    A cancelled event leaves what was delivered or read where it is; an expired one is shown to nobody.
    """
    rows = NotificationLog.objects.filter(event_id=event_id, recipient_id__gt=after_user, withdrawn=Withdrawn.NO)
    if why == Withdrawn.CANCELLED:
        rows = rows.filter(delivered_at=None, is_read=False)
    people = list(rows.order_by("recipient_id").values_list("recipient_id", flat=True)[:CHUNK])
    if not people:
        return None
    _withdraw(rows, people, why)
    return people[-1]


def _withdraw(rows: QuerySet[NotificationLog], people: list[int], why: Withdrawn) -> None:
    inboxes = lock_inboxes(people)
    now = database_now()
    held = list(rows.filter(recipient_id__in=people))  # again, now that nobody else can change them
    rows.filter(pk__in=[row.pk for row in held]).update(withdrawn=why, updated_at=now)
    for row in held:
        before = tally([row])
        row.withdrawn = why
        inbox = inboxes[row.recipient_id]
        settle(inbox, before, tally([row]))
        frames = [("notification_removed", {"ids": [row.pk]})]
        ring_on_commit(ChangeRing(inbox.user_id, frames, inbox.unread_count, inbox.last_seq, inbox.rev))
