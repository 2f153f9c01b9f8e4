"""manage.py demo: five stories through the real calls, on what seed_demo made."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from core.management.commands.seed_demo import seed
from core.models import Ticket
from core.stories import STORIES
from notifications.models import Event, NotificationLog

pytestmark = pytest.mark.django_db(transaction=True)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def play(*words: str, out: StringIO | None = None) -> list[str]:
    out = out or StringIO()
    call_command("demo", *words, "--pause-s", "0", stdout=out)
    return out.getvalue().splitlines()


def told(username: str, since: int) -> list[str]:
    """The kinds that this person was told after `since`, in order."""
    rows = NotificationLog.objects.filter(recipient__username=username, pk__gt=since).order_by("seq")
    return list(rows.values_list("event__kind", flat=True))


def last_row() -> int:
    return NotificationLog.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def test_all_five_stories_are_told_to_the_demos_people() -> None:
    seed()
    before, count = last_row(), Event.objects.count()
    lines = play()
    total = sum(story.length for story in STORIES.values())
    assert [line.split(":")[0] for line in lines if " of " in line] == [f"{i} of {total}" for i in range(1, total + 1)]
    assert [story.title in "\n".join(lines) for story in STORIES.values()] == [True] * 5
    assert Event.objects.count() == count + total
    assert not Event.objects.exclude(state=Event.State.DONE).exists()
    assert told("driver", before) == ["ride_request", "admin_message", "maintenance_notice"]
    assert told("reviewer", before)[:4] == ["progress_update"] * 4
    assert "security_alert" in told("reviewer", before)
    assert "ticket_rejected" in told("engineer", before)
    assert {"task_assigned", "timelog_approved", "sync_conflict_detected"} <= set(told("volunteer", before))
    assert {"ride_accepted", "order_shipped", "refund_processed"} <= set(told("rider", before))
    assert told("vendor", before)[-1] == "inventory_low_stock"
    assert Ticket.objects.order_by("-pk")[0].status == "approved"


@pytest.mark.parametrize("name", STORIES)
def test_each_story_can_be_told_alone_and_again(name: str) -> None:
    seed()
    for _ in range(2):
        lines = play("--story", name)
        assert lines[-1].startswith(f"{STORIES[name].length} events told")


def test_a_terminal_shows_how_far_it_is() -> None:
    seed()
    shown = "\n".join(play("--story", "rides", out=Terminal()))
    assert "░ 100%" not in shown
    assert "█" * 30 + " 100%  4 of 4" in shown
    assert "░" * 23 + "  25%  1 of 4" in shown


def test_without_its_people_it_says_what_to_do() -> None:
    User.objects.create(username="rider", email="rider@example.org")
    with pytest.raises(CommandError, match="seed_demo"):
        play()
    assert not Event.objects.exists()


@pytest.mark.parametrize("words", [["--story", "pirates"], ["--pause-s", "-1"], ["--pause-s", "soon"]])
def test_nonsense_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("demo", *words, stdout=StringIO())
