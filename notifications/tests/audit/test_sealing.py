"""What has been written is sealed soon, all of it, once, whoever does it and whatever commits late."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from notifications import audit
from notifications.audit import sealing
from notifications.audit.hashing import START, apart
from notifications.events import Channel
from notifications.models import AuditBatch, AuditEntry, Delivery, Job, NotificationLog
from notifications.workers import periodic

from ..at_once import PATIENCE_S, all_at_once
from ..crowd import make_person
from .sealed import found

pytestmark = pytest.mark.django_db(transaction=True)
PAST = timezone.now() - timedelta(hours=1)


def write(count: int = 1) -> list[int]:
    for place in range(count):
        audit.record("thing.done", "thing", place)
    return list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))[-count:]


def sealed_ids() -> list[list[int]]:
    return [[entry for entry, _ in apart(bytes(batch.seals))] for batch in AuditBatch.objects.order_by("number")]


def test_a_batch_follows_the_one_before_and_says_what_it_holds() -> None:
    first = write(3)
    assert (sealing.seal_next(), sealing.seal_next()) == (3, 0)
    second = write(2)
    assert sealing.seal_next() == 2
    assert sealed_ids() == [first, second]
    one, two = AuditBatch.objects.order_by("number")
    assert (one.number, one.previous, one.count, one.first_id, one.last_id) == (1, START, 3, first[0], first[-1])
    assert (two.number, two.previous, two.count) == (2, one.hash, 2)
    assert sealing.head() == (2, two.hash)


def test_a_large_backlog_is_sealed_in_batches() -> None:
    audit.write([audit.draft("thing.done", "thing", at=timezone.now()) for _ in range(sealing.BATCH + 5)])
    assert [sealing.seal_next() for _ in range(3)] == [sealing.BATCH, 5, 0]


def test_who_seals_at_once_takes_turns() -> None:
    write(40)
    all_at_once(*[sealing.seal_next] * 4)
    assert len(sealed_ids()) == 1
    assert found() == []


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_an_entry_that_commits_late_is_sealed_late() -> None:
    is_written, may_commit = threading.Event(), threading.Event()
    late: list[int] = []

    def dawdle() -> None:
        with transaction.atomic():
            late.extend(write())
            is_written.set()
            assert may_commit.wait(PATIENCE_S)

    def overtake() -> None:
        assert is_written.wait(PATIENCE_S)
        write(2)
        assert sealing.seal_next() == 2
        may_commit.set()

    all_at_once(dawdle, overtake)
    assert sealing.seal_next() == 1
    [[first, _], last] = sealed_ids()
    assert last == late
    assert last[0] < first
    assert found() == []


def test_a_crash_while_sealing_leaves_everything_as_it_was() -> None:
    entries = write(3)
    with pytest.raises(RuntimeError), transaction.atomic():
        sealing.seal_next()
        raise RuntimeError("killed")
    assert AuditEntry.objects.filter(batch=None).count() == 3
    sealing.seal_next()
    assert sealed_ids() == [entries]
    assert found() == []


def test_the_worker_seals_within_ten_seconds() -> None:
    assert sealing.is_waiting() is False
    periodic.run_due()  # a new installation makes its jobs
    Job.objects.update(due_at=PAST)
    periodic.run_due()
    untouched = Job.objects.get(name="seal")
    assert untouched.due_at == PAST  # where nothing waits, nothing is written
    entries = write(2)
    periodic.run_due()
    assert sealed_ids() == [entries]
    assert Job.objects.get(name="seal").due_at <= timezone.now() + timedelta(seconds=10)


def test_the_head_goes_to_those_who_keep_it(settings: Any) -> None:
    keeper = make_person("auditor", email="keeper@example.org")
    write()
    sealing.seal_next()
    periodic.run_due()
    settings.AUDIT_HEAD_ROLE = "auditor"
    Job.objects.filter(name="audit_head").update(due_at=PAST)
    head = sealing.head()
    periodic.run_due()
    told = NotificationLog.objects.select_related("event").get(recipient=keeper)
    assert head.hash in told.event.message
    assert told.event.data == {"number": head.number, "hash": head.hash}
    assert Delivery.objects.filter(notification=told, channel=Channel.EMAIL).exists()
    assert found(head.hash) == []
    assert Job.objects.get(name="audit_head").due_at > timezone.now() + timedelta(hours=23)


def test_nobody_is_told_the_head_unless_a_setting_says_who() -> None:
    make_person("auditor")
    write()
    sealing.seal_next()
    periodic.run_due()
    Job.objects.filter(name="audit_head").update(due_at=PAST)
    periodic.run_due()
    assert not NotificationLog.objects.exists()


@pytest.fixture
def schema() -> Any:
    """`schema("0004…")`: the tables of that version; as they were, afterwards."""

    def at(name: str) -> Any:
        executor = MigrationExecutor(connection)
        executor.migrate([("notifications", name)])
        return executor.loader.project_state([("notifications", name)]).apps

    latest = [key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] == "notifications"]
    yield at
    MigrationExecutor(connection).migrate(latest)


def test_what_an_earlier_version_wrote_is_kept_and_sealed(schema: Any, person: User) -> None:
    old = schema("0004_words_wishes_rooms").get_model("notifications", "AuditEntry")
    said = [
        old(
            at=timezone.now(),
            actor_id=person.pk,
            actor_name=f"n{i}",
            action="x.done",
            entity_type="x",
            metadata={"i": i},
        )
        for i in range(50)
    ]
    before = {entry.pk: (entry.actor_name, entry.metadata) for entry in old.objects.bulk_create(said)}
    schema("0005_sealed_audit")
    assert sealing.seal_next() == 50
    assert {entry.pk: (entry.actor_name, entry.metadata) for entry in AuditEntry.objects.all()} == before
    assert all("trigger" in finding for finding in found())  # `migrate` puts them up at its very end
