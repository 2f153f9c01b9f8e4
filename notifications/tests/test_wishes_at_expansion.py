"""What a person wants shows in their rows: language, silence, what is not pushed, and what a newer one replaces."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import inbox
from notifications.database import database_now
from notifications.events import Audience
from notifications.insight import ledger
from notifications.live import resume
from notifications.live.resume import Question
from notifications.live.rings import ChangeRing, NewRing
from notifications.models import Event, Inbox, Preference
from notifications.workers.loop import sweep

from .conftest import Listener
from .crowd import assert_true_inboxes, make_crowd, make_person, rows_of, send

pytestmark = pytest.mark.django_db(transaction=True)


def wish(person: User, **said: object) -> Preference:
    return Preference.objects.create(user=person, updated_at=timezone.now(), **said)


def asleep(person: User) -> Preference:
    """Whose quiet hours reign now."""
    now = database_now()
    return wish(person, quiet_start=(now - timedelta(hours=1)).time(), quiet_end=(now + timedelta(hours=1)).time())


def progress(*people: User, percent: int, task: str = "7", **fields: object) -> Event:
    context = {"task_title": "Captions", "progress": percent, "task_id": task}
    return send(*people, kind="progress_update", context=context, message=None, thread=f"task:{task}", **fields)


def test_muted_kinds_are_listed_and_not_pushed(listener: Listener) -> None:
    person = make_person()
    wish(person, muted_types=["general"])
    send(person)
    [row] = rows_of(person)
    assert (row.live, row.live_reason) == ("skip", "muted")
    [ring] = [ring for ring in listener.heard() if isinstance(ring, NewRing)]
    assert ring.tail is None, "it moves the cursor, and carries nothing"
    assert resume.read([Question(person.pk, 0, None)])[0].rows == []
    assert Inbox.objects.get(pk=person.pk).unread_count == 1


def test_in_quiet_hours_the_open_page_gets_it_silently(listener: Listener) -> None:
    person, awake = make_person(), make_person()
    asleep(person)
    send(person, awake)
    told = {ring.heads[0].user_id: ring.tail or b"" for ring in listener.heard() if isinstance(ring, NewRing)}
    assert b'"silent":true' in told[person.pk]
    assert b'"silent":false' in told[awake.pk]
    assert b'"silent":true' in resume.read([Question(person.pk, 0, None)])[0].rows[0].body


def test_what_is_critical_is_never_silent() -> None:
    person = make_person()
    asleep(person)
    send(person, priority="critical")
    assert b'"silent":false' in resume.read([Question(person.pk, 0, None)])[0].rows[0].body


def test_each_reads_it_in_the_nearest_language_there_is() -> None:
    german, english, french = make_person(), make_person(), make_person()
    wish(german, locale="de-AT")
    wish(french, locale="fr")
    event = send(
        german, english, french, kind="progress_update", message=None, context={"progress": 5, "task_title": "X"}
    )
    assert "de" in event.words
    shown = {
        person.pk: resume.read([Question(person.pk, 0, None)])[0].rows[0].body for person in (german, english, french)
    }
    assert b"zu 5 % erledigt" in shown[german.pk]
    assert b"is 5 % done" in shown[english.pk]
    assert b"is 5 % done" in shown[french.pk]


def test_progress_replaces_the_one_before_in_the_inbox(listener: Listener) -> None:
    person = make_person()
    for percent in (10, 20, 30):
        progress(person, percent=percent)
    first, second, third = rows_of(person)
    assert [row.withdrawn for row in (first, second, third)] == ["replaced", "replaced", ""]
    assert (second.replaces, third.replaces) == (first.pk, second.pk)
    assert_true_inboxes([person.pk])
    assert Inbox.objects.get(pk=person.pk).unread_count == 1
    removed = [frame for ring in listener.heard() if isinstance(ring, ChangeRing) for frame in ring.frames]
    assert removed == [("notification_removed", {"ids": [row.pk]}) for row in (first, second)]
    assert list(ledger.check()) == []


def test_other_threads_and_other_people_keep_theirs() -> None:
    person, other = make_person(), make_person()
    progress(person, other, percent=10)
    progress(person, percent=10, task="8")
    progress(person, percent=20)
    assert [row.withdrawn for row in rows_of(person)] == ["replaced", "", ""]
    assert [row.withdrawn for row in rows_of(other)] == [""]


def test_what_was_read_or_archived_is_replaced_too_and_counted_once() -> None:
    person = make_person()
    progress(person, percent=10)
    inbox.mark_as_read(person.pk, [rows_of(person)[0].pk])
    progress(person, percent=20)
    inbox.archive(person.pk, [rows_of(person)[1].pk])
    progress(person, percent=30)
    assert_true_inboxes([person.pk])
    assert [row.withdrawn for row in rows_of(person)] == ["replaced", "replaced", ""]


def test_without_a_thread_nothing_is_replaced() -> None:
    person = make_person()
    for percent in (10, 20):
        send(person, kind="progress_update", context={"progress": percent, "task_title": "X"}, message=None)
    assert [row.withdrawn for row in rows_of(person)] == ["", ""]


def test_a_large_audience_heeds_everybodys_wishes() -> None:
    people = make_crowd(250, "crowd")
    deaf = User.objects.get(pk=people[100])
    wish(deaf, min_priority=3)
    event = send(audience=Audience(roles=["crowd"]), priority="normal")
    while sweep():
        pass
    skipped = list(event.rows.filter(live="skip").values_list("recipient_id", "live_reason"))
    assert skipped == [(deaf.pk, "below_min_priority")]
    assert_true_inboxes(people[95:105])
