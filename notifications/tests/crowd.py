"""The people of the engine's tests, what is sent to them, and what must be true of their inboxes whatever happened."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.utils import timezone

from notifications.dispatch import notify
from notifications.events import Audience, Event
from notifications.models import Event as EventRow
from notifications.models import Inbox, Live, Member, NotificationLog, Room


def make_person(*roles: str, **fields: Any) -> User:
    person = User.objects.create(username=f"person-{uuid.uuid4().hex[:12]}", **fields)
    for role in roles:
        person.groups.add(Group.objects.get_or_create(name=role)[0])
    return person


def make_crowd(size: int, *roles: str) -> list[int]:
    """The ids of that many people, ascending."""
    batch = uuid.uuid4().hex[:12]
    people = User.objects.bulk_create(User(username=f"crowd-{batch}-{i}") for i in range(size))
    for role in roles:
        group = Group.objects.get_or_create(name=role)[0]
        User.groups.through.objects.bulk_create(
            User.groups.through(user_id=person.pk, group_id=group.pk) for person in people
        )
    return sorted(person.pk for person in people)


def make_room(name: str, *people: User | int, role: str = "", is_open: bool = False) -> Room:
    """A room with these people in it, or the room of that name with them added."""
    now = timezone.now()
    room, _ = Room.objects.get_or_create(name=name, defaults={"is_open": is_open, "created_at": now})
    ids = [person if isinstance(person, int) else person.pk for person in people]
    Member.objects.bulk_create(Member(room=room, user_id=user, role=role, joined_at=now) for user in ids)
    return room


def event_to(*people: User | int, **fields: Any) -> Event:
    """An event of the plainest kind, to these people unless `audience` says otherwise."""
    ids = [person if isinstance(person, int) else person.pk for person in people]
    return Event(**{"kind": "general", "message": "The lift is back.", "audience": Audience(users=ids), **fields})


def send(*people: User | int, **fields: Any) -> EventRow:
    """notify(), and the row as it is once everything due on commit has run."""
    row = notify(event_to(*people, **fields))
    row.refresh_from_db()
    return row


def rows_of(person: User | int) -> list[NotificationLog]:
    user_id = person if isinstance(person, int) else person.pk
    return list(NotificationLog.objects.filter(recipient_id=user_id).select_related("event").order_by("seq"))


def everything_written() -> dict[str, int]:
    """How many rows each table of the engine holds."""
    return {model.__name__: model._base_manager.count() for model in apps.get_app_config("notifications").get_models()}


def assert_true_inboxes(users: Sequence[int]) -> None:
    """What an inbox says of its rows is so: counters, the order of seq without holes, floors."""
    inboxes = Inbox.objects.in_bulk(users)
    for user in users:
        assert_true(inboxes.get(user, Inbox(user_id=user)), rows_of(user))


def assert_true(inbox: Inbox, rows: Sequence[NotificationLog]) -> None:
    assert [row.seq for row in rows] == list(range(1, inbox.last_seq + 1))
    listed = [row for row in rows if is_listed(row)]
    assert inbox.listed_count == len(listed)
    assert inbox.unread_count == sum(not row.is_read for row in listed)
    assert not [row for row in listed if not row.is_read and row.seq <= inbox.read_floor]
    assert not [row for row in rows if row.seen_at is None and not row.deleted_at and row.seq <= inbox.seen_floor]
    assert not [row for row in rows if waits_for_delivery(row) and row.seq <= inbox.delivered_floor]


def is_listed(row: NotificationLog) -> bool:
    """Written out again, so that it can disagree with the engine's own."""
    return row.archived_at is None and row.deleted_at is None and row.snoozed_until is None and row.withdrawn == ""


def waits_for_delivery(row: NotificationLog) -> bool:
    return row.live == Live.SEND and row.delivered_at is None and not row.is_read and is_listed(row)
