"""The browsable API: whatever may be written has a form there, whole and by its fields."""

import re

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from core.models import Ticket
from notifications.models import Device, Room, Template, Webhook
from notifications.tests import crowd

from .openapi import documented

WRITES = [
    (path, method, bool(operation.get("requestBody")))
    for path, methods in documented().document["paths"].items()
    for method, operation in methods.items()
    if path.startswith("/api/") and method in ("post", "put", "patch", "delete")
]
NO_FORM = {("/api/admin/rooms/{room}/members/", "delete")}  # its body is the query's twin; DRF shows a button without


@pytest.fixture
def staff(db: None) -> User:
    person = crowd.make_person(is_staff=True, is_superuser=True)
    person.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in ("engineer", "manager")))
    return person


def _address(path: str, staff: User) -> str:
    """One that there is."""
    if "{" not in path:
        return path
    if "{channel}" in path:
        return path.replace("{channel}", "email")
    if "{room}" in path:
        room, _ = Room.objects.get_or_create(name="hall", defaults={"is_open": True, "created_by": staff})
        room.members.get_or_create(user=staff, role="")
        return path.replace("{room}", "hall")
    return path.replace("{id}", str(_thing(path, staff)))


def _thing(path: str, staff: User) -> object:
    if "/tickets/" in path:
        return Ticket.objects.create(title="Printer", created_by=staff).pk
    if "/templates/" in path:
        return Template.objects.create(kind="general", message="Hi").pk
    if "/webhooks/" in path:
        return Webhook.objects.create(url="https://shop.example/", types=["event.done"], secret="x").pk
    if "/devices/" in path:
        return Device.objects.create(user=staff, kind="fcm", address="token").pk
    event = crowd.send(staff)
    return event.pk if "/events/" in path else event.rows.get().pk


@pytest.mark.parametrize(("path", "method", "has_body"), WRITES)
def test_every_action_has_a_form(path: str, method: str, has_body: bool, staff: User) -> None:
    if path.startswith(("/api/token", "/api/admin/suppressions")) or (path, method) in NO_FORM:
        return
    browser = APIClient()
    browser.force_login(staff)
    page = browser.get(_address(path, staff), headers={"Accept": "text/html"}).content.decode()
    if method == "delete":
        assert re.search(r'data-method="DELETE"|method="DELETE"', page)
    elif method == "patch":
        assert 'data-method="PATCH"' in page
    else:
        assert re.search(rf'<form[^>]*(method|data-method)="{method.upper()}"', page)
