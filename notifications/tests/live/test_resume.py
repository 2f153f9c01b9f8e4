"""Reading what was missed: the right rows for each question, and few queries for many of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import inbox
from notifications.database import database_now
from notifications.events import ADMIN, Audience
from notifications.live import resume
from notifications.live.resume import MOST_ROWS, SMALL_GAP, Backlog, Question
from notifications.models import Event, Inbox, NotificationLog

from .. import crowd

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(transactional_db: None) -> User:
    return crowd.make_person()


def read(user: User, after: int | None = 0, namespace: str | None = None) -> Backlog:
    return resume.read([Question(user.pk, after, namespace)])[0]


def seqs(backlog: Backlog) -> list[int]:
    return [row.seq for row in backlog.rows]


def many(user: User, count: int) -> None:
    """Rows as the engine writes them, in one statement."""
    made_at = database_now()
    about = Event(kind="general", category="info", priority="normal", title="Lift", message="Up.", state="done")
    events = [
        Event(**{**_fields(about), "audience": {"users": [user.pk]}, "created_at": made_at}) for _ in range(count)
    ]
    Event.objects.bulk_create(events)
    NotificationLog.objects.bulk_create(
        NotificationLog(
            event=event,
            recipient=user,
            seq=seq,
            kind="general",
            priority=1,
            reason="x",
            created_at=made_at,
            updated_at=made_at,
        )
        for seq, event in enumerate(events, start=1)
    )
    Inbox.objects.update_or_create(
        user=user, defaults={"last_seq": count, "unread_count": count, "listed_count": count, "rev": count}
    )


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("kind", "category", "priority", "title", "message", "state")}


def test_a_person_without_an_inbox_has_nothing_and_a_cursor_is_beyond_it() -> None:
    user = crowd.make_person()
    assert read(user, None) == Backlog()
    assert read(user, 0) == Backlog()
    assert read(user, 5).too_far


def test_what_comes_after_the_cursor_oldest_first(person: User) -> None:
    for _ in range(4):
        crowd.send(person)
    answer = read(person, 2)
    assert (seqs(answer), answer.head, answer.start, answer.unread_count, answer.rev) == ([3, 4], 4, 2, 4, 4)
    assert not answer.too_far
    assert read(person, 4).rows == []
    assert read(person, 5).too_far


def test_a_row_is_framed_as_rest_shows_it(person: User) -> None:
    crowd.send(person, message="Grüße", data={"n": [1]}, tags=["a"])
    (row,) = read(person).rows
    body = orjson.loads(b"{" + row.body)
    assert (row.id, row.seq, row.name) == (crowd.rows_of(person)[0].pk, 1, "notification")
    assert (body["message"], body["data"], body["tags"], body["status"]) == ("Grüße", {"n": [1]}, ["a"], "pending")
    assert not {"id", "seq"} & body.keys()


def test_a_broadcast_to_everyone_has_a_name_of_its_own(person: User) -> None:
    crowd.send(audience=Audience(everyone=True))
    assert [row.name for row in read(person).rows] == ["system_notification"]


def test_without_a_cursor_it_is_what_was_neither_delivered_nor_read(person: User) -> None:
    for _ in range(6):
        crowd.send(person)
    first, second, third, fourth, *_ = (row.pk for row in crowd.rows_of(person))
    inbox.acknowledge(person.pk, up_to_seq=1)
    inbox.acknowledge(person.pk, ids=[second])
    inbox.mark_as_read(person.pk, [third])
    inbox.archive(person.pk, [fourth])
    answer = read(person, None)
    assert (answer.start, answer.delivered_floor, seqs(answer)) == (1, 1, [5, 6])
    assert seqs(read(person, 0)) == [1, 2, 3, 4, 5, 6]
    assert first != second


@pytest.mark.parametrize("after", [0, None])
def test_rows_that_are_shown_to_nobody_are_in_no_backlog(person: User, after: int | None) -> None:
    for _ in range(7):
        crowd.send(person)
    deleted, *others = crowd.rows_of(person)
    inbox.delete(person.pk, [deleted.pk])
    for row, hidden in zip(others, _HIDDEN, strict=False):
        NotificationLog.objects.filter(pk=row.pk).update(**hidden)
    Event.objects.filter(pk=others[4].event_id).update(expires_at=database_now() - timedelta(seconds=1))
    answer = read(person, after)
    assert (seqs(answer), answer.head) == ([7], 7)


_HIDDEN: list[dict[str, Any]] = [
    {"live": "skip"},
    {"withdrawn": "cancelled"},
    {"withdrawn": "replaced"},
    {"snoozed_until": datetime(2099, 1, 1, tzinfo=UTC)},
]


def test_one_namespace_leaves_the_others_out_and_covers_them(person: User) -> None:
    person.is_staff = True
    person.save()
    for namespace in ("/", ADMIN, "/", ADMIN):
        crowd.send(person, namespace=namespace)
    crowd.send(person)
    answer = read(person, 1, ADMIN)
    assert (seqs(answer), answer.head) == ([2, 4], 5)
    assert seqs(read(person, 1)) == [2, 3, 4, 5]
    assert seqs(read(person, None, "/")) == [1, 3, 5]


def test_people_never_get_each_others_rows() -> None:
    one, two = crowd.make_person(), crowd.make_person()
    crowd.send(one)
    crowd.send(one, two)
    crowd.send(two)
    answers = resume.read([Question(two.pk, 0, None), Question(one.pk, 1, None), Question(two.pk, 1, None)])
    assert [seqs(answer) for answer in answers] == [[1, 2], [2], [2]]
    ids = {row.pk for row in crowd.rows_of(two)}
    assert {row.id for row in answers[0].rows} == ids


def test_two_questions_of_one_person_each_get_their_own(person: User) -> None:
    for _ in range(3):
        crowd.send(person)
    inbox.acknowledge(person.pk, ids=[crowd.rows_of(person)[1].pk])
    answers = resume.read(
        [Question(person.pk, None, None), Question(person.pk, 1, None), Question(person.pk, 0, ADMIN)]
    )
    assert [seqs(answer) for answer in answers] == [[1, 3], [2, 3], []]


@pytest.mark.parametrize("behind", [3, SMALL_GAP, SMALL_GAP + 1])
def test_small_and_large_gaps_give_the_same_answer(person: User, behind: int) -> None:
    many(person, SMALL_GAP + 5)
    head = SMALL_GAP + 5
    assert seqs(read(person, head - behind)) == list(range(head - behind + 1, head + 1))


def test_a_thousand_rows_are_answered_and_one_more_is_too_far(person: User) -> None:
    many(person, MOST_ROWS + 1)
    assert seqs(read(person, 1)) == list(range(2, MOST_ROWS + 2))
    too_far = read(person, 0)
    assert (too_far.too_far, too_far.rows, too_far.head) == (True, [], MOST_ROWS + 1)


def test_rows_that_would_not_be_shown_do_not_make_it_too_far(person: User) -> None:
    many(person, MOST_ROWS + 1)
    inbox.delete(person.pk, [crowd.rows_of(person)[5].pk])
    assert len(read(person, 0).rows) == MOST_ROWS


def queries_for(count: int) -> int:
    people = [crowd.make_person() for _ in range(count)]
    crowd.send(*people)
    crowd.send(*people)
    with CaptureQueriesContext(connection) as captured:
        answers = resume.read([Question(user.pk, n % 2 or None, None) for n, user in enumerate(people)])
    assert [len(answer.rows) for answer in answers] == [1 if n % 2 else 2 for n in range(count)]
    return len([query for query in captured if query["sql"].lstrip().startswith("SELECT") and "FROM" in query["sql"]])


def test_a_storm_of_questions_is_a_constant_number_of_queries() -> None:
    assert queries_for(100) == queries_for(2) == 3  # inboxes, rows, whose quiet hours reign
