"""Whatever somebody with SQL rights does to the sealed audit, verifying names the place."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from notifications.audit import guard, hashing, sealing
from notifications.models import AuditBatch, AuditEntry

from ..crowd import make_person
from .sealed import by_sql, forged, found, unguarded, written

pytestmark = pytest.mark.django_db
ENTRIES, BATCHES = guard.ENTRIES, guard.BATCHES
CHANGES = {
    "at": "'2001-01-01 00:00:00+00'",
    "actor_id": "4711",
    "actor_name": "'eve'",
    "action": "'other.done'",
    "entity_type": "'x'",
    "entity_id": "'x'",
    "first_id": "NULL",
    "last_id": "8",
    "target_user_id": "4711",
    "metadata": "'{\"place\": 5}'",
    "salt": "'x'",
    "particulars_hash": "'x'",
}


@pytest.fixture
def entries(person: User) -> list[int]:
    """Nine entries in three batches."""
    return [entry for _ in range(3) for entry in written(3, person)]


def test_an_untouched_audit_is_as_it_was_sealed(entries: list[int]) -> None:
    said = io.StringIO()
    call_command("verify_audit", stdout=said)
    assert said.getvalue().splitlines() == [
        "9 entries in 3 batches: as they were sealed",
        f"head {sealing.head().hash}",
    ]


def test_an_audit_in_which_nothing_is_sealed_is_fine() -> None:
    assert found() == []
    assert found(hashing.START) == []


@pytest.mark.parametrize("column", CHANGES)
def test_each_column_that_is_changed_is_found_in_its_entry(entries: list[int], column: str) -> None:
    by_sql(f"UPDATE {ENTRIES} SET {column} = {CHANGES[column]} WHERE id = %s", entries[4])
    [finding] = found()
    assert finding.startswith(f"batch 2, entry {entries[4]}: ")
    assert "changed" in finding


def test_the_command_fails_and_says_where(entries: list[int]) -> None:
    by_sql(f"UPDATE {ENTRIES} SET action = 'x' WHERE id = %s", entries[0])
    said = io.StringIO()
    with pytest.raises(CommandError, match="1 are not as they were sealed"):
        call_command("verify_audit", stdout=said)
    assert said.getvalue() == f"batch 1, entry {entries[0]}: it was changed\n"


def test_a_deleted_entry_is_named(entries: list[int]) -> None:
    by_sql(f"DELETE FROM {ENTRIES} WHERE id = %s", entries[4])
    assert found() == [f"batch 2, entry {entries[4]}: it is gone from its batch"]


def test_two_that_changed_places_are_both_named(entries: list[int]) -> None:
    one, other = entries[3], entries[4]
    by_sql(f"UPDATE {ENTRIES} SET id = -1 WHERE id = %s", one)
    by_sql(f"UPDATE {ENTRIES} SET id = %s WHERE id = %s", one, other)
    by_sql(f"UPDATE {ENTRIES} SET id = %s WHERE id = -1", other)
    assert found() == [f"batch 2, entry {entry}: it was changed" for entry in (one, other)]


def test_one_that_was_put_in_is_named(entries: list[int]) -> None:
    names = ", ".join(str(field.column) for field in AuditEntry._meta.concrete_fields if field.column != "id")
    by_sql(f"INSERT INTO {ENTRIES} (id, {names}) SELECT 4711, {names} FROM {ENTRIES} WHERE id = %s", entries[4])
    assert found() == ["batch 2, entry 4711: it was not there when the batch was sealed"]


def test_one_that_moved_to_another_batch_is_missed_and_found(entries: list[int]) -> None:
    by_sql(f"UPDATE {ENTRIES} SET batch = 3 WHERE id = %s", entries[0])
    assert found() == [
        f"batch 1, entry {entries[0]}: it is gone from its batch",
        f"batch 3, entry {entries[0]}: it was not there when the batch was sealed",
    ]


def test_one_that_was_unsealed_does_not_come_back_by_being_sealed_again(entries: list[int]) -> None:
    by_sql(f"UPDATE {ENTRIES} SET batch = NULL, action = 'other.done' WHERE id = %s", entries[0])
    assert sealing.seal_next() == 1
    assert found() == [f"batch 1, entry {entries[0]}: it is gone from its batch"]


def test_a_renumbered_entry_is_missed_and_found(entries: list[int]) -> None:
    by_sql(f"UPDATE {ENTRIES} SET id = 4711 WHERE id = %s", entries[8])
    assert found() == [
        "batch 3, entry 4711: it was not there when the batch was sealed",
        f"batch 3, entry {entries[8]}: it is gone from its batch",
    ]


@pytest.mark.parametrize(
    "change", ["sealed_at = '2001-01-01 00:00:00+00'", "count = 2", "first_id = 0", "last_id = 4711", "seals = ''"]
)
def test_a_batch_whose_row_was_changed_is_named(entries: list[int], change: str) -> None:
    by_sql(f"UPDATE {BATCHES} SET {change} WHERE number = 2")
    assert found()[0] == "batch 2: its own row was changed"


@pytest.mark.parametrize("column", ["hash", "previous"])
def test_a_batch_that_does_not_follow_is_named(entries: list[int], column: str) -> None:
    by_sql(f"UPDATE {BATCHES} SET {column} = %s WHERE number = 2", "f" * 64)
    broken = "batch 3" if column == "hash" else "batch 2"
    assert f"{broken}: it does not follow the batch before, which has another hash" in found()
    assert "batch 2: its own row was changed" in found()


def test_renumbered_batches_are_named(entries: list[int]) -> None:
    by_sql(f"UPDATE {BATCHES} SET number = 4 WHERE number = 3")
    by_sql(f"UPDATE {ENTRIES} SET batch = 4 WHERE batch = 3")
    assert found() == ["batch 4: batches 3 to 3 are gone", "batch 4: its own row was changed"]


def test_a_batch_that_was_removed_is_named(entries: list[int]) -> None:
    by_sql(f"DELETE FROM {BATCHES} WHERE number = 2")
    assert "batch 3: batches 2 to 2 are gone" in found()
    assert f"batch 2, entry {entries[4]}: there is no such batch" in found()


def test_the_last_batch_is_missed_by_whoever_noted_its_hash(entries: list[int]) -> None:
    noted = sealing.head().hash
    assert found(noted) == []
    by_sql(f"DELETE FROM {ENTRIES} WHERE batch = 3")
    by_sql(f"DELETE FROM {BATCHES} WHERE number = 3")
    assert found() == []
    [finding] = found(noted)
    assert finding.startswith(f"the chain: {noted} is not in it")
    with pytest.raises(CommandError):
        call_command("verify_audit", head=noted, stdout=io.StringIO())


def test_a_noted_hash_stays_good_as_the_chain_grows(entries: list[int], person: User) -> None:
    noted = sealing.head().hash
    written(2, person)
    assert found(noted) == []


def test_a_history_that_was_written_anew_to_the_end_is_found_by_a_noted_hash(entries: list[int]) -> None:
    noted = sealing.head().hash
    with unguarded():
        AuditEntry.objects.filter(pk=entries[0]).update(action="other.done")
        previous = hashing.START
        for batch in AuditBatch.objects.order_by("number"):
            ids = [entry_id for entry_id, _ in hashing.apart(bytes(batch.seals))]
            batch.seals = hashing.joined([(entry_id, forged(entry_id)) for entry_id in ids])
            batch.previous = previous
            batch.hash = previous = hashing.batch_hash(batch.number, previous, batch.sealed_at, batch.seals)
            batch.save()
    assert found() == []
    assert found(noted) != []


def test_a_hash_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        call_command("verify_audit", head="abc")


def test_particulars_that_went_without_an_erasure_are_named(entries: list[int]) -> None:
    by_sql(f"UPDATE {ENTRIES} SET actor_name = '', metadata = '{{}}', salt = NULL WHERE id = %s", entries[4])
    [finding] = found()
    assert finding.startswith(f"batch 2, entry {entries[4]}: its name and metadata are gone")


def test_somebody_elses_erasure_explains_nothing(entries: list[int]) -> None:
    from notifications import audit

    audit.record("person.erased", "user", 1, target_user_id=make_person().pk)
    by_sql(f"UPDATE {ENTRIES} SET actor_name = '', metadata = '{{}}', salt = NULL WHERE id = %s", entries[4])
    assert len(found()) == 1


def test_missing_triggers_are_named(entries: list[int]) -> None:
    guard.remove(connection)
    assert len(found()) == 6
    assert all("does not stand" in finding for finding in found())
