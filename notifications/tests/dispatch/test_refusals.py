"""What notify() does not accept, and that nothing at all is written then."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from notifications.dispatch import LONGEST_TITLE, notify
from notifications.events import Action, Audience, Refused, Related, Subject

from ..crowd import event_to, everything_written, make_person

NOBODY = 2_000_000_000
BEYOND_64_BITS = 2**70
PAST = timezone.now() - timedelta(minutes=1)

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("notification_type", {"kind": "no_such_kind"}),
    ("to.users", {"audience": Audience(users=[NOBODY])}),
    ("to.users", {"audience": Audience(users=[BEYOND_64_BITS])}),
    ("to.users", {"audience": Audience(users=range(1, 1002))}),
    ("to.exclude", {"audience": Audience(everyone=True, exclude=[NOBODY])}),
    ("to.exclude", {"audience": Audience(everyone=True, exclude=[-BEYOND_64_BITS])}),
    ("to.roles", {"audience": Audience(roles=["no such role"])}),
    ("to.rooms", {"audience": Audience(rooms=["no_such_room"])}),
    ("to.related.room", {"audience": Audience(related=Related("no_such_room", ["assignee"]))}),
    ("to.namespace", {"audience": Audience(namespace="/elsewhere")}),
    ("to.namespace", {"namespace": "/elsewhere"}),
    ("to.namespace", {"audience": Audience(namespace="/"), "namespace": "/admin"}),
    ("sender", {"actor_id": NOBODY}),
    ("sender", {"actor_id": BEYOND_64_BITS}),
    ("message", {"message": None}),
    ("message", {"message": ""}),
    ("message", {"message": " \n\t"}),
    ("message", {"message": "a NUL \x00 which Postgres cannot store"}),
    ("message", {"message": "half a pair \ud83d"}),
    ("title", {"title": "x" * (LONGEST_TITLE + 1)}),
    ("priority", {"priority": "extreme"}),
    ("category", {"category": "gossip"}),
    ("scheduled_for", {"scheduled_for": PAST}),
    ("expires_at", {"expires_at": PAST}),
    ("context.ticket.title", {"kind": "ticket_opened", "context": {"ticket": {}}}),
    ("context.ticket.title", {"kind": "ticket_opened", "context": {"ticket": "five"}}),
    ("context", {"context": {"made": object()}}),
    ("data", {"data": {"made": object()}}),
    ("data", {"data": {"count": BEYOND_64_BITS}}),
    ("data", {"data": {"text": "half a pair \ud83d"}}),
    ("data", {"data": {"text": "NUL \x00"}}),
    ("source", {"source": "x" * 65}),
    ("thread", {"thread": "x" * 129}),
    ("link", {"link": "/" * 501}),
    ("image", {"image": "/" * 501}),
    ("subject", {"subject": Subject("x" * 65, "5")}),
    ("subject", {"subject": Subject("ticket", "5" * 65)}),
    ("tags", {"tags": ["half a pair \ud83d"]}),
    ("actions", {"actions": [Action("yes", "NUL \x00")]}),
]


@pytest.mark.parametrize(("field", "wrong"), REFUSED, ids=[f"{field}-{i}" for i, (field, _) in enumerate(REFUSED)])
def test_what_is_wrong_is_refused_by_its_name_and_nothing_is_written(
    person: User, field: str, wrong: dict[str, Any]
) -> None:
    before = everything_written()
    with pytest.raises(Refused) as refused, transaction.atomic():
        notify(event_to(person, **wrong))
    assert refused.value.field == field
    assert refused.value.message
    assert everything_written() == before


def test_a_refusal_leaves_the_callers_transaction_usable(person: User) -> None:
    with transaction.atomic():
        with pytest.raises(Refused):
            notify(event_to(person, kind="no_such_kind"))
        make_person()
    assert everything_written()["Event"] == 0


@pytest.mark.parametrize(
    "fine",
    [
        {"title": "x" * LONGEST_TITLE},
        {"source": "x" * 64, "thread": "x" * 128, "link": "/" * 500, "image": "/" * 500},
        {"subject": Subject("x" * 64, "5" * 64)},
        {"data": {"count": 2**63 - 1, "text": "🛗 “lift”", "nothing": None, "deep": [[[[{}]]]]}},
        {"context": {"self": 1, "words": "a word of its own"}},
        {"audience": Audience()},
        {"audience": Audience(namespace="/admin"), "namespace": "/admin"},
        {"scheduled_for": timezone.now() + timedelta(days=1), "expires_at": timezone.now() + timedelta(days=2)},
    ],
    ids=lambda fine: next(iter(fine)),
)
def test_what_is_just_inside_the_bounds_is_accepted(person: User, fine: dict[str, Any]) -> None:
    row = notify(event_to(person, **fine))
    row.refresh_from_db()
    assert row.title
