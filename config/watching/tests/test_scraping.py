"""/metrics: who may see it, and what it says."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from notifications import dispatch, events, inbox
from notifications.models import Delivery, NotificationLog

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def status(client: Client, **extra: Any) -> int:
    return client.get("/metrics", **extra).status_code


def samples(client: Client) -> dict[str, float]:
    """`name{labels}` → value."""
    lines = client.get("/metrics").content.decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[:1] != "#"}


def test_a_program_on_this_machine_may(client: Client, db: None) -> None:
    assert status(client) == status(client, REMOTE_ADDR="::1") == status(client, REMOTE_ADDR="::ffff:127.0.0.1") == 200


@pytest.mark.parametrize("header", ["X_FORWARDED_FOR", "X_REAL_IP", "FORWARDED", "VIA", "X_FORWARDED_PROTO"])
def test_a_proxy_on_this_machine_speaks_for_others(client: Client, db: None, header: str) -> None:
    assert status(client, **{f"HTTP_{header}": "127.0.0.1"}) == 401


@pytest.mark.parametrize("header", ["ORIGIN", "SEC_FETCH_SITE"])
def test_a_page_in_a_browser_of_this_machine_may_not(client: Client, db: None, header: str) -> None:
    assert status(client, **{f"HTTP_{header}": "https://elsewhere.example"}) == 401


def test_from_elsewhere_it_takes_the_token(client: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = "scrape-me"
    assert status(client, **ELSEWHERE) == 401
    assert status(client, **ELSEWHERE, HTTP_AUTHORIZATION="Bearer scrape-me") == 200
    assert status(client, **ELSEWHERE, HTTP_AUTHORIZATION="Bearer another") == 401


def test_no_token_that_is_set_is_no_token_that_fits(client: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert status(client, **ELSEWHERE, HTTP_AUTHORIZATION="Bearer ") == 401


def test_staff_may_by_session_and_by_token_and_others_not(client: Client, db: None) -> None:
    staff, person = User.objects.create_user("staff", is_staff=True), User.objects.create_user("person")
    for user, expected in ((staff, 200), (person, 403)):
        assert status(client, **ELSEWHERE, HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}") == expected
        client.force_login(user)
        assert status(client, **ELSEWHERE) == expected
        client.logout()


def test_without_a_database_it_says_so_and_the_rest(client: Client, monkeypatch: Any, db: None) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/at/all")
    seen = samples(client)
    assert (seen["tidings_database_up"], seen["tidings_redis_up"]) == (0, 1)
    assert not any(name.startswith("tidings_queue") for name in seen)


def test_what_happens_to_a_notification_is_counted_once_it_is_committed(
    client: Client, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    person = User.objects.create_user("person")
    client.force_login(person)
    before = samples(client)
    with django_capture_on_commit_callbacks(execute=True):
        event = events.Event(kind="general", message="Hello", audience=events.Audience(users=[person.pk]))
        dispatch.notify(event)
        name = 'tidings_events_accepted_total{kind="general"}'
        assert samples(client).get(name, 0) == before.get(name, 0), "it may still be rolled back"
    path = "/api/notifications/ack/"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(path, {"up_to_seq": 1}, content_type="application/json").json() == {"acknowledged": 1}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/api/notifications/mark_all_as_read/")
    after = samples(client)
    for name in (
        'tidings_events_accepted_total{kind="general"}',
        'tidings_notifications_created_total{kind="general"}',
        'tidings_notifications_delivered_total{kind="general"}',
        'tidings_notifications_read_total{kind="general"}',
    ):
        assert after[name] - before.get(name, 0) == 1, name


def test_an_acknowledgement_on_a_socket_tells_how_long_it_took(
    client: Client, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    person = User.objects.create_user("person")
    before = samples(client)
    with django_capture_on_commit_callbacks(execute=True):
        said = events.Audience(users=[person.pk])
        for _ in range(3):
            dispatch.notify(events.Event(kind="general", message="Hello", audience=said))
    NotificationLog.objects.update(created_at=timezone.now() - timedelta(seconds=20))
    ack = inbox.Ack(person.pk, 1, 3, sent_at=timezone.now(), rtt_ms=40, floor=3)
    with django_capture_on_commit_callbacks(execute=True):
        inbox.record_acks([ack])
    after = samples(client)
    count, near, far = (
        f"tidings_delivered_seconds_{which}" for which in ("count", 'bucket{le="10.0"}', 'bucket{le="30.0"}')
    )
    assert (after[count] - before[count], after[near] - before[near], after[far] - before[far]) == (3, 0, 3)
    name = 'tidings_notifications_delivered_total{kind="general"}'
    assert after[name] - before.get(name, 0) == 3


def test_the_queue_is_told_by_channel_and_how_it_stands(client: Client, db: None) -> None:
    now = timezone.now()
    person = User.objects.create_user("person")
    row = dispatch.notify(events.Event(kind="general", message="Hello", audience=events.Audience(users=[person.pk])))
    due = {"event": row, "outcome": "send", "reason": "kind_default", "priority": 2, "created_at": now}
    ago, ahead = now - timedelta(seconds=90), now + timedelta(hours=1)
    Delivery.objects.create(**due, channel="email", state="waiting", due_at=ago)
    Delivery.objects.create(**due, channel="email", state="held", due_at=ahead)
    Delivery.objects.create(**due, channel="sms", state="waiting", due_at=ahead)
    Delivery.objects.create(**due, channel="sms", state="failed")
    seen = samples(client)
    assert seen['tidings_queue_deliveries{channel="email",state="due"}'] == 1
    assert seen['tidings_queue_deliveries{channel="email",state="held"}'] == 1
    assert seen['tidings_queue_deliveries{channel="sms",state="later"}'] == 1
    assert 90 <= seen['tidings_queue_oldest_due_seconds{channel="email"}'] < 3600
    assert 'tidings_queue_oldest_due_seconds{channel="sms"}' not in seen


def test_requests_are_counted_by_pattern_and_answer_with_an_id(client: Client, db: None) -> None:
    name = 'tidings_http_requests_total{method="GET",route="/unsubscribe/(?P<token>[^/]+)/",status="404"}'
    before = samples(client).get(name, 0)
    answer = client.get("/unsubscribe/some-secret/")
    assert answer.status_code in {400, 404, 410}
    assert len(answer["X-Request-ID"]) == 32
    given = "0123456789abcdef0123456789abcdef"
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given
    assert client.get("/healthz", headers={"X-Request-ID": "my secret"})["X-Request-ID"] != "my secret"
    after = samples(client)
    assert not any("some-secret" in one for one in after)
    assert after.get(name, 0) - before in {0, 1}
