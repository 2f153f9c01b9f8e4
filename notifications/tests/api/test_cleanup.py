"""POST cleanup/ and manage.py prune: the same, by hand."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from notifications.models import AuditEntry, Event, NotificationLog
from notifications.tests.crowd import everything_written, rows_of

from .people import post, refusal

CLEANUP = "/api/admin/notifications/cleanup/"
LONG_AGO = timezone.now() - timedelta(days=365)


@pytest.fixture
def old(people: dict[str, User], notify_to: Callable[..., Event]) -> None:
    for _ in range(3):
        notify_to(people["engineer"])
    NotificationLog.objects.filter(seq__lte=2).update(is_read=True, read_at=LONG_AGO)


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize("path", [CLEANUP, "/notifications/cleanup"])
def test_staff_clean_up_and_it_is_audited(path: str, people: dict[str, User]) -> None:
    assert post(people["admin"], path).json() == {"deleted": 2}
    assert [row.seq for row in rows_of(people["engineer"])] == [3]
    assert post(people["admin"], path).json() == {"deleted": 0}
    entries = AuditEntry.objects.filter(action="staff.cleanup", actor_id=people["admin"].pk).order_by("pk")
    assert [entry.metadata["count"] for entry in entries] == [2, 0]


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize(("who", "status"), [(None, 401), ("engineer", 403)])
def test_nobody_else_may(who: str | None, status: int, people: dict[str, User]) -> None:
    before = everything_written()
    refusal(post(people[who] if who else None, CLEANUP), status)
    assert everything_written() == before


def said(*words: str) -> str:
    out = StringIO()
    call_command("prune", *words, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("old")
def test_the_command_says_what_it_does_and_what_it_would_do() -> None:
    before = everything_written()
    assert said("--dry-run") == "2 kept long enough or expired, 0 beyond the cap: would go\n"
    assert everything_written() == before
    assert said() == "2 kept long enough or expired, 0 beyond the cap: removed\n"
    assert NotificationLog.objects.count() == 1
