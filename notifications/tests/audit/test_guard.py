"""The audit is only ever added to: the database itself refuses everything else."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from notifications import audit
from notifications.audit import guard
from notifications.audit.sealing import seal_next
from notifications.models import AuditBatch, AuditEntry

from .sealed import written

pytestmark = pytest.mark.django_db
ENTRIES, BATCHES = guard.ENTRIES, guard.BATCHES
COLUMNS = [str(field.column) for field in AuditEntry._meta.concrete_fields]
OTHERWISE = {
    **dict.fromkeys(("id", "first_id", "last_id", "actor_id", "target_user_id", "batch"), "4711"),
    "at": "'2001-01-01 00:00:00+00'",
    "metadata": "'{\"a\": 1}'",
}


def refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except IntegrityError as error:
        return guard.WHY in str(error)
    return False


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("is_sealed", [True, False], ids=["sealed", "waiting"])
def test_no_column_of_an_entry_changes(person: User, column: str, is_sealed: bool) -> None:
    audit.record("thing.done", "thing", 1, actor=(person.pk, "ada"), count=1)
    if is_sealed:
        seal_next()
    other = OTHERWISE.get(column, "'x'")
    assert refused(f"UPDATE {ENTRIES} SET {column} = {other}")


def test_the_openings_name_every_column() -> None:
    named = [*guard.KEPT, *guard.PARTICULARS, *guard.SEALED, "salt"]
    assert sorted(named) == sorted(COLUMNS)


def test_nothing_goes(person: User) -> None:
    written(2, person)
    for table in (ENTRIES, BATCHES):
        assert refused(f"DELETE FROM {table}")
        if connection.vendor == "postgresql":
            assert refused(f"TRUNCATE {table}")
    assert AuditEntry.objects.count() == 2


@pytest.mark.skipif("connection.vendor == 'postgresql'", reason="only SQLite knows INSERT OR REPLACE")
@pytest.mark.parametrize("table", [ENTRIES, BATCHES])
def test_nothing_is_replaced(person: User, table: str) -> None:
    written(2, person)
    assert refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    assert refused(f"UPDATE OR REPLACE {table} SET {'id' if table == ENTRIES else 'number'} = 4711")


@pytest.mark.parametrize("column", [field.column for field in AuditBatch._meta.concrete_fields])
def test_no_column_of_a_batch_changes(person: User, column: str) -> None:
    written(2, person)
    value = {"sealed_at": "sealed_at", "seals": "seals"}.get(column, "'4711'")
    assert refused(f"UPDATE {BATCHES} SET {column} = {value}")


def test_particulars_are_erased_with_their_salt_and_not_otherwise(person: User) -> None:
    written(1, person)
    assert refused(f"UPDATE {ENTRIES} SET actor_name = '', metadata = '{{}}'")
    assert refused(f"UPDATE {ENTRIES} SET actor_name = '', salt = NULL")
    assert refused(f"UPDATE {ENTRIES} SET actor_name = '', metadata = '{{}}', salt = NULL, batch = NULL")
    assert not refused(f"UPDATE {ENTRIES} SET actor_name = '', metadata = '{{}}', salt = NULL")
    assert refused(f"UPDATE {ENTRIES} SET actor_name = 'ada', metadata = '{{}}', salt = 'x'")


def test_triggers_that_went_with_a_table_come_back_with_the_next_migration() -> None:
    guard.remove(connection)
    assert len(guard.missing(connection)) == 6
    call_command("migrate", verbosity=0)
    assert guard.missing(connection) == []
