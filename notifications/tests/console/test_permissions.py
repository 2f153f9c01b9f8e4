"""Who may see and do what in the console: each page and button with its permission, without it, and signed out."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Delivery, Event, PausedChannel, Suppression, Template
from notifications.tests.crowd import everything_written, rows_of

from .conftest import Clerk

BASE = "/admin/notifications"
PAGES: dict[str, tuple[str, ...]] = {
    "inbox/": ("view_inbox",),
    "inbox/find/?q=engineer2": ("view_inbox",),
    "inbox/{person}/change/": ("view_inbox", "view_notificationlog"),
    "notificationlog/": ("view_notificationlog",),
    "notificationlog/{row}/change/": ("view_notificationlog",),
    "event/": ("view_event",),
    "event/{event}/change/?person=engineer": ("view_event",),
    "event/{event}/progress/": ("view_event",),
    "event/send/": ("add_event",),
    "event/broadcast/": ("add_event",),
    "pausedchannel/": ("view_pausedchannel",),
    "delivery/": ("view_delivery",),
    "connection/": ("view_connection",),
    "auditentry/": ("view_auditentry",),
    "template/": ("view_template",),
    "template/{template}/look/": ("view_template",),
}
BUTTONS: dict[str, str] = {
    "notificationlog/{row}/cancel/": "change_notificationlog",
    "notificationlog/{row}/retry/": "change_delivery",
    "event/{event}/cancel/": "change_event",
    "pausedchannel/email/pause/": "change_pausedchannel",
    "pausedchannel/email/resume/": "change_pausedchannel",
    "pausedchannel/email/retry/": "change_delivery",
    "inbox/{person}/release/{suppression}/": "delete_suppression",
    "auditentry/csv/": "view_auditentry",
}
AUDITED = {
    "notificationlog/{row}/cancel/": "notification.cancelled",
    "notificationlog/{row}/retry/": "staff.retry",
    "event/{event}/cancel/": "event.cancelled",
    "pausedchannel/email/pause/": "channel.paused",
    "pausedchannel/email/resume/": "channel.resumed",
    "pausedchannel/email/retry/": "staff.retry",
    "inbox/{person}/release/{suppression}/": "suppression.released",
    "auditentry/csv/": "staff.audit_export",
}


@pytest.fixture
def places(people: dict[str, User], notify_to: Callable[..., Event], email: None) -> dict[str, Any]:
    User.objects.filter(username="engineer").update(email="engineer@example.org")
    event = notify_to(people["engineer"], channels=["inbox", "email"])
    row = rows_of(people["engineer"])[0]
    Delivery.objects.filter(notification=row).update(state="failed", reason="attempts_exhausted", due_at=None)
    said = {"kind": "order_shipped", "message": "{{ order_id }}", "updated_at": timezone.now()}
    suppressed = Suppression.objects.create(channel="email", address="engineer@example.org", since=timezone.now())
    return {
        "person": people["engineer"].pk,
        "row": row.pk,
        "event": event.pk,
        "template": Template.objects.create(**said).pk,
        "suppression": suppressed.pk,
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_its_permission_and_changes_nothing(
    path: str, clerk: Clerk, places: dict[str, Any], people: dict[str, User]
) -> None:
    where = f"{BASE}/{path.format(**places)}"
    before = everything_written()
    assert clerk(*PAGES[path]).get(where).status_code in (200, 302)
    for short in range(len(PAGES[path])):
        assert clerk(*PAGES[path][:short]).get(where).status_code == 403
    assert Client().get(where).status_code == 302  # to the sign-in page
    engineer = Client()
    engineer.force_login(people["engineer"])
    assert engineer.get(where).status_code == 302
    assert everything_written() == before


@pytest.mark.parametrize("path", BUTTONS)
def test_a_button_needs_its_permission_a_token_and_a_post(
    path: str, clerk: Clerk, places: dict[str, Any], people: dict[str, User]
) -> None:
    where = f"{BASE}/{path.format(**places)}"
    others = {*BUTTONS.values()} - {BUTTONS[path]}
    before = everything_written()
    assert clerk(*others).post(where).status_code == 403
    assert clerk(BUTTONS[path], enforce_csrf_checks=True).post(where).status_code == 403
    assert clerk(BUTTONS[path]).get(where).status_code == 405
    assert Client().post(where).status_code == 302
    engineer = Client()
    engineer.force_login(people["engineer"])
    assert engineer.post(where).status_code == 302
    assert everything_written() == before


@pytest.mark.parametrize("path", BUTTONS)
def test_what_a_button_does_is_in_the_audit(path: str, clerk: Clerk, places: dict[str, Any]) -> None:
    if path.endswith("resume/"):
        PausedChannel.objects.create(channel="email", since=timezone.now())
    answer = clerk(BUTTONS[path]).post(f"{BASE}/{path.format(**places)}")
    assert answer.status_code in (200, 302)
    assert AuditEntry.objects.filter(action=AUDITED[path], actor_name="admin").count() == 1


def test_a_superuser_sees_every_page(chief: Client, places: dict[str, Any]) -> None:
    for path in PAGES:
        assert chief.get(f"{BASE}/{path.format(**places)}", follow=True).status_code == 200, path


def test_a_page_shows_no_button_that_would_be_refused(clerk: Clerk, places: dict[str, Any]) -> None:
    looker = clerk(*{name for names in PAGES.values() for name in names if name.startswith("view_")})
    for path in PAGES:
        if not path.startswith(("event/send", "event/broadcast", "template", "auditentry")):
            page = looker.get(f"{BASE}/{path.format(**places)}", follow=True).content.decode()
            assert page.count('method="post"') == page.count('id="logout-form"') + page.count('id="changelist-form"'), (
                path
            )


def test_the_index_shows_the_doors_that_are_open(clerk: Clerk) -> None:
    page = clerk("view_event").get("/admin/").content.decode()
    assert "Did they get it?" in page
    assert f'href="{BASE}/event/"' in page
    for closed in ("event/send/", "auditentry/", "inbox/find/"):
        assert f"{BASE}/{closed}" not in page
    assert f"{BASE}/inbox/find/" in clerk("view_inbox").get("/admin/").content.decode()


def test_the_index_names_every_table_in_plain_words(chief: Client) -> None:
    apps = chief.get("/admin/").context["app_list"]
    assert "Sign-in" in {app["name"] for app in apps}
    names = {str(table["name"]) for app in apps for table in app["models"]}
    assert "People" in names
    assert not [name for name in names if re.search("(x|[^aeiou]y)s$", name)], "no plural that Django made up"
