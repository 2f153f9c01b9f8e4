"""The rungs of the ladder: the next begins when the one before is over, and all end when somebody acknowledges."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from ..database import as_parameter, database_now, id_list
from ..models import Delivery, NotificationLog
from . import queue

_OVER_AT_ONCE = {Delivery.State.SKIPPED, Delivery.State.FAILED, Delivery.State.UNKNOWN}


def follow(done: Delivery, *, now: datetime) -> None:
    """After a rung that was accepted the next has its time; after one that failed or was skipped it begins at once."""
    if not done.rung or done.state not in {Delivery.State.SENT, *_OVER_AT_ONCE}:
        return
    waiting = Delivery.objects.filter(
        notification_id=done.notification_id, rung__gt=done.rung, state=Delivery.State.WAITING, due_at=None
    )
    following = waiting.order_by("rung").first()
    if following is None:
        return
    wait_s = 0 if done.state in _OVER_AT_ONCE else settings.NOTIFICATION_CONFIRMATION_TIMEOUT
    following.due_at = now + timedelta(seconds=wait_s)
    following.save(update_fields=["due_at"])
    if not wait_s:
        queue.look_after_commit()


def hasten(failed: Delivery, *, now: datetime) -> None:
    """A rung that its provider took, and says later that it did not arrive: the next need not wait any longer."""
    if not failed.rung:
        return  # the kind's own channel: the first rung has its time whatever happens there
    waiting = Delivery.objects.filter(
        notification_id=failed.notification_id,
        rung=failed.rung + 1,
        state=Delivery.State.WAITING,
        lease=None,
        due_at__gt=now,
    )
    if waiting.update(due_at=now):
        queue.look_after_commit()


def stop(user_ids: Sequence[int]) -> int:
    """These people have acknowledged or read something: it is neither pushed again nor is there a further rung.

    Their inboxes are locked.
    """
    these, ids = id_list(user_ids)
    now = as_parameter(database_now())
    # the state is written out: SQLite takes a partial index only where the query says its condition literally
    sql = f"""
        UPDATE {Delivery._meta.db_table} SET state = 'cancelled', outcome = 'skip', reason = 'acknowledged_first',
               due_at = NULL, settled_at = %s
         WHERE recipient_id {these} AND state = 'waiting' AND (rung > 0 OR channel = 'websocket') AND lease IS NULL
           AND EXISTS (SELECT 1 FROM {NotificationLog._meta.db_table} AS told
                        WHERE told.id = notification_id AND (told.is_read OR told.delivered_at IS NOT NULL))"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [now, ids])
        return int(cursor.rowcount)
