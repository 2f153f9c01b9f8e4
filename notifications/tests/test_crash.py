"""A process that is killed between the commit and the rows: the promise was given, and the sweep keeps it, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from notifications.models import AuditEntry, Event, NotificationLog
from notifications.workers.loop import sweep

from .conftest import Listener
from .crowd import assert_true_inboxes, make_crowd, make_person, rows_of

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, signal, sys, django
django.setup()
from django.db import connection, transaction
from notifications import expansion
from notifications.dispatch import notify
from notifications.events import Audience, Event

def die():
    os.kill(os.getpid(), signal.SIGKILL)

people = [int(word) for word in sys.argv[1:]]
event = Event(kind="general", message="x", audience=Audience(users=people))
"""
BEFORE_THE_COMMIT = """
with transaction.atomic():
    notify(event)
    die()
"""
BEFORE_THE_ROWS = """
with transaction.atomic():
    transaction.on_commit(die)  # hooks run in their order: before the one that writes the rows
    notify(event)
"""
AMONG_THE_ROWS = """
def dying(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if sql.lstrip().startswith("INSERT INTO notifications_notificationlog"):
        die()
    return result

with connection.execute_wrapper(dying):
    notify(event)
"""


def run_until_killed(story: str, people: list[int], folder: Path) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-c", BEGIN + story, *map(str, people)]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def database_url() -> str:
    """The database of this test run, for a process of its own."""
    named = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{named['NAME']}"
    return f"postgres://{named['USER']}@/{named['NAME']}?host={named['HOST'] or named['OPTIONS']['host']}"


@pytest.mark.parametrize("story", [BEFORE_THE_ROWS, AMONG_THE_ROWS], ids=["before the rows", "among the rows"])
def test_what_was_committed_is_told_by_the_sweep_of_another_process(
    tmp_path: Path, listener: Listener, story: str
) -> None:
    people = make_crowd(3)
    run_until_killed(story, people, tmp_path)
    event = Event.objects.get()
    assert event.state == Event.State.EXPANDING
    assert not NotificationLog.objects.exists()
    assert AuditEntry.objects.filter(action="event.created").count() == 1
    assert sweep() is True
    assert sweep() is False
    assert [(row.event_id, row.seq) for person in people for row in rows_of(person)] == [(event.pk, 1)] * 3
    assert len(listener.heard()) == 1
    assert_true_inboxes(people)


def test_what_was_not_committed_never_was(tmp_path: Path) -> None:
    person = make_person()
    run_until_killed(BEFORE_THE_COMMIT, [person.pk], tmp_path)
    assert not Event.objects.exists()
    assert not AuditEntry.objects.exists()
    assert sweep() is False
