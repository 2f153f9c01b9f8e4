"""Where one is reached, and a test on each channel."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import AuditEntry, Device, Event, PausedChannel, Phone, Suppression

from .people import get, post, refusal

CHANNELS = "/api/notifications/channels/"


def reasons(person: User) -> dict[str, str | None]:
    return {one["channel"]: one["reason"] for one in get(person, CHANNELS).json()["results"]}


@pytest.fixture(autouse=True)
def _set_up(settings: Any) -> None:
    settings.CHANNEL_URLS = {"email": "memory://", "sms": "memory://", "push": "memory://"}


def test_each_channel_says_where_it_reaches_one_or_why_not(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    assert reasons(engineer) == {
        "websocket": None,
        "email": "no_address",
        "whatsapp": "not_configured",
        "sms": "no_address",
        "push": "no_address",
    }
    User.objects.filter(pk=engineer.pk).update(email="Eve@desk.example")
    Phone.objects.create(user=engineer, number="+4930123456", verified_at=timezone.now())
    Device.objects.create(
        user=engineer, kind="webpush", address="https://push.example/secret", created_at=timezone.now()
    )
    PausedChannel.objects.create(channel="sms", since=timezone.now(), by_name="admin")
    shown = {one["channel"]: one for one in get(engineer, CHANNELS).json()["results"]}
    assert shown["email"] == {"channel": "email", "address": "eve@desk.example", "reason": None}
    assert shown["sms"] == {"channel": "sms", "address": "+4930123456", "reason": "channel_paused"}
    assert shown["push"] == {"channel": "push", "address": None, "reason": None}
    Suppression.objects.create(channel="email", address="eve@desk.example", why="bounced", since=timezone.now())
    assert reasons(engineer)["email"] == "suppressed"
    assert reasons(people["outsider"])["sms"] == "no_address"


@pytest.mark.django_db(transaction=True)
def test_a_test_is_a_notification_like_any_other(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    User.objects.filter(pk=engineer.pk).update(email="eve@desk.example")
    answer = post(engineer, f"{CHANNELS}email/test/")
    assert answer.status_code == 202
    shown = get(engineer, f"/api/notifications/{answer.json()['notification_id']}/").json()
    assert (shown["notification_type"], shown["title"]) == ("test_message", "This is a test")
    explained = get(engineer, f"/api/notifications/{shown['id']}/explain/").json()["decisions"]
    decided = {one["channel"]: (one["outcome"], one["reason"]) for one in explained}
    assert decided["email"] == ("send", "requested")
    assert decided["sms"] == ("skip", "requested")
    entry = AuditEntry.objects.get(action="event.created")
    assert (entry.actor_id, entry.metadata["kind"]) == (engineer.pk, "test_message")


@pytest.mark.django_db(transaction=True)
def test_a_test_where_nothing_arrives_says_why(people: dict[str, User]) -> None:
    answer = post(people["engineer"], f"{CHANNELS}whatsapp/test/").json()
    explained = get(people["engineer"], f"/api/notifications/{answer['notification_id']}/explain/").json()["decisions"]
    assert {"channel": "whatsapp", "outcome": "skip", "reason": "not_configured", "until": None} in explained


def test_six_tests_a_minute_and_each_person_for_themselves(people: dict[str, User]) -> None:
    for _ in range(6):
        assert post(people["engineer"], f"{CHANNELS}websocket/test/").status_code == 202
    refused = post(people["engineer"], f"{CHANNELS}email/test/")
    refusal(refused, 429)
    assert 0 < int(refused["Retry-After"]) <= 60
    assert Event.objects.count() == 6
    assert post(people["outsider"], f"{CHANNELS}websocket/test/").status_code == 202


def test_there_is_no_test_of_what_does_not_lead_to_people(people: dict[str, User]) -> None:
    for channel in ("apprise", "webhook", "inbox", "pigeon"):
        refusal(post(people["engineer"], f"{CHANNELS}{channel}/test/"), 404)
    refusal(post(None, f"{CHANNELS}email/test/"), 401)
    assert not Event.objects.exists()
