"""The audit's seal, as periodic work: batch by batch, and the last hash to people who keep it elsewhere."""

from django.conf import settings

from ..audit import sealing
from ..dispatch import notify
from ..events import Audience, Event

SEALED_EVERY_S = 5.0  # docs/protocol.md promises 10
TOLD_EVERY_S = 86_400.0
KIND = "audit_head"


def seal(position: int) -> tuple[int, int | None]:
    """One batch; the next at once when there may be more."""
    sealed = sealing.seal_next()
    return sealed, position + 1 if sealed == sealing.BATCH else None


def tell_head(position: int) -> tuple[int, None]:
    """The last hash, as a notification to everybody with the role in AUDIT_HEAD_ROLE: by e-mail, and to webhooks."""
    head = sealing.head()
    context = {"number": head.number, "hash": head.hash}
    notify(
        Event(
            kind=KIND,
            audience=Audience(roles=[settings.AUDIT_HEAD_ROLE]),
            context=context,
            data=context,
            source="audit",
        )
    )
    return 1, None


def head_is_wanted() -> bool:
    return bool(settings.AUDIT_HEAD_ROLE) and sealing.head().number > 0
