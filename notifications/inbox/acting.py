"""The buttons under a notification: one choice, once and for all. Whoever chooses has read it."""

from typing import Any

from .. import audit, meters
from ..database import database_now
from ..delivery import fallback, reporting
from ..events import Refused
from ..locks import lock_inbox, transacting
from ..models import Event, NotificationLog, unexpired
from .counting import settle, tally
from .marking import READ, Frame, own_rows, tell


class AlreadyActed(Exception):
    """A choice was made before; the first one stands."""

    def __init__(self, row_id: int, taken: str) -> None:
        super().__init__(f"notification {row_id}: {taken!r} was chosen before")
        self.taken = taken


class NoLongerOffered(Exception):
    """It was cancelled, replaced, or has expired: there is nothing to choose any more."""


@transacting
def act(user_id: int, row_id: int, action: str) -> None:
    """Store the choice and tell whoever subscribed to it. Of two at once the first counts.

    Raises NotFound; Refused for what is not offered; AlreadyActed, NoLongerOffered.
    """
    inbox = lock_inbox(user_id)
    [row] = own_rows(user_id, [row_id])
    _refuse(row, action)
    was_read, before, now = row.is_read, tally([row]), database_now()
    row.action_taken, row.is_read, row.read_at, row.updated_at = action, True, row.read_at or now, now
    row.save(update_fields=["action_taken", "is_read", "read_at", "updated_at"])
    settle(inbox, before, tally([row]))
    fallback.stop([user_id])
    acted = NotificationLog.objects.filter(pk=row_id)
    about: dict[str, Any] = {"actor": (user_id, ""), "target_user_id": user_id, "at": now}
    audit.record("notification.acted", "notification", row_id, **about, chosen=action)
    changed = {"id": row_id, "seq": row.seq, "changes": {"action_taken": action}}
    frames: list[Frame] = [("notification_changed", changed)]
    if not was_read:
        audit.record(READ.action, "notification", row_id, **about)
        reporting.report(reporting.READ, acted, now=now)
        meters.after_commit(lambda: meters.read.labels(row.kind).inc())
        frames += READ.frames([row], now)
    reporting.report(reporting.ACTED, acted, now=now)
    tell(inbox, frames)


def _refuse(row: NotificationLog, action: str) -> None:
    offered = [one["id"] for one in row.event.actions]
    if action not in offered:
        choice = f"Choose one of {', '.join(offered)}." if offered else "This notification offers nothing to choose."
        raise Refused("action", choice, "unknown_action")
    if row.action_taken is not None:
        raise AlreadyActed(row.pk, row.action_taken)
    is_over = row.withdrawn or row.event.state == Event.State.CANCELLED
    if is_over or not NotificationLog.objects.filter(unexpired(), pk=row.pk).exists():
        raise NoLongerOffered(f"notification {row.pk}")
