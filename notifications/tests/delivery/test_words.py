"""What transports are given to say: the words for that channel and language, as that channel shows them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import Event, Preference
from notifications.transports import memory
from notifications.transports.base import Message
from notifications.words.catalogue import kinds

from ..api.people import get
from ..crowd import send
from .conftest import send_due

pytestmark = pytest.mark.django_db(transaction=True)
PARCEL = """
[parcel]
category = "info"
priority = "low"
channels = ["inbox", "email", "push", "whatsapp"]
title = "Parcel {{ id }}"
message = "It has **left**, see [its page](/parcels/{{ id }})."
whatsapp_template = { name = "parcel_left", languages = ["en", "de"], variables = ["id", "place.name"] }
push.message = "Parcel {{ id }} has left."
[parcel.de]
title = "Paket {{ id }}"
message = "Unterwegs"
"""


@pytest.fixture(autouse=True)
def a_parcel(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    settings.BASE_URL = "https://desk.example"
    file = tmp_path / "parcel.toml"
    file.write_text(PARCEL, encoding="utf-8")
    settings.NOTIFICATION_CATALOGUES = [*settings.NOTIFICATION_CATALOGUES, file]
    kinds.cache_clear()
    yield
    kinds.cache_clear()


def told(person: User, *, locale: str = "en", **fields: Any) -> dict[str, Message]:
    """{channel: what its transport was given}."""
    context = {"id": 7, "place": {"name": "the  depot\nin Lisbon"}}
    Preference.objects.create(user=person, locale=locale, updated_at=timezone.now())
    send(person, **{"kind": "parcel", "message": None, "context": context, "channels": None, **fields})
    send_due()
    return {one.channel: one.message for one in memory.outbox}


def test_an_email_has_html_and_every_other_channel_text(reachable: User) -> None:
    said = told(reachable)
    assert said["email"].title == "Parcel 7"
    assert said["email"].message == "It has left, see its page (/parcels/7)."
    assert said["email"].html.startswith("<p>It has <strong>left</strong>, see <a href=")
    assert 'href="https://desk.example/parcels/7"' in said["email"].html
    assert (said["push"].message, said["push"].html) == ("Parcel 7 has left.", "")


def test_each_person_is_told_in_their_language(reachable: User) -> None:
    said = told(reachable, locale="de")
    assert {(one.title, one.message, one.locale) for one in said.values()} == {("Paket 7", "Unterwegs", "de")}
    [shown] = get(reachable, "/api/notifications/").json()["results"]
    assert (shown["title"], shown["message"]) == ("Paket 7", "Unterwegs")


def test_a_kind_with_an_approved_template_brings_it_filled_in(reachable: User) -> None:
    template = told(reachable, locale="de")["whatsapp"].payload["whatsapp_template"]
    parameters = [{"type": "text", "text": "7"}, {"type": "text", "text": "the depot in Lisbon"}]
    assert template == {
        "name": "parcel_left",
        "language": "de",
        "components": [{"type": "body", "parameters": parameters}],
    }


def test_a_language_without_approval_takes_the_first(reachable: User) -> None:
    assert told(reachable, locale="fr")["whatsapp"].payload["whatsapp_template"]["language"] == "en"


def test_an_event_without_the_templates_variables_goes_out_as_text(reachable: User) -> None:
    said = told(reachable, title="Lost", message="We look for it.", context={})
    assert "whatsapp_template" not in said["whatsapp"].payload
    assert said["whatsapp"].message == "We look for it."
    assert Event.objects.get().words == {}
