"""What must be acknowledged is shown again on open pages until it is: the row gets the next seq, so it is no repeat."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ... import wire
from ...database import database_now
from ...deciding import wishes
from ...deciding.policies import SOONEST_PUSH_AGAIN_S
from ...live.bell import ring_on_commit
from ...live.rings import Head, NewRing, tail
from ...locks import lock_inboxes, share_events, transacting
from ...models import Again, Attempt, Connection, Delivery, Event, Inbox, NotificationLog
from ..queue import Leased
from .settling import held, policy_of, round_of, settle

LOOK_AGAIN_S = 30.0  # while nobody is there to see it
GIVE_UP_AFTER = timedelta(minutes=10)  # whoever comes later finds it in the backlog anyway


@transacting
def push_again(leased: Sequence[Leased]) -> None:
    """Show these once more, where somebody is there who has not acknowledged; plan the next time."""
    found = sorted(held(leased).values(), key=lambda one: one.recipient_id or 0)
    events = share_events({delivery.event_id for delivery in found})
    people = sorted({delivery.recipient_id for delivery in found if delivery.recipient_id})
    inboxes, now = lock_inboxes(people), database_now()
    here = set(
        Connection.objects.filter(user_id__in=people, server__lease_until__gt=now).values_list("user_id", flat=True)
    )
    for delivery in found:
        row, event = delivery.notification, events[delivery.event_id]
        assert row is not None, "a push is somebody's"
        row.event = event
        if is_over := _is_over(row, event, now):
            settle(delivery, *is_over, now=now)
        elif row.recipient_id not in here:
            _wait_for_somebody(delivery, row, now)
        elif (may_be_acknowledged_until := _just_written(row, now)) > now:
            _put_off(delivery, may_be_acknowledged_until)
        else:
            _show(row, inboxes[row.recipient_id], now)
            _count(delivery, now)


def _is_over(row: NotificationLog, event: Event, now: datetime) -> tuple[Delivery.State, str] | None:
    if row.is_read or row.delivered_at:
        return Delivery.State.CANCELLED, "acknowledged_first"
    if event.state == Event.State.CANCELLED or row.withdrawn or row.deleted_at or row.snoozed_until:
        return Delivery.State.CANCELLED, "cancelled"
    if event.expires_at and event.expires_at <= now:
        return Delivery.State.EXPIRED, "expired"
    return None


def _just_written(row: NotificationLog, now: datetime) -> datetime:
    """Until when the frame's ack may be on its way. One whose writing is not noted yet was written moments ago."""
    return (row.sent_at or now) + timedelta(seconds=SOONEST_PUSH_AGAIN_S)


def _wait_for_somebody(delivery: Delivery, row: NotificationLog, now: datetime) -> None:
    if now - delivery.created_at < GIVE_UP_AFTER:
        _put_off(delivery, now + timedelta(seconds=LOOK_AGAIN_S))
    elif Attempt.objects.filter(delivery=delivery).exists():
        settle(delivery, Delivery.State.SENT, delivery.reason, now=now)
    else:
        delivery.outcome = "skip"
        settle(delivery, Delivery.State.SKIPPED, "no_address", now=now)


def _put_off(delivery: Delivery, until: datetime) -> None:
    delivery.lease, delivery.due_at = None, until
    delivery.save(update_fields=["lease", "due_at"])


def _show(row: NotificationLog, inbox: Inbox, now: datetime) -> None:
    inbox.last_seq += 1
    inbox.rev += 1
    inbox.save(update_fields=["last_seq", "rev"])
    row.seq, row.again, row.sent_at, row.updated_at = inbox.last_seq, Again.REPUSH, now, now
    row.save(update_fields=["seq", "again", "sent_at", "updated_at"])
    head = Head(row.recipient_id, row.pk, row.seq, inbox.unread_count, inbox.rev)
    told = tail(row, now=now, is_silent=row.pk in wishes.silent([row], now=now))
    name, namespace = wire.frame_name(row.event), row.event.namespace
    ring_on_commit(NewRing(name, namespace, told, [head], row.again))


def _count(delivery: Delivery, now: datetime) -> None:
    """This showing is an attempt like any other; the first was the live push itself."""
    delivery.attempts += 1
    Attempt.objects.create(
        delivery=delivery,
        number=delivery.attempts,
        channel=delivery.channel,
        started_at=now,
        ended_at=now,
        outcome=Attempt.Outcome.SENT,
    )
    policy = policy_of(delivery)
    shown = 1 + round_of(delivery)
    if shown >= policy.max_attempts:
        delivery.save(update_fields=["attempts"])
        settle(delivery, Delivery.State.SENT, delivery.reason, now=now)
        return
    delivery.lease = None
    delivery.due_at = now + timedelta(seconds=max(policy.pause_s(shown), SOONEST_PUSH_AGAIN_S))
    delivery.save(update_fields=["attempts", "lease", "due_at"])
