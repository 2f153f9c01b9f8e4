"""The queries that run all the time walk the index that was made for them, as the database itself explains."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from notifications import inbox
from notifications.live.resume import Question, read
from notifications.models import Event, Inbox, NotificationLog
from notifications.workers.loop import (
    expand_open,
    release_scheduled,
    wake_snoozed,
    withdraw_cancelled,
    withdraw_expired,
)

from ..crowd import make_crowd, make_person

pytestmark = pytest.mark.django_db
MANY = 1_500  # rows a person; a gap of more than SMALL_GAP fits in
BY_SEQ = "seq_once_per_recipient" if connection.vendor == "postgresql" else "notificationlog_1 (recipient_id=?"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@contextmanager
def explained(plans: dict[str, str]) -> Iterator[None]:
    """Every SELECT and UPDATE meanwhile, with its plan: asked for just before it runs, with the same parameters."""

    def explain(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith(("SELECT", "UPDATE")) and not many:
            plans[sql] = plan(sql, params)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield


def plan(sql: str, params: Any) -> str:
    word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{word} {sql}", params)
        return "\n".join(str(line[-1]) for line in cursor.fetchall())


def plans_of(act: Callable[[], Any], table: str) -> list[str]:
    plans: dict[str, str] = {}
    with explained(plans):
        act()
    return [text for sql, text in plans.items() if f'"{table}"' in sql]


@pytest.fixture
def many_events() -> None:
    """A long past, as a database has it after a year."""
    past = [LONG_AGO + timedelta(seconds=i) for i in range(MANY)]
    Event.objects.bulk_create(
        Event(
            kind="general",
            category="info",
            priority="low",
            audience={},
            title="t",
            message="m",
            search="s",
            state=Event.State.DONE,
            expires_at=at if at.second < 30 else None,
            settled_at=at,
            created_at=at,
        )
        for at in past
    )
    analyze()


def analyze() -> None:
    if connection.vendor == "postgresql":  # SQLite is not analyzed in the field either
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL enable_seqscan = off")


@pytest.mark.parametrize(
    ("step", "index"),
    [
        (expand_open, "event_open"),
        (release_scheduled, "event_scheduled"),
        (withdraw_expired, "event_unsettled"),
        (withdraw_cancelled, "event_cancelled"),
    ],
    ids=["open", "scheduled", "unsettled", "cancelled"],
)
@pytest.mark.usefixtures("many_events")
def test_the_sweep_finds_what_is_due_by_its_own_small_index(step: Callable[[], bool], index: str) -> None:
    plans = plans_of(step, "notifications_event")
    assert plans
    for text in plans:
        assert index in text, text


@pytest.fixture
def full_inbox() -> User:
    """A person with many rows among others who have many too."""
    person = make_person()
    users = [person.pk, *make_crowd(3)]
    event = Event.objects.create(
        kind="general",
        category="info",
        priority="low",
        audience={},
        title="t",
        message="m",
        search="s",
        state="done",
        created_at=LONG_AGO,
    )
    for user in users:
        Inbox.objects.create(user_id=user, last_seq=MANY, unread_count=MANY, listed_count=MANY)
    events = [event] + [
        Event(**{f.attname: getattr(event, f.attname) for f in Event._meta.fields if f.name != "id"})
        for _ in range(MANY - 1)
    ]
    Event.objects.bulk_create(events[1:])
    NotificationLog.objects.bulk_create(
        NotificationLog(
            event=event,
            recipient_id=user,
            seq=seq,
            kind="general",
            priority=0,
            reason="r",
            created_at=LONG_AGO,
            updated_at=LONG_AGO,
        )
        for user in users
        for seq, event in enumerate(events, start=1)
    )
    analyze()
    return person


def test_list_pages_and_resume_walk_the_index_of_recipient_and_seq(full_inbox: User) -> None:
    person = full_inbox.pk
    mine = NotificationLog.objects.filter(recipient_id=person).select_related("event")
    walks: dict[str, Callable[[], Any]] = {
        "first page": lambda: list(mine.listed().order_by("-seq")[:20]),
        "before": lambda: list(mine.listed().filter(seq__lt=MANY // 2).order_by("-seq")[:20]),
        "after": lambda: list(mine.filter(seq__gt=MANY // 2).order_by("seq")[:20]),
        "resume, small gap": lambda: read([Question(person, MANY - 50, None)]),
        "resume, large gap": lambda: read([Question(person, MANY - 900, None)]),
        "backlog": lambda: read([Question(person, None, None)]),
        "seen": lambda: inbox.mark_seen(person, up_to_seq=10),
        "ack": lambda: inbox.acknowledge(person, up_to_seq=10),
        "counts": lambda: inbox.unread_counts(person),
        "mark all": lambda: inbox.mark_all_as_read(person, up_to_seq=10),
    }
    for name, walk in walks.items():
        plans = plans_of(walk, "notifications_notificationlog")
        assert plans, name
        assert [text for text in plans if BY_SEQ not in text] == [], name
    for page in ("first page", "before", "after"):
        [text] = plans_of(walks[page], "notifications_notificationlog")
        assert "TEMP B-TREE" not in text, text
        assert "Sort" not in text, text


def test_the_sweep_finds_what_comes_back_by_its_own_small_index(full_inbox: User) -> None:
    plans = plans_of(wake_snoozed, "notifications_notificationlog")
    assert plans
    assert [text for text in plans if "log_snoozed" not in text] == []


def test_several_devices_resume_in_as_many_queries_as_one(full_inbox: User) -> None:
    one = plans_of(lambda: read([Question(full_inbox.pk, MANY - 50, None)]), "notifications_notificationlog")
    people = list(Inbox.objects.values_list("pk", flat=True))
    questions = [Question(person, MANY - i, None) for person in people for i in range(1, 6)]
    several = plans_of(lambda: read(questions), "notifications_notificationlog")
    assert len(one) == len(several) == 1
