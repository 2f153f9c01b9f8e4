"""Digests: several deliveries of one kind to one person become one message.

The first one held opens the digest and is its lead; those that come before its window ends are carried by it. When
it is due the lead is attempted with all of them in its message, and whatever becomes of it becomes of them, in the
same transaction: so each is in one digest at most, whoever dies when. A lead that ends untried (its event was
cancelled) leaves its place to the next.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from ...database import database_now, is_one_of
from ...locks import hold_inboxes, transacting
from ...models import Delivery, Event, NotificationLog
from ...words import catalogue

LONGEST_KEY = 128
CHUNK = 500  # orphans


def key_of(event: Event) -> str:
    """What is gathered together: a kind, or those of a kind that say the same in the kind's `digest.key`."""
    kind = catalogue.find(event.kind)
    part: Any = event.context
    for name in (kind.digest_key or "").split(".") if kind and kind.digest_key else ():
        part = part.get(name, "") if isinstance(part, Mapping) else ""
    key = f"{event.kind}:{part if part is not event.context else ''}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 33]}#{sha256(key.encode()).hexdigest()[:32]}"


class Open:
    """The digests of these people that this event may still join. Their inboxes are locked, or nothing is written."""

    def __init__(self, event: Event, user_ids: Sequence[int], *, now: datetime) -> None:
        open_ = Delivery.objects.filter(
            is_one_of("recipient_id", user_ids),
            digest_key=key_of(event),
            state=Delivery.State.HELD,
            reason="digest",
            carried_by=None,
            lease=None,
            due_at__gt=now,
        )
        self._leads = {
            (user, channel): (pk, due_at)
            for pk, user, channel, due_at in open_.values_list("pk", "recipient_id", "channel", "due_at")
        }

    def lead(self, user_id: int, channel: str) -> int | None:
        return self._leads.get((user_id, channel), (None, None))[0]

    def due_at(self, user_id: int, channel: str) -> datetime | None:
        return self._leads.get((user_id, channel), (None, None))[1]


def carried_by(lead_ids: Sequence[int]) -> dict[int, list[Delivery]]:
    """{lead: what it tells besides itself}, oldest first, with their notifications and events."""
    if not lead_ids:  # most attempts lead none, and the query is a large one to build
        return {}
    found = Delivery.objects.filter(carried_by__in=lead_ids, state=Delivery.State.HELD)
    carried: dict[int, list[Delivery]] = {}
    for one in found.select_related("notification", "event").order_by("pk"):
        assert one.carried_by_id is not None
        carried.setdefault(one.carried_by_id, []).append(one)
    return carried


def settle_carried(leads: Sequence[Delivery], *, now: datetime) -> None:
    """What these leads have come to, the ones they carried have come to. Written in the leads' own transaction."""
    for lead in leads:
        told = Delivery.objects.filter(carried_by=lead.pk, state=Delivery.State.HELD)
        if lead.state == Delivery.State.SENT:
            NotificationLog.objects.filter(deliveries__in=told, sent_at=None).update(sent_at=now)
        told.update(state=lead.state, outcome=lead.outcome, reason=lead.reason, settled_at=now)


def hand_over(lead_ids: Sequence[int], *, now: datetime) -> int:
    """These ended without having been tried: the next of those they carried takes their place; how many did."""
    if not lead_ids:
        return 0
    count = 0
    for others in carried_by(lead_ids).values():
        heir, rest = others[0], others[1:]
        Delivery.objects.filter(pk=heir.pk).update(carried_by=None, due_at=now)
        Delivery.objects.filter(pk__in=[one.pk for one in rest]).update(carried_by=heir.pk)
        count += 1
    return count


def rescue() -> int:
    """Digests whose lead was closed by the way (its event was cancelled): the next takes its place; how many."""
    waiting = Delivery.objects.filter(state=Delivery.State.HELD, carried_by__isnull=False).exclude(digest_key="")
    orphans = waiting.exclude(carried_by__state__in=[Delivery.State.WAITING, Delivery.State.HELD])
    found = set(orphans.values_list("recipient_id", "carried_by_id")[:CHUNK])
    return _rescue(sorted({user for user, _ in found if user}), [lead for _, lead in found if lead]) if found else 0


@transacting
def _rescue(user_ids: Sequence[int], lead_ids: Sequence[int]) -> int:
    hold_inboxes(user_ids)
    return hand_over(lead_ids, now=database_now())
