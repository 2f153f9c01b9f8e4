"""What was decided for an event, channel by channel, and what became of it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet

from ...events import Channel
from ...models import Delivery, Event, Live, NotificationLog, Outcome


def counts(event: Event, *, most: int | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Two queries, however many recipients. `send`, `hold`, `skip`: decisions; the others: states.

    With `most`, only so many recipients are counted: the first by id.
    """
    rows = NotificationLog.objects.filter(event_id=event.pk)
    deliveries = Delivery.objects.filter(event_id=event.pk)
    recipients = event.recipients
    if most is not None and recipients > most:
        first = rows.order_by("recipient_id")[:most].values("pk")
        rows, recipients = NotificationLog.objects.filter(pk__in=first), most
        deliveries = Delivery.objects.filter(notification_id__in=first)
    outward: dict[str, dict[str, Any]] = {}
    for channel, reason in event.decided.items():  # for everybody alike
        outward[channel] = {**_nothing(), "skip": {reason: recipients}}
    found = deliveries.values("channel", "outcome", "reason", "state")
    for group in found.annotate(n=Count("id")).order_by():
        _add(outward.setdefault(group["channel"], _nothing()), group)
    return {**_inside(rows), **outward}


def _nothing() -> dict[str, Any]:
    return {"send": 0, "hold": 0, "skip": {}, "sent": 0, "failed": 0}


def _add(total: dict[str, Any], group: Mapping[str, Any]) -> None:
    outcome, reason, state, n = group["outcome"], group["reason"], group["state"], group["n"]
    if outcome == Outcome.SKIP:
        total["skip"][reason] = total["skip"].get(reason, 0) + n
    else:
        total[outcome] += n
    if state != Delivery.State.SKIPPED:
        total[state] = total.get(state, 0) + n


def _inside(rows: QuerySet[NotificationLog]) -> Mapping[str, Mapping[str, Any]]:
    pushed = Q(live=Live.SEND)
    found = rows.aggregate(
        rows=Count("id"),
        pushed=Count("id", filter=pushed),
        sent=Count("id", filter=pushed & Q(sent_at__isnull=False)),
        delivered=Count("id", filter=pushed & Q(delivered_at__isnull=False)),
        read=Count("id", filter=Q(is_read=True)),
    )
    inbox = {"send": found["rows"], "sent": found["rows"], "delivered": found["rows"], "read": found["read"]}
    live = {"send": found["pushed"], "sent": found["sent"], "delivered": found["delivered"], "read": found["read"]}
    return {Channel.INBOX.value: {**_nothing(), **inbox}, Channel.WEBSOCKET.value: {**_nothing(), **live}}
