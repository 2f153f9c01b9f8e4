"""The browsable API: what may be written has a form there."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from rest_framework.test import APIClient

from core.models import Ticket
from notifications.models import Device, Room, Suppression, Template, Webhook
from notifications.tests import crowd

from .openapi import documented

WRITES = [
    (path, method)
    for path, methods in documented().document["paths"].items()
    for method in methods
    if path.startswith("/api/") and not path.startswith("/api/token") and method in ("post", "put", "patch", "delete")
]
NOT_READ = {"/api/admin/suppressions/"}  # deleted by its address, which is said in the query


@pytest.fixture
def staff(db: None) -> User:
    person = crowd.make_person(is_staff=True, is_superuser=True)
    person.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in ("engineer", "manager")))
    return person


@pytest.fixture
def filled(staff: User, django_capture_on_commit_callbacks: Any) -> Callable[[str], str]:
    """The address of things that exist, and are hers where they are anybody's."""
    with django_capture_on_commit_callbacks(execute=True):
        event = crowd.send(staff)
    now = timezone.now()
    room = Room.objects.create(name="task_1", is_open=True, created_at=now)
    room.members.create(user=staff, joined_at=now)
    made: dict[str, Any] = {
        "tickets": Ticket.objects.create(title="Broken", created_by=staff),
        "events": event,
        "notifications/devices": Device.objects.create(user=staff, kind="fcm", address="token", created_at=now),
        "admin/suppressions": Suppression.objects.create(channel="email", address="gone@example.org", since=now),
        "admin/webhooks": Webhook.objects.create(url="https://example.org/", types=[], secret="s", created_at=now),
        "admin/templates": Template.objects.create(kind="general", message="Hello", updated_at=now),
    }

    def at(path: str) -> str:
        whose = next((one for begin, one in made.items() if path.startswith(f"/api/{begin}/{{id}}")), event.rows.get())
        return path.format(id=whose.pk, room="task_1", channel="email")

    return at


@pytest.mark.parametrize(("path", "method"), WRITES)
def test_every_action_has_a_form(path: str, method: str, staff: User, filled: Callable[[str], str]) -> None:
    if path in NOT_READ:
        return
    browser = APIClient()
    browser.force_login(staff)
    answer = browser.get(filled(path), headers={"Accept": "text/html"})
    assert answer.status_code in (200, 405), "the page is there, or says what may be done instead of reading"
    page = answer.content.decode()
    if method == "patch":
        assert 'data-method="PATCH"' in page
    else:
        assert re.search(rf'<form[^>]*method="{method.upper()}"', page)


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/api/admin/rooms/", []),
        ("/api/admin/rooms/task_1/", ["Staff Room List /api/admin/rooms/"]),
        ("/api/notifications/", []),
        ("/api/notifications", []),
        ("/api/notifications/rooms/", ["Notification List /api/notifications/"]),
        ("/api/notifications/rooms?format=api", ["Notification List /api/notifications/?format=api"]),
        ("/api/notifications/preferences/", ["Notification List /api/notifications/"]),
        ("/api/notifications/retry/", ["Notification List /api/notifications/"]),
        (
            "/api/notifications/1/explain/",
            ["Notification List /api/notifications/", "Notification /api/notifications/1/"],
        ),
    ],
)
def test_the_way_up_from_a_page_names_each_above_it_once(path: str, above: list[str], staff: User) -> None:
    browser = APIClient()
    browser.force_login(staff)
    page = browser.get(path, headers={"Accept": "text/html"}).content.decode()
    [way] = re.findall(r'<ul class="breadcrumb">(.*?)</ul>', page, re.DOTALL)
    *others, itself = [f"{name} {url}" for url, name in re.findall(r'href="([^"]*)">([^<]*)<', way)]
    [title] = re.findall(r"<h1>(.*?)</h1>", page)
    assert others == above
    assert itself == f"{title} {path}"
