import io
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from core.models import Status, Ticket
from notifications.models import NotificationLog

PEOPLE_OF_THE_DESK = ["admin", "manager", "engineer", "engineer2", "requester", "outsider"]
NAMES = [*PEOPLE_OF_THE_DESK, "driver", "rider", "reviewer", "volunteer", "vendor"]


@pytest.fixture
def debug(settings: Any) -> None:
    settings.DEBUG = True


def seed(*flags: str) -> str:
    said = io.StringIO()
    call_command("seed_demo", *flags, stdout=said)
    return said.getvalue()


def test_the_demo_has_its_people_roles_and_a_ticket_in_each_state(
    db: None, debug: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        seed()
    assert sorted(User.objects.values_list("username", flat=True)) == sorted(NAMES)
    assert all(user.check_password("demo") for user in User.objects.all()[:2])
    roles = {user.username: [group.name for group in user.groups.all()] for user in User.objects.all()}
    assert roles == {name: [] if name == "outsider" else [name.rstrip("2")] for name in NAMES}
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["admin"]
    assert set(Ticket.objects.values_list("status", flat=True)) == set(Status.values)
    told = set(NotificationLog.objects.values_list("recipient__username", flat=True))
    assert told == {"admin", "manager", "engineer", "engineer2", "requester"}


def test_a_database_with_users_is_left_alone(db: None, debug: None) -> None:
    User.objects.create(username="somebody")
    with pytest.raises(CommandError, match="users already"):
        seed()
    assert "No demo data" in seed("--if-empty")
    assert User.objects.count() == 1


def test_there_is_no_demo_without_debug(db: None, settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        seed()
    assert "No demo data" in seed("--if-empty")
    assert not User.objects.exists()


def test_the_roles_of_the_desk_exist_before_anybody_has_one(db: None) -> None:
    """Without its group an event to the managers would be refused, and nobody could report anything."""
    assert {"admin", "manager", "engineer", "requester"} <= set(Group.objects.values_list("name", flat=True))
