"""manage.py broadcast: it ends when everybody has a row, whoever wrote it; and killed workers leave no trace."""

import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from notifications.dispatch import notify
from notifications.events import Audience
from notifications.models import Event, Inbox, NotificationLog
from notifications.workers.loop import Worker, sweep

from ..crowd import event_to, make_crowd, make_person
from ..test_crash import run_until_killed

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = 4_500  # three chunks
A_CHUNK_THEN_DIE = """
from notifications import expansion
from notifications.models import Event
expansion.expand_chunk(Event.objects.get().pk)
die()
"""
AMONG_THE_SECOND = """
from notifications import expansion
from notifications.models import Event

def dying(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if sql.lstrip().startswith("INSERT INTO notifications_notificationlog"):
        die()
    return result

expansion.expand_chunk(Event.objects.get().pk)
with connection.execute_wrapper(dying):
    expansion.expand_chunk(Event.objects.get().pk)
"""


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def said(*words: str, out: StringIO | None = None) -> str:
    out = out or StringIO()
    call_command("broadcast", *words, stdout=out)
    return out.getvalue()


def assert_everybody_has_it_once(people: list[int]) -> None:
    rows = NotificationLog.objects.order_by("recipient_id").values_list("recipient_id", "seq")
    assert list(rows) == [(person, 1) for person in people]
    assert set(Inbox.objects.values_list("last_seq", "unread_count", "listed_count", "rev")) == {(1, 1, 1, 1)}
    event = Event.objects.get()
    assert (event.state, event.recipients) == (Event.State.DONE, len(people))


def test_workers_that_are_killed_between_and_within_chunks_leave_neither_hole_nor_double(tmp_path: Path) -> None:
    people = make_crowd(LARGE)
    notify(event_to(audience=Audience(everyone=True)))
    run_until_killed(AMONG_THE_SECOND, [], tmp_path)
    assert NotificationLog.objects.count() == 2000
    run_until_killed(A_CHUNK_THEN_DIE, [], tmp_path)
    assert NotificationLog.objects.count() == 4000
    while sweep():
        pass
    assert_everybody_has_it_once(people)


def test_without_a_worker_it_writes_everything_itself_and_says_how_far_it_is() -> None:
    people = make_crowd(LARGE)
    lines = said("We move on Monday").splitlines()
    assert lines[:4] == ["0 of 4500", "2000 of 4500", "4000 of 4500", "4500 of 4500"]
    assert lines[4] == f"{Event.objects.get().pk} done: 4500 told"
    assert_everybody_has_it_once(people)


def test_beside_a_worker_both_end() -> None:
    people = make_crowd(LARGE)
    worker = Worker().start()
    try:
        assert said("We move on Monday").endswith("done: 4500 told\n")
    finally:
        worker.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "worker"]
    assert_everybody_has_it_once(people)


def test_a_terminal_shows_a_bar() -> None:
    make_crowd(201)
    shown = said("We move on Monday", out=Terminal())
    assert "\r" + "░" * 40 + "   0%  0 of 201" in shown
    assert "\r" + "█" * 40 + " 100%  201 of 201" in shown


def test_roles_exclusions_and_words_are_as_said() -> None:
    one, other, _ = make_person("engineer"), make_person("engineer"), make_person()
    said("Bring cake", "--title", "Party", "--role", "engineer", "--exclude", other.username, "--priority", "high")
    event = Event.objects.get()
    assert (event.title, event.message, event.priority, event.kind) == (
        "Party",
        "Bring cake",
        "high",
        "system_announcement",
    )
    assert list(event.rows.values_list("recipient_id", flat=True)) == [one.pk]


@pytest.mark.parametrize("words", [["--role", "nobody"], ["--exclude", "nobody"], ["--type", "nothing"]])
def test_nonsense_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError):
        said("x", *words)
    assert not Event.objects.exists()
