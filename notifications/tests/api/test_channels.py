"""Staff: channels that are paused, addresses that are suppressed, systems that are told."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Attempt, AuditEntry, PausedChannel, Suppression, Webhook
from notifications.tests.crowd import everything_written

from .deliveries import make_delivery
from .people import client_of, get, ids, post, refusal

CHANNELS, SUPPRESSIONS, WEBHOOKS = (f"/api/admin/{name}/" for name in ("channels", "suppressions", "webhooks"))
URL = "https://hooks.example/tidings"
OUTWARD = ["email", "whatsapp", "sms", "push", "apprise", "webhook"]


@pytest.fixture(autouse=True)
def _set_up(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    settings.CHANNEL_URLS = {"sms": "memory://", "email": ""}


def delete(user: User | None, path: str) -> Any:
    return client_of(user).delete(path)


def actions() -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.order_by("pk")
    return [(entry.action, entry.entity_id, entry.actor_name) for entry in entries]


def suppress(channel: str = "sms", address: str = "+491701234567") -> Suppression:
    return Suppression.objects.create(channel=channel, address=address, why="21610", since=timezone.now())


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("engineer", 403)])
def test_none_of_it_is_for_anybody_else(who: str | None, status: int, people: dict[str, User]) -> None:
    person = people[who] if who else None
    suppressed, webhook = suppress(), post(people["admin"], WEBHOOKS, {"url": URL, "types": ["event.done"]}).json()
    before = everything_written()
    for path in (CHANNELS, SUPPRESSIONS, WEBHOOKS):
        refusal(get(person, path), status)
    for path in (f"{CHANNELS}sms/pause/", f"{CHANNELS}sms/resume/", WEBHOOKS, f"{WEBHOOKS}{webhook['id']}/rotate/"):
        refusal(post(person, path, {"url": URL, "types": ["event.done"]}), status)
    for path in (f"{SUPPRESSIONS}{suppressed.pk}/", f"{WEBHOOKS}{webhook['id']}/"):
        refusal(delete(person, path), status)
    assert everything_written() == before


# --- channels --------------------------------------------------------------------------------------------------------


def test_a_channel_is_paused_and_resumed_and_repeating_it_changes_nothing(people: dict[str, User]) -> None:
    admin = people["admin"]
    first = post(admin, f"{CHANNELS}sms/pause/")
    assert first.status_code == 200
    assert (first.json()["channel"], first.json()["paused_by"]) == ("sms", "admin")
    assert first.json()["paused_since"]
    assert post(admin, f"{CHANNELS}sms/pause/").json() == first.json()
    assert PausedChannel.objects.get().channel == "sms"
    for _ in range(2):
        assert post(admin, f"{CHANNELS}sms/resume/").json()["paused_since"] is None
    assert not PausedChannel.objects.exists()
    assert actions() == [("channel.paused", "sms", "admin"), ("channel.resumed", "sms", "admin")]


@pytest.mark.parametrize("channel", ["inbox", "websocket", "pigeon", "SMS", "1"])
def test_what_does_not_lead_outside_cannot_be_paused(channel: str, people: dict[str, User]) -> None:
    for act in ("pause", "resume"):
        refusal(post(people["admin"], f"{CHANNELS}{channel}/{act}/"), 404)
    assert not PausedChannel.objects.exists()


def attempts(channel: str, *outcomes: str, ago: timedelta = timedelta(0)) -> None:
    for outcome in outcomes:
        delivery = make_delivery(channel, state="waiting" if outcome == "failed" else "sent")
        Attempt.objects.create(
            delivery=delivery, number=1, channel=channel, started_at=timezone.now() - ago, outcome=outcome
        )


def test_every_outward_channel_says_how_it_is(people: dict[str, User]) -> None:
    attempts("sms", "sent", "sent", "failed", "unknown")
    attempts("sms", "sent", "failed", ago=timedelta(minutes=61))
    attempts("email", "sent")
    answer = get(people["admin"], CHANNELS).json()
    assert [one["channel"] for one in answer["results"]] == OUTWARD
    assert answer["count"] == len(OUTWARD)
    shown = {one.pop("channel"): one for one in answer["results"]}
    quiet = {"configured": False, "paused_since": None, "paused_by": None, "waiting": 0, "sent": 0, "failed": 0}
    assert shown["sms"] == {**quiet, "configured": True, "waiting": 2, "sent": 2, "failed": 1}
    assert shown["email"] == {**quiet, "sent": 1}
    assert shown["push"] == quiet


def test_the_channels_take_as_many_queries_whatever_there_is(people: dict[str, User]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            get(people["admin"], CHANNELS)
        return len(seen)

    few = queries()
    for channel in OUTWARD:
        attempts(channel, *["sent", "failed"] * 5)
        PausedChannel.objects.create(channel=channel, since=timezone.now())
    assert queries() == few


# --- suppressions ----------------------------------------------------------------------------------------------------


def test_suppressed_addresses_are_listed_by_channel_and_released(people: dict[str, User]) -> None:
    admin = people["admin"]
    sms, email = suppress(), suppress("email", "anna@example.org")
    assert ids(get(admin, SUPPRESSIONS)) == [email.pk, sms.pk]
    assert ids(get(admin, SUPPRESSIONS, channel="SMS")) == [sms.pk]
    assert ids(get(admin, SUPPRESSIONS, limit=1, offset=1)) == [sms.pk]
    [shown] = get(admin, SUPPRESSIONS, channel="email").json()["results"]
    assert (shown["channel"], shown["address"], shown["why"]) == ("email", "anna@example.org", "21610")
    assert "channel" in refusal(get(admin, SUPPRESSIONS, channel="pigeon"))
    assert delete(admin, f"{SUPPRESSIONS}{sms.pk}/").status_code == 204
    refusal(delete(admin, f"{SUPPRESSIONS}{sms.pk}/"), 404)
    refusal(delete(admin, f"{SUPPRESSIONS}{'9' * 30}/"), 404)
    assert ids(get(admin, SUPPRESSIONS)) == [email.pk]
    assert actions() == [("suppression.released", str(sms.pk), "admin")]
    assert "+49" not in str(AuditEntry.objects.get().metadata)


# --- webhooks --------------------------------------------------------------------------------------------------------


def test_a_webhooks_secret_is_shown_once(people: dict[str, User]) -> None:
    admin = people["admin"]
    types = ["event.done", "notification.created", "event.done"]
    made = post(admin, WEBHOOKS, {"url": URL, "types": types})
    assert made.status_code == 201
    told = made.json()
    assert (told["url"], told["types"]) == (URL, ["notification.created", "event.done"])
    prefix, _, key = told["secret"].partition("_")
    assert prefix == "whsec"
    assert 24 <= len(b64decode(key)) <= 64
    assert Webhook.objects.get().secret == told["secret"]
    listed = get(admin, WEBHOOKS)
    assert ids(listed) == [told["id"]]
    assert "secret" not in listed.content.decode()
    assert told["secret"] not in str(list(AuditEntry.objects.values()))
    other = post(admin, WEBHOOKS, {"url": URL, "types": ["event.done"]}).json()
    assert other["secret"] != told["secret"]


def test_the_old_secret_signs_beside_the_new_for_a_day(people: dict[str, User]) -> None:
    admin = people["admin"]
    made = post(admin, WEBHOOKS, {"url": URL, "types": ["event.done"]}).json()
    answer = post(admin, f"{WEBHOOKS}{made['id']}/rotate/")
    assert answer.status_code == 200
    row = Webhook.objects.get()
    assert (row.secret, row.old_secret) == (answer.json()["secret"], made["secret"])
    assert row.secret != made["secret"]
    assert row.old_until
    assert abs(row.old_until - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    refusal(post(admin, f"{WEBHOOKS}{made['id'] + 1}/rotate/"), 404)
    assert actions() == [
        ("webhook.added", str(made["id"]), "admin"),
        ("webhook.rotated", str(made["id"]), "admin"),
    ]


def test_a_webhook_that_is_removed_is_gone(people: dict[str, User]) -> None:
    admin = people["admin"]
    made = post(admin, WEBHOOKS, {"url": URL, "types": ["event.done"]}).json()["id"]
    assert delete(admin, f"{WEBHOOKS}{made}/").status_code == 204
    refusal(delete(admin, f"{WEBHOOKS}{made}/"), 404)
    assert get(admin, WEBHOOKS).json()["count"] == 0
    assert actions()[-1] == ("webhook.removed", str(made), "admin")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": "hooks.example"}, "url"),
        ({"url": "http://hooks.example/"}, "url"),
        ({"url": "https://192.168.1.1/"}, "url"),
        ({"url": "https://[fe80::1]/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://hooks.example/" + "x" * 500}, "url"),
        ({"types": None}, "types"),
        ({"types": []}, "types"),
        ({"types": ["notification.exploded"]}, "types"),
        ({"types": "event.done"}, "types"),
        ({"types": [["event.done"]]}, "types"),
    ],
)
def test_a_webhook_that_cannot_be_called_is_refused_by_name(
    changes: dict[str, Any], field: str, people: dict[str, User]
) -> None:
    before = everything_written()
    assert refusal(post(people["admin"], WEBHOOKS, {"url": URL, "types": ["event.done"], **changes}))[field]
    assert everything_written() == before
