"""Clerks: staff who may do just what a test gives them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from notifications.transports import memory

from ..api.people import make_people

Clerk = Callable[..., Client]


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


@pytest.fixture
def clerk(people: dict[str, User]) -> Clerk:
    """`clerk("view_event", …)`: a browser in which somebody with these permissions is signed in; they are `admin`."""

    def signed_in(*permissions: str, **options: Any) -> Client:
        given = Permission.objects.filter(content_type__app_label="notifications", codename__in=permissions)
        assert given.count() == len(permissions), permissions
        people["admin"].user_permissions.set(given)
        browser = Client(**options)
        browser.force_login(people["admin"])
        return browser

    return signed_in


@pytest.fixture
def chief(people: dict[str, User]) -> Client:
    """A superuser."""
    User.objects.filter(username="admin").update(is_superuser=True)
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    return browser


@pytest.fixture
def email(settings: Any) -> Iterator[None]:
    """E-mail is configured, and nothing leaves the house."""
    settings.CHANNEL_URLS = {"email": "memory://"}
    settings.CHANNEL_CAPS = {"email": 600}
    memory.clear()
    yield
    memory.clear()
