"""many: what is written through one text of JSON is what the ORM would have written."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from notifications.many import given, insert_each, update_each
from notifications.models import Attempt, AuditEntry, Delivery, Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 3, 4, 5, 678_901, tzinfo=UTC)
STRANGE = "“é” ☃ 👩‍💻 'quoted' \"twice\" \\ back, {brace} %s\n\ttab"


def columns(one: Model) -> dict[str, Any]:
    return {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}


def an_event(**fields: Any) -> Event:
    said = {"kind": "general", "category": "info", "priority": "high", "audience": {"users": [1, 2]}, "created_at": AT}
    return Event(**{**said, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"title": STRANGE, "message": STRANGE, "data": {"täglich": [None, 1.5, True, {"deep": STRANGE}], "n": 2**62}},
        {"channels": None, "expires_at": None, "actor_id": None, "requires_acknowledgment": False},
        {"channels": [], "expires_at": AT, "actor_id": 2**30, "requires_acknowledgment": True, "tags": ["a", STRANGE]},
    ],
    ids=["texts and JSON", "nothing", "something"],
)
def test_a_row_comes_back_as_the_orm_would_have_written_it(fields: dict[str, Any]) -> None:
    ours, theirs = an_event(**fields), an_event(**fields)
    insert_each([ours])
    theirs.save(force_insert=True)
    found = columns(Event.objects.get(pk=ours.pk))
    assert found == columns(Event.objects.get(pk=theirs.pk)) | {"id": ours.pk}
    assert found["created_at"] == AT
    ours.title = "again"
    ours.save()
    assert Event.objects.get(pk=ours.pk).title == "again", "it is known to be there"


def test_keys_that_the_database_gives_go_up_and_rows_are_written_in_one_statement_of_one_text() -> None:
    said = []
    for count in (1, 40):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            insert_each([AuditEntry(at=AT, action="thing.done", metadata={"n": n}) for n in range(count)])
        assert len(asked) == 1
        said.append(asked[0]["sql"].partition("json")[0])
    assert said[0] == said[1]
    assert [entry.metadata["n"] for entry in AuditEntry.objects.order_by("pk")] == [0, *range(40)]


def test_each_row_gets_its_own_values_and_no_other_row_any() -> None:
    made = [
        Delivery(event_id=uuid.uuid4(), channel="sms", outcome="send", reason="x", state="waiting", priority=1)
        for _ in range(3)
    ]
    for one in made:
        one.created_at = AT
    Delivery.objects.bulk_create(made)
    lease = uuid.uuid4()
    update_each(
        Delivery,
        ["lease", "due_at", "attempts", "last_error"],
        [(made[0].pk, lease, AT, 3, STRANGE), (made[2].pk, None, None, 4, "")],
    )
    found = [(one.lease, one.due_at, one.attempts, one.last_error) for one in Delivery.objects.order_by("pk")]
    assert found == [(lease, AT, 3, STRANGE), (None, None, 0, ""), (None, None, 4, "")]


def test_of_rows_that_cannot_all_be_written_none_is() -> None:
    twice = [Attempt(delivery_id=1, number=1, channel="sms", started_at=AT) for _ in range(2)]
    with pytest.raises(DatabaseError), transaction.atomic():
        insert_each(twice)
    assert not Attempt.objects.exists()


def test_nothing_is_no_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        insert_each([])
        update_each(Delivery, ["attempts"], [])
    assert not asked


def test_a_table_of_given_values_has_a_row_for_each() -> None:
    sql, listed = given({"one": "bigint", "two": "text"}, [(1, STRANGE), (2, None)])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT one, two FROM {sql} AS given ORDER BY one", [listed])
        assert cursor.fetchall() == [(1, STRANGE), (2, None)]
