"""Who may do what: every route and method, asked by everybody. A route that no row names fails the test."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from config.sign_in.tests.test_keys_open_nothing_else import routes, spoken
from core.models import Ticket
from notifications import dispatch, events
from notifications.api.urls import ALIASES
from notifications.models import Delivery, Device, NotificationLog, Room, Suppression, Template, Webhook

from .expected import EXPECTED


@dataclass(frozen=True)
class Asked:
    method: str
    path: str  # with its arguments filled in

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(("/api", "/notifications"))


def methods_of(path: str, view: Any) -> list[str]:
    bare = spoken(path)
    for spelling, spoken_methods in ALIASES.items():
        if path == rf"^(?:api/)?{spelling}/?$":
            return [method.upper() for method in spoken_methods]
    actions = getattr(view, "actions", None)
    if actions:
        return [method.upper() for method in actions if method != "head"]
    made = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if made is None or bare in {"admin"}:
        return ["GET"]
    twins = {"put"} if hasattr(view, "view_class") else set()  # a form's PUT is its POST, says Django
    return [
        name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(made, name) and name not in twins
    ]


@pytest.fixture
def clients(db: None) -> dict[str, tuple[APIClient, Client]]:
    """Of each role: one that bears a token, for the API, and one with a session, for the pages."""
    people = {
        "owner": User.objects.create_user("owner"),
        "other": User.objects.create_user("other"),
        "staff": User.objects.create_user("staff", is_staff=True),
        "superuser": User.objects.create_superuser("superuser"),
    }
    made = {"nobody": (APIClient(), Client())}
    for role, person in people.items():
        api, page = APIClient(), Client()
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(person)}")
        page.force_login(person)
        made[role] = api, page
    return made


@pytest.fixture
def arguments(clients: Any, django_capture_on_commit_callbacks: Any) -> Callable[[str], dict[str, str]]:
    """What stands in a path: things that exist, and are the owner's where they are anybody's."""
    owner = User.objects.get(username="owner")
    said = events.Event(kind="general", message="Hello", audience=events.Audience(users=[owner.pk]))
    with django_capture_on_commit_callbacks(execute=True):
        event = dispatch.notify(said)
    now = timezone.now()
    delivery = Delivery.objects.create(
        event=event, channel="email", state="failed", outcome="send", reason="kind_default", priority=2, created_at=now
    )
    room = Room.objects.create(name="task_1", is_open=True, created_at=now)
    room.members.create(user=owner, joined_at=now)
    pks = {
        "tickets": Ticket.objects.create(title="Broken", created_by=owner).pk,
        "events": event.pk,
        "admin/deliveries": delivery.pk,
        "notifications/devices": Device.objects.create(user=owner, kind="fcm", address="token", created_at=now).pk,
        "admin/suppressions": Suppression.objects.create(channel="email", address="gone@example.org", since=now).pk,
        "admin/webhooks": Webhook.objects.create(url="https://example.org/", types=[], secret="s", created_at=now).pk,
        "admin/templates": Template.objects.create(kind="general", message="Hello", updated_at=now).pk,
    }
    row = NotificationLog.objects.get(recipient=owner).pk

    def of(path: str) -> dict[str, str]:
        pk = next((pk for begin, pk in pks.items() if path.startswith(f"{begin}/<pk>")), row)
        return {"pk": str(pk), "room": "task_1", "channel": "email", "token": "forged", "uidb64": "MQ", "by": "day"}

    return of


def asked_for(arguments: Callable[[str], dict[str, str]]) -> Iterator[tuple[str, Asked]]:
    """(row of the table, request) of every route and method outside Django's admin."""
    seen = set()
    for path, view, _ in routes(get_resolver().url_patterns):
        name = spoken(path)
        if path == "^api/":  # whatever else is asked for there
            continue
        where = "/api/" if path.startswith(("api/", "^(?:api/)?", "^api/")) else "/"
        filled = name
        for argument, value in arguments(name).items():
            filled = filled.replace(f"<{argument}>", value)
        for method in methods_of(path, view):
            row = f"{method} {name}"
            if row not in seen:
                seen.add(row)
                ending = "" if name in {"", "healthz", "readyz", "metrics"} or "." in name else "/"
                yield row, Asked(method, f"{where}{filled}{ending}")


def answered(asked: Asked, clients: tuple[APIClient, Client]) -> int:
    api, page = clients
    client: Any = page if asked.is_page else api
    body = {} if asked.is_page else {"data": {}, "format": "json"}
    with transaction.atomic():  # what it may have done is undone: the next role finds things as they were
        status = getattr(client, asked.method.lower())(
            asked.path, **({} if asked.method == "GET" else body)
        ).status_code
        transaction.set_rollback(True)
    return int(status)


def test_every_route_answers_everybody_as_the_table_says(
    clients: dict[str, tuple[APIClient, Client]], arguments: Callable[[str], dict[str, str]], settings: Any
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {}}
    wrong, found = [], set()
    for row, asked in asked_for(arguments):
        found.add(row)
        if row not in EXPECTED:
            wrong.append(f"{row}: a route without a row")
            continue
        for role, expected in EXPECTED[row].items():
            status = answered(asked, clients[role])
            if not is_as(status, expected, asked):
                wrong.append(f"{row}: {role} gets {status}, not {expected}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert set(EXPECTED) - found == set(), "rows without a route"


def is_as(status: int, expected: str, asked: Asked) -> bool:
    if expected != "ok":
        return status == int(expected)
    if asked.is_page:
        return status < 500
    return status < 500 and status not in {401, 403, 404}


def admin_pages() -> Iterator[str]:
    def walk(patterns: Any, before: str) -> Iterator[str]:
        for one in patterns:
            path = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, path)
            elif isinstance(one, URLPattern):
                yield path

    admin = next(one for one in get_resolver().url_patterns if isinstance(one, URLResolver) and one.app_name == "admin")
    yield from walk(admin.url_patterns, "admin/")


FOR_ALL = ("admin/login/", "admin/jsi18n/")  # the words of its scripts


def test_no_page_of_the_admin_shows_anything_to_who_is_not_staff(clients: dict[str, tuple[APIClient, Client]]) -> None:
    open_ = []
    pages = [path for path in admin_pages() if path not in FOR_ALL]
    for path in pages:
        filled = "/" + spoken_admin(path)
        for role in ("nobody", "owner"):
            answer = clients[role][1].get(filled)
            is_sent_away = answer.status_code == 302 and "/login/" in answer["Location"]
            if not (is_sent_away or answer.status_code in {403, 404} or is_to_the_index(answer)):
                open_.append(f"{filled}: {role} gets {answer.status_code}")
    assert open_ == []
    assert len(pages) > 60, "or they were not found"
    assert clients["staff"][1].get(reverse("admin:index")).status_code == 200


def spoken_admin(path: str) -> str:
    bare = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", "1", path)
    return re.sub(r"<(?:\w+:)?\w+>", "1", bare).replace("^", "").replace("$", "").replace("/?", "/")


def is_to_the_index(answer: Any) -> bool:
    """Signing out, and old addresses that lead to new ones: they show nothing themselves."""
    return answer.status_code in {301, 302, 405}
