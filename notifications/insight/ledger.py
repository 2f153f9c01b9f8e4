"""The ledger: facts that were written independently of each other must agree, at any moment (docs/requirements.md I3).

Each check is one statement per batch, so that it sees one moment; each finding names the event, person or delivery.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, Max, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ..inbox.withdrawing import OPEN
from ..models import Attempt, Delivery, Event, Inbox, NotificationLog
from ..wire import STATUS

BATCH = 2_000  # events or people
DELIVERIES = 20_000


@dataclass(frozen=True)
class Finding:
    """What does not add up, and where."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def check(event_id: uuid.UUID | None = None) -> Iterator[Finding]:
    """Everything, or one event with its rows and deliveries."""
    events, deliveries = Event.objects.all(), Delivery.objects.all()
    if event_id:
        events, deliveries = events.filter(pk=event_id), deliveries.filter(event_id=event_id)
    for batch in _batches(events, BATCH):
        yield from _check_recipients(batch)
        yield from _check_statuses(batch)
    for several in _batches(deliveries, DELIVERIES):
        yield from _check_deliveries(several)
    if event_id is None:
        yield from _check_people()


def _batches(rows: QuerySet[Any], size: int) -> Iterator[QuerySet[Any]]:
    """Ranges of the primary key, in order."""
    last = None
    while True:
        beyond = rows.filter(pk__gt=last) if last is not None else rows
        keys = list(beyond.order_by("pk").values_list("pk", flat=True)[:size])
        if not keys:
            return
        yield rows.filter(pk__gte=keys[0], pk__lte=keys[-1])
        last = keys[-1]


def _counted(rows: QuerySet[Any], by: str, value: Any) -> Coalesce:
    """An aggregate over the rows that belong to one, as part of the statement that reads the one."""
    grouped = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(value=value)
    return Coalesce(Subquery(grouped.values("value")), 0, output_field=IntegerField())


# --- events -----------------------------------------------------------------
def _check_recipients(events: QuerySet[Event]) -> Iterator[Finding]:
    """Everybody who was counted has a row, or had one that was pruned."""
    counted = events.annotate(rows_now=_counted(NotificationLog.objects.all(), "event_id", Count("pk")))
    wrong = counted.exclude(recipients=F("rows_now") + F("pruned"))
    for pk, said, there, pruned in wrong.values_list("pk", "recipients", "rows_now", "pruned"):
        yield Finding(f"event {pk}", f"{said} recipients, but {there} rows and {pruned} pruned")


def _check_statuses(events: QuerySet[Event]) -> Iterator[Finding]:
    """Each row is in exactly one of the seven states."""
    of_these = NotificationLog.objects.filter(event__in=events.values("pk")).order_by().values("event_id")
    by_status = {f"in_{name}": Count("pk", filter=which) for name, which in STATUS.items()}
    counted: QuerySet[Any, Any] = of_these.annotate(rows=Count("pk"), **by_status)
    for one in counted:
        states = {name: one[f"in_{name}"] for name in STATUS if one[f"in_{name}"]}
        if sum(states.values()) != one["rows"]:
            said = ", ".join(f"{name} {n}" for name, n in states.items())
            yield Finding(f"event {one['event_id']}", f"{one['rows']} rows, but by status: {said or 'none'}")


# --- people -----------------------------------------------------------------
def _check_people() -> Iterator[Finding]:
    for batch in _batches(Inbox.objects.all(), BATCH):
        yield from _check_inboxes(batch)
    lost = NotificationLog.objects.filter(~Exists(Inbox.objects.filter(pk=OuterRef("recipient_id"))))
    for user_id in lost.order_by().values_list("recipient_id", flat=True).distinct():
        yield Finding(f"person {user_id}", "has rows, but no inbox")


def _check_inboxes(inboxes: QuerySet[Inbox]) -> Iterator[Finding]:
    rows, mine = NotificationLog.objects.all(), "recipient_id"
    counted = inboxes.annotate(
        highest=_counted(rows, mine, Max("seq")),
        alike=_counted(rows, mine, Count("seq") - Count("seq", distinct=True)),
        listed_now=_counted(rows.listed(), mine, Count("pk")),
        unread_now=_counted(rows.listed().filter(is_read=False), mine, Count("pk")),
    )
    is_right = Q(listed_now=F("listed_count"), unread_now=F("unread_count"), alike=0, highest__lte=F("last_seq"))
    for inbox in counted.exclude(is_right):
        yield from _name(inbox)


def _name(inbox: Any) -> Iterator[Finding]:
    where = f"person {inbox.user_id}"
    if inbox.listed_now != inbox.listed_count:
        yield Finding(where, f"listed_count {inbox.listed_count}, but {inbox.listed_now} listed rows")
    if inbox.unread_now != inbox.unread_count:
        yield Finding(where, f"unread_count {inbox.unread_count}, but {inbox.unread_now} unread rows")
    if inbox.highest > inbox.last_seq:
        yield Finding(where, f"last_seq {inbox.last_seq}, but a row with seq {inbox.highest}")
    if inbox.alike:
        yield Finding(where, f"{inbox.alike} rows share their seq with another")


# --- deliveries -------------------------------------------------------------
def _check_deliveries(deliveries: QuerySet[Delivery]) -> Iterator[Finding]:
    tries = Attempt.objects.filter(delivery=OuterRef("pk"))
    accepted = Exists(tries.filter(outcome=Attempt.Outcome.SENT))
    with_its_lead = Exists(
        Attempt.objects.filter(delivery=OuterRef("carried_by"), outcome=Attempt.Outcome.SENT)  # told in its digest
    )
    there = Exists(NotificationLog.objects.filter(pk=OuterRef("notification_id")))
    started = _counted(Attempt.objects.all(), "delivery_id", Count("pk"))
    wrongs: list[tuple[str, QuerySet[Delivery]]] = [
        ("its state is none of the eight", deliveries.exclude(state__in=Delivery.State.values)),
        ("sent, but no attempt was accepted", deliveries.filter(~accepted, ~with_its_lead, state=Delivery.State.SENT)),
        ("settled and leased", deliveries.filter(settled_at__isnull=False, lease__isnull=False)),
        ("open, but settled", deliveries.filter(OPEN, settled_at__isnull=False)),
        ("over, but never settled", deliveries.exclude(OPEN).filter(settled_at=None)),
        ("waits for a digest that is over", deliveries.filter(OPEN, due_at=None, carried_by__settled_at__isnull=False)),
        ("its notification is gone", deliveries.filter(~there, notification__isnull=False)),
        ("attempts are not as many as it says", deliveries.annotate(n=started).exclude(attempts=F("n"))),
    ]
    for what, wrong in wrongs:
        for pk, event_id, user_id in wrong.order_by("pk").values_list("pk", "event_id", "recipient_id"):
            whose = f" for person {user_id}" if user_id else ""
            yield Finding(f"delivery {pk} of event {event_id}{whose}", what)


def totals(event_id: uuid.UUID | None = None) -> dict[str, int]:
    """How much there was to check."""
    models: tuple[type[Model], ...] = (NotificationLog, Delivery)
    rows = [model._default_manager.filter(**({"event_id": event_id} if event_id else {})).count() for model in models]
    return {"events": 1 if event_id else Event.objects.count(), "rows": rows[0], "deliveries": rows[1]}
