"""Who did what: one entry for an act, found by each of the rows that it covers."""

import pytest
from django.contrib.auth.models import User

from notifications import audit, inbox
from notifications.events import Audience
from notifications.models import AuditEntry, NotificationLog

from ..crowd import make_person, rows_of
from .sealed import unguarded

pytestmark = pytest.mark.django_db


def actions_about(thing: object) -> list[str]:
    return list(AuditEntry.objects.filter(audit.about(str(thing))).order_by("pk").values_list("action", flat=True))


def test_an_entry_names_people_and_things_by_value(person: User) -> None:
    audit.record("x.done", "thing", 5, actor=(person.pk, "ada"), target_user_id=7, ids=(3, 9), count=2)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.entity_type, entry.entity_id) == ("x.done", "thing", "5")
    assert (entry.actor_id, entry.actor_name, entry.target_user_id) == (person.pk, "ada", 7)
    assert (entry.first_id, entry.last_id) == (3, 9)
    assert entry.metadata == {"count": 2, "first_id": 3, "last_id": 9}
    assert entry.at is not None


def test_a_row_finds_all_that_became_of_it_and_nothing_of_others(person: User, notify_to) -> None:
    other = make_person()
    event = notify_to(person, other)
    notify_to(person, other)
    mine, later = rows_of(person)
    inbox.acknowledge(person.pk, up_to_seq=1)
    inbox.mark_as_read(person.pk, [mine.pk])
    inbox.archive(person.pk, [later.pk])
    inbox.mark_all_as_read(other.pk)
    inbox.mark_seen(other.pk, up_to_seq=1)
    assert actions_about(mine.pk) == ["notification.created", "notification.delivered", "notification.read"]
    assert actions_about(later.pk) == ["notification.created", "notification.archived"]
    first, second = rows_of(other)
    assert actions_about(first.pk) == ["notification.created", "notification.read", "notification.seen"]
    assert actions_about(second.pk) == ["notification.created", "notification.read"]
    assert actions_about(event.pk) == ["event.created", "notification.created"]


def test_an_act_on_rows_of_the_same_span_but_another_event_is_not_about_it(notify_to) -> None:
    one, two = make_person("crew"), make_person()
    notify_to(one)
    event = notify_to(audience=Audience(roles=["crew"], users=[two.pk]))
    entry = AuditEntry.objects.filter(action="notification.created").last()
    assert entry is not None
    with unguarded():
        AuditEntry.objects.filter(pk=entry.pk).update(first_id=0, last_id=2**40)  # as if its rows lay far apart
    [first, *_] = rows_of(one)
    assert actions_about(first.pk) == ["notification.created"]
    assert actions_about(event.pk) == ["event.created", "notification.created"]


@pytest.mark.parametrize("strange", ["", "0", "-1", "²", "9" * 30, "x" * 300, "'; --"])
def test_what_is_nothings_name_finds_nothing(person: User, notify_to, strange: str) -> None:
    notify_to(person)
    assert actions_about(strange) == []


def test_entries_outlive_what_they_are_about(person: User, notify_to) -> None:
    notify_to(person)
    count = AuditEntry.objects.count()
    NotificationLog.objects.all().delete()
    assert AuditEntry.objects.count() == count
