"""The people of the desk, and tickets brought to where a test needs them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from core.models import Status, Ticket

ROLE_OF = {
    "admin": "admin",
    "manager": "manager",
    "manager2": "manager",
    "engineer": "engineer",
    "engineer2": "engineer",
    "requester": "requester",
    "requester2": "requester",
    "outsider": None,
}
Capture = Callable[..., AbstractContextManager[list[Callable[[], None]]]]
Told = Callable[[], AbstractContextManager[dict[str, str]]]


def make_people() -> dict[str, User]:
    people = {}
    for username, role in ROLE_OF.items():
        people[username] = User.objects.create(username=username, is_superuser=username == "admin")
        if role:
            people[username].groups.add(Group.objects.get_or_create(name=role)[0])
    return people


def make_ticket(people: dict[str, User], status: str = Status.NEW, *, assignees: tuple[str, ...] = ()) -> Ticket:
    """A ticket of `requester` as if it had come to `status`; the workflow's own way is tested in test_life."""
    ticket = Ticket.objects.create(title="The lift stops between floors", created_by=people["requester"], status=status)
    ticket.assigned_to.set([people[name] for name in assignees])
    return ticket


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def url(ticket: Ticket, act: str = "") -> str:
    return f"/api/tickets/{ticket.pk}/{act}/" if act else f"/api/tickets/{ticket.pk}/"
