"""What events say. Told to this person alone, they are blanked; told to others too, they no longer name the person.

That is the one exception to “content is never edited”.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from ..audit import Actor
from ..dispatch.cancelling import cancel
from ..inbox import NothingToStop
from ..locks import transacting
from ..models import Event, NotificationLog
from .names import ERASED, Names

AT_ONCE = 200  # events in one transaction
BLANK: dict[str, Any] = {
    **{column: {} for column in ("context", "words", "data")},
    **{column: [] for column in ("tags", "actions")},
    **dict.fromkeys(("thread", "link", "image", "room"), None),
    **dict.fromkeys(("message", "subject_kind", "subject_id"), ""),
    "title": ERASED,
    "search": ERASED,
}
SAID = (*BLANK, "actor_name", "source", "audience")
_TEXTS = ("search", "title", "message", "subject_id", "thread", "link", "image", "actor_name", "source", "room")
_JSON = ("context", "words", "data", "tags", "actions", "audience")


def erase(user_id: int, names: Names, *, actor: Actor | None) -> Counter[str]:
    """How many were blanked, and how many do not name the person any more."""
    done: Counter[str] = Counter()
    alone = list(_told_alone(user_id).values_list("pk", flat=True))
    for event_id in Event.objects.filter(pk__in=alone).exclude(state__in=["done", "cancelled"]):
        _stop(event_id.pk, actor)
    for ids in _chunks(alone):
        done["events blanked"] += _blank(ids)
    theirs = set(_sent_or_told(user_id).values_list("pk", flat=True))
    for ids in _chunks([*theirs, *set(_naming(names)).difference(theirs)]):
        done["events without the name"] += _unname(ids, names, user_id, theirs)
    return done


def _told_alone(user_id: int) -> QuerySet[Event]:
    """Nobody else has a row of these, or will have one; those whose row was pruned go by whom they addressed."""
    rows = NotificationLog.objects.filter(recipient_id=user_id).values("event_id")
    only_them = Q(pk__in=rows, recipients=1, state__in=[Event.State.DONE, Event.State.CANCELLED])
    nobody_else: dict[str, Any] = {"roles": [], "rooms": [], "related": None, "everyone": False, "namespace": None}
    addressed = Q(**{f"audience__{part}": said for part, said in {"users": [user_id], **nobody_else}.items()})
    return Event.objects.filter(only_them | addressed).exclude(title=ERASED, message="")


def _sent_or_told(user_id: int) -> QuerySet[Event]:
    rows = NotificationLog.objects.filter(recipient_id=user_id).values("event_id")
    return Event.objects.filter(Q(pk__in=rows) | Q(actor_id=user_id))


def _naming(names: Names) -> Iterator[uuid.UUID]:
    """Of all events those that name the person, whoever was told: every text is read, once."""
    if not names.own:
        return
    as_text = {f"{column}_text": Cast(column, TextField()) for column in _JSON}
    said = Q()
    for spelling in names.spellings:
        for column in (*_TEXTS, *as_text):
            said |= Q(**{f"{column}__icontains": spelling})
    yield from Event.objects.annotate(**as_text).filter(said).values_list("pk", flat=True)


def _stop(event_id: uuid.UUID, actor: Actor | None) -> None:
    with suppress(NothingToStop):
        cancel(event_id, actor=actor or (0, ""))


@transacting
def _blank(ids: Sequence[uuid.UUID]) -> int:
    return Event.objects.filter(pk__in=ids).update(**BLANK)


@transacting
def _unname(ids: Sequence[uuid.UUID], names: Names, user_id: int, theirs: set[uuid.UUID]) -> int:
    changed = 0
    for event in Event.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True):
        before = {column: getattr(event, column) for column in SAID}
        after = {c: names.removed_from(said, common_too=event.pk in theirs) for c, said in before.items()}
        if event.actor_id == user_id and event.actor_name:
            after["actor_name"] = ERASED
        if after != before:
            Event.objects.filter(pk=event.pk).update(**{c: _fitting(c, said) for c, said in after.items()})
            changed += 1
    return changed


def _fitting(column: str, said: Any) -> Any:
    """The word put in may be longer than the name was."""
    most = getattr(Event._meta.get_field(column), "max_length", None)
    return said[:most] if isinstance(said, str) and most else said


def _chunks(ids: Iterable[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    listed = sorted(ids)
    for at in range(0, len(listed), AT_ONCE):
        yield listed[at : at + AT_ONCE]
