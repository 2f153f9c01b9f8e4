"""Staff order another round of attempts for what has failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F

from .. import audit
from ..audit import Actor
from ..database import database_now
from ..locks import lock_inboxes, transacting
from ..models import Delivery
from . import queue

RETRIABLE = (Delivery.State.FAILED, Delivery.State.UNKNOWN)
CHUNK = 500  # deliveries


def order(ids: Sequence[int] | None = None, *, actor: Actor, asked: Mapping[str, Any], **which: object) -> int:
    """`retry` for a member of the staff; what they asked for is in the audit, in their words."""
    count = retry(ids, **which)
    audit.record("staff.retry", "delivery", actor=actor, count=count, asked=asked)
    return count


def retry(ids: Sequence[int] | None = None, **which: object) -> int:
    """How many were put back: these notifications' (None: everybody's), narrowed by conditions on Delivery."""
    dead = Delivery.objects.filter(state__in=RETRIABLE, **which)
    if ids is not None:
        dead = dead.filter(notification_id__in=ids)
    count, last = 0, 0
    while chunk := list(dead.filter(pk__gt=last).order_by("pk").values_list("pk", "recipient_id")[:CHUNK]):
        count += _retry_chunk([pk for pk, _ in chunk], sorted({user for _, user in chunk if user is not None}))
        last = chunk[-1][0]
    if count:
        queue.look_now()
    return count


@transacting
def _retry_chunk(ids: Sequence[int], user_ids: Sequence[int]) -> int:
    lock_inboxes(user_ids)
    return Delivery.objects.filter(pk__in=ids, state__in=RETRIABLE).update(
        state=Delivery.State.WAITING,
        outcome="send",
        reason="requested",
        forgiven=F("attempts"),
        digest_key="",  # what was told in a digest goes alone
        carried_by=None,
        due_at=database_now(),
        lease=None,
        settled_at=None,
    )
