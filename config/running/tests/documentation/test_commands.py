"""The pages of a laptop, followed: every block of theirs, in order, in one terminal beside `make run`."""

import contextlib
import json
import shutil
import sqlite3

import pytest

from .pages import blocks, named
from .plan import AUDIT, BESIDE_ONE_SERVER, CATALOGUE, CHANNEL, DOMAIN, SQLITE_BACKUP, TUTORIAL
from .terminal import Reader

pytestmark = [pytest.mark.once, pytest.mark.timeout(400)]


def test_the_tutorial(reader: Reader) -> None:
    run, *steps = blocks(TUTORIAL)
    kind = next(number for number, block in enumerate(steps, start=1) if block.language == "toml")
    with reader.beside(run):
        hello = reader.follow(TUTORIAL, 1, kind + 1)
    with reader.beside(run):
        reader.follow(TUTORIAL, kind + 1)
    assert '"unread_count"' in hello
    assert "refused: parcel_id is missing" in reader.said
    assert "<tidings-inbox" in reader.said
    assert '"what":"created"' in reader.said
    assert "everything adds up" in reader.said


def test_pages_about_one_running_installation(reader: Reader) -> None:
    """They are written for readers who know the demo's people, and each stands for itself."""
    kind, *_ = blocks(CATALOGUE)
    reader.do(kind)  # a server reads the kinds when it starts
    run, *_ = blocks("examples/README.md")
    with reader.beside(run):
        said = {page: reader.follow(page, 1 if page == CATALOGUE else 0) for page in BESIDE_ONE_SERVER}
        if shutil.which("sqlite3"):
            _back_up(reader)
        reader.type(".venv/bin/python manage.py check_ledger", where="after all of them")
    assert '"ticket_assigned"' in said["README.md"]
    assert '"ticket":' in said["docs/backends.md"]
    assert 'channel":"email","address":"e' in said["docs/channels.md"]
    assert "tidings_events_accepted_total{" in said["docs/observability.md"]
    assert "as they were sealed" in said[AUDIT]
    assert "is erased" in said[AUDIT]
    assert json.loads((reader.clone / "volunteer.json").read_text())["account"]["username"] == "volunteer"


def test_a_channel_and_a_domain_of_ones_own(reader: Reader) -> None:
    reader.follow(CHANNEL)
    assert "3 passed" in reader.said
    assert "('engineer', 'sent')" in reader.said
    reader.follow(DOMAIN)
    told = (
        "print('told:', *NotificationLog.objects.filter(event__kind='parcel_left').values_list('recipient__username'))"
    )
    reader.type(f'.venv/bin/python manage.py shell -v 0 -c "{told}"', where="after the page")
    assert "told: ('rider',)" in reader.said


def _back_up(reader: Reader) -> None:
    """The other half of docs/operations.md is followed on Postgres."""
    reader.do(named(*SQLITE_BACKUP))
    (backup,) = reader.clone.glob("tidings-*.sqlite3")
    with contextlib.closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) > 0 FROM notifications_event").fetchone() == (1,)
