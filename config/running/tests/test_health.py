"""`/healthz` and `/readyz`, on real stores that are there, absent or out of reach."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.running import health
from notifications.models import Delivery, Event, PausedChannel


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/at/all")


def test_the_process_is_alive_even_without_a_database(client: Client, no_database: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_without_a_database_it_is_not_ready(client: Client, no_database: None, db: None) -> None:
    assert client.get("/readyz").status_code == 503


def test_with_everything_there_it_is_ready(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "degraded": []})


@pytest.mark.parametrize("url", [None, "unix:///nowhere.sock", "redis://127.0.0.1:1", "redis://localhost:port"])
def test_without_redis_it_is_ready_but_degraded(client: Client, settings: Settings, db: None, url: str | None) -> None:
    settings.REDIS_URL = url
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["degraded"]) == (200, ["redis"])


@pytest.mark.parametrize(
    ("state", "age_s", "due_s", "late"),
    [
        ("expanding", 31, None, True),
        ("expanding", 29, None, False),
        ("done", 31, None, False),
        ("scheduled", 3600, 60, False),
        ("scheduled", 3600, -29, False),
        ("scheduled", 3600, -31, True),
    ],
)
def test_an_event_that_waits_for_its_rows_for_half_a_minute_tells_that_workers_are_late(
    db: None, state: str, age_s: int, due_s: int | None, late: bool
) -> None:
    now = timezone.now()
    Event.objects.create(
        kind="general",
        category="info",
        priority="normal",
        audience={},
        title="Late?",
        message="Late?",
        state=state,
        created_at=now - timedelta(seconds=age_s),
        scheduled_for=None if due_s is None else now + timedelta(seconds=due_s),
    )
    assert health.workers_are_late() is late


@pytest.mark.parametrize(
    ("channel", "state", "due_s", "late"),
    [
        ("email", "waiting", 31, True),
        ("email", "held", 31, True),
        ("email", "waiting", 25, False),
        ("email", "failed", 31, False),
        ("email", "waiting", -30, False),
        ("sms", "waiting", 31, False),
    ],
)
def test_a_delivery_that_nobody_takes_up_tells_it_too(
    db: None, channel: str, state: str, due_s: int, late: bool
) -> None:
    now = timezone.now()
    words = {"kind": "general", "category": "info", "priority": "normal", "title": "Late?", "message": "Late?"}
    event = Event.objects.create(**words, audience={}, state="done", created_at=now)
    due = {"due_at": now - timedelta(seconds=due_s), "created_at": now}
    about = {"outcome": "send", "reason": "kind_default", "priority": 2}
    Delivery.objects.create(event=event, channel=channel, state=state, **due, **about)
    assert health.workers_are_late() is late
    PausedChannel.objects.create(channel=channel, since=now)
    assert health.workers_are_late() is False, "staff want it to wait"
