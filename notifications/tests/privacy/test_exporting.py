"""What is kept about a person, handed out: all of it, to them, and nothing of others or that is secret."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from core.models import Comment, Ticket
from notifications import privacy
from notifications.models import AuditEntry

from ..crowd import make_person, send
from . import kept

pytestmark = pytest.mark.django_db(transaction=True)
SECTIONS = {
    *("exported_at", "account", "preferences", "phone", "devices", "suppressed_addresses", "rooms", "rooms_made"),
    *("connections", "notifications", "deliveries", "events_sent", "audit"),
    *("sessions_until", "admin_acts", "tickets_reported", "tickets_assigned", "ticket_comments"),
}


@pytest.fixture
def zebulon(db: None) -> User:
    person = kept.make_zebulon(password="marker-hash")
    kept.live_a_little(person)
    return person


def exported(person: User) -> Any:
    return json.loads("".join(privacy.export(person.pk)))


def test_each_thing_that_is_kept_is_in_it(zebulon: User) -> None:
    mine = Ticket.objects.create(created_by=zebulon, title="Lift")
    Comment.objects.create(ticket=mine, author=zebulon, text="Stuck")
    said = exported(zebulon)
    assert said.keys() == SECTIONS
    assert said["account"]["username"] == kept.USERNAME
    assert said["notifications"][0]["title"] == kept.TITLE
    assert said["phone"]["number"] == kept.PHONE
    assert said["preferences"]["timezone"] == "Europe/Berlin"
    assert [one["address"] for one in said["suppressed_addresses"]] == [kept.EMAIL]
    assert [one["message"] for one in said["events_sent"]] == [f"Yours, {kept.USERNAME}!"]
    assert {"notification.read", "connection.opened"} <= {entry["action"] for entry in said["audit"]}
    assert (said["tickets_reported"][0]["title"], said["ticket_comments"][0]["text"]) == ("Lift", "Stuck")


def test_every_marker_but_the_secret_ones_is_in_it(zebulon: User) -> None:
    said = "".join(privacy.export(zebulon.pk))
    assert "marker-hash" not in said
    for marker in (*kept.MARKERS[:-1], "marker-data", "marker-device", "marker-muted", "marker-agent", "marker-ip"):
        assert marker in said, marker


def test_a_person_fetches_their_own(zebulon: User) -> None:
    other = make_person()
    send(other, message="Not for Zebulon.")
    client = APIClient()
    client.force_authenticate(zebulon)
    answer = client.get("/api/notifications/export/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.json().keys() == SECTIONS
    assert "Not for Zebulon" not in answer.content.decode()
    assert AuditEntry.objects.get(action="person.exported").actor_id == zebulon.pk


def test_nobody_else_does() -> None:
    assert APIClient().get("/api/notifications/export/").status_code == 401


def test_the_command_writes_a_file_for_its_owners_eyes(zebulon: User, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    call_command("export_user", kept.USERNAME, output=file, stdout=io.StringIO())
    assert json.loads(file.read_text()).keys() == SECTIONS
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="exists"):
        call_command("export_user", kept.USERNAME, output=file)


def test_the_command_prints_it_too(zebulon: User) -> None:
    said = io.StringIO()
    call_command("export_user", str(zebulon.pk), stdout=said)
    assert json.loads(said.getvalue())["account"]["id"] == zebulon.pk
    assert AuditEntry.objects.get(action="person.exported").target_user_id == zebulon.pk


def test_of_somebody_who_was_erased_hardly_anything_is_left(zebulon: User) -> None:
    privacy.erase(zebulon.pk)
    said = exported(zebulon)
    assert (said["notifications"], said["deliveries"], said["phone"]) == ([], [], None)
    assert not any(marker.lower() in json.dumps(said).lower() for marker in kept.MARKERS)
