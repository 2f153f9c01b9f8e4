"""The browsable API: what may be written at an address without an id has a form there."""

import re

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from notifications.tests import crowd

from .openapi import documented

WRITES = [
    (path, method, bool(operation.get("requestBody")))
    for path, methods in documented().document["paths"].items()
    for method, operation in methods.items()
    if path.startswith("/api/")
    and "{id}" not in path
    and "{room}" not in path
    and method in ("post", "put", "patch", "delete")
]


@pytest.fixture
def staff(db: None) -> User:
    person = crowd.make_person(is_staff=True, is_superuser=True)
    person.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in ("engineer", "manager")))
    return person


@pytest.mark.parametrize(("path", "method", "has_body"), WRITES)
def test_every_action_has_a_form(path: str, method: str, has_body: bool, staff: User) -> None:
    if path.startswith(("/api/token", "/api/admin/suppressions")):
        return
    browser = APIClient()
    browser.force_login(staff)
    page = browser.get(path.replace("{channel}", "email"), headers={"Accept": "text/html"}).content.decode()
    if method == "delete":
        assert re.search(r'data-method="DELETE"|method="DELETE"', page)
    elif method == "patch":
        assert 'data-method="PATCH"' in page
    else:
        assert re.search(rf'<form[^>]*(method|data-method)="{method.upper()}"', page)
