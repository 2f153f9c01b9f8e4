"""Analytics over HTTP: everybody's for staff, one's own for everybody; metric snapshots."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from notifications import figures, inbox
from notifications.metrics import prune, record_metric
from notifications.models import Delivery, Event, MetricSnapshot, NotificationLog

from ..crowd import make_crowd, make_person
from ..dispatch.test_cancelling import delivery

pytestmark = pytest.mark.django_db
NotifyTo = Callable[..., Event]
STAFF, OWN, METRICS = "/api/admin/notifications/analytics/", "/api/notifications/analytics/", "/api/admin/metrics/"


def client(user: User) -> APIClient:
    found = APIClient()
    found.force_authenticate(user)
    return found


@pytest.fixture
def staff() -> APIClient:
    return client(make_person(is_staff=True))


@pytest.fixture
def reader(notify_to: NotifyTo) -> User:
    """Has three: one read, two delivered, after 40 ms with a round trip of 25 and after a second; one letter failed."""
    person = make_person()
    for kind in ("general", "general", "admin_message"):
        notify_to(person, kind=kind)
    first, second, third = NotificationLog.objects.filter(recipient=person).order_by("seq")
    inbox.acknowledge(person.pk, ids=[first.pk, second.pk])
    NotificationLog.objects.filter(pk=first.pk).update(
        delivered_at=first.created_at + timedelta(milliseconds=40), rtt_ms=25
    )
    NotificationLog.objects.filter(pk=second.pk).update(delivered_at=second.created_at + timedelta(seconds=1))
    inbox.mark_as_read(person.pk, [first.pk])
    delivery(third, "failed", settled_at=third.created_at)
    return person


def test_totals_and_rows_by_day_are_what_the_rows_say(staff: APIClient, reader: User, notify_to: NotifyTo) -> None:
    notify_to(make_person())
    told = staff.get(STAFF).json()
    today = timezone.now().date()
    assert (told["since"], told["until"], told["by"]) == (str(today - timedelta(days=29)), str(today), "day")
    assert {name: told["totals"][name] for name in ("created", "sent", "delivered", "read", "failed")} == {
        "created": 4,
        "sent": 2,
        "delivered": 2,
        "read": 1,
        "failed": 1,
    }
    assert (told["totals"]["delivery_rate"], told["totals"]["read_rate"]) == (0.5, 0.25)
    assert (told["totals"]["p50_delivery_ms"], told["totals"]["p95_ack_rtt_ms"]) == (40, 25)
    assert told["rows"] == [{"key": str(today), **told["totals"]}]


@pytest.mark.parametrize(
    ("by", "created"),
    [
        ("type", {"admin_message": 1, "general": 2}),
        ("priority", {"normal": 3}),
        ("channel", {"inbox": 3, "websocket": 3, "email": 1}),
    ],
)
def test_rows_are_grouped_as_asked(staff: APIClient, reader: User, by: str, created: dict[str, int]) -> None:
    for path, asking in ((STAFF, staff), (OWN, client(reader))):
        rows = asking.get(path, {"by": by}).json()["rows"]
        assert {row["key"]: row["created"] for row in rows} == created


def test_people_come_in_pages_by_id(staff: APIClient, notify_to: NotifyTo) -> None:
    people = make_crowd(5)
    notify_to(*people)
    make_person()
    found: list[int] = []
    url: str | None = f"{STAFF}?by=user&limit=2"
    while url:
        page = staff.get(url).json()
        assert page["totals"]["created"] == 5
        found += [row["key"] for row in page["rows"]]
        assert len(page["rows"]) <= 2
        assert all(row["username"] and row["created"] == 1 for row in page["rows"])
        url = page["next"]
    assert found == people


def test_ones_own_are_ones_own(reader: User, notify_to: NotifyTo) -> None:
    notify_to(make_person())
    told = client(reader).get(OWN).json()
    assert (told["totals"]["created"], told["totals"]["read"]) == (3, 1)
    assert client(reader).get(OWN, {"by": "user"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/notifications/analytics", "/api/notifications/analytics", "/notifications/analytics/"]
)
def test_under_the_other_spelling_too(reader: User, path: str) -> None:
    assert client(reader).get(path).json()["totals"]["created"] == 3


def test_who_may_not(reader: User) -> None:
    assert APIClient().get(STAFF).status_code == APIClient().get(OWN).status_code == 401
    assert client(reader).get(STAFF).status_code == client(reader).get(METRICS).status_code == 403
    assert client(reader).post(METRICS, {"name": "x", "value": 1}).status_code == 403


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-02-30"}, "until"),
        ({"since": "2026-11-21", "until": "2026-11-20"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"until": "0001-01-02"}, "until"),
        ({"by": "hour"}, "by"),
        ({"by": "user", "after": "x"}, "after"),
        ({"by": "user", "limit": "0"}, "limit"),
    ],
)
def test_what_makes_no_sense_is_named(staff: APIClient, given: dict[str, Any], field: str) -> None:
    answer = staff.get(STAFF, given)
    assert answer.status_code == 400
    assert field in answer.json()


def test_days_are_counted_whole(staff: APIClient, reader: User) -> None:
    now = timezone.now()
    NotificationLog.objects.filter(recipient=reader, kind="general").update(created_at=now - timedelta(days=3))
    asked = {"since": (now - timedelta(days=3)).isoformat(), "until": str((now - timedelta(days=1)).date())}
    assert staff.get(STAFF, asked).json()["totals"]["created"] == 2


def test_figures_outlive_the_rows(staff: APIClient, reader: User) -> None:
    a_while_ago = timezone.now() - timedelta(hours=1)
    NotificationLog.objects.update(created_at=a_while_ago)
    Delivery.objects.update(created_at=a_while_ago)
    before = staff.get(STAFF, {"by": "type"}).json()
    figures.roll_up()
    assert staff.get(STAFF, {"by": "type"}).json() == before
    ids = list(NotificationLog.objects.values_list("pk", flat=True))
    figures.keep_figures_of(ids)
    NotificationLog.objects.all().delete()
    assert staff.get(STAFF, {"by": "type"}).json() == before


# --- metric snapshots -------------------------------------------------------
def test_a_metric_is_recorded_and_found_by_its_name(staff: APIClient) -> None:
    made = staff.post(
        METRICS, {"name": "volunteer_hours", "value": 12.5, "subject": {"kind": "project", "id": "7"}}, format="json"
    )
    assert made.status_code == 201
    record_metric("open_tickets", 3)
    staff.post(METRICS, {"name": "volunteer_hours", "value": 14, "subject": "project:8"}, format="json")
    found = staff.get(METRICS, {"name": "volunteer_hours"}).json()
    assert [(row["value"], row["subject"]["id"]) for row in found["results"]] == [(14, "8"), (12.5, "7")]
    assert staff.get(METRICS, {"subject": "project:7"}).json()["results"] == [made.json()]
    assert staff.get(METRICS, {"limit": 1}).json()["next"]
    assert staff.get(METRICS).json()["count"] == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"value": 1}, "name"),
        ({"name": "two words", "value": 1}, "name"),
        ({"name": "x"}, "value"),
        ({"name": "x", "value": "nan"}, "value"),
        ({"name": "x", "value": "many"}, "value"),
        ({"name": "x", "value": 1, "subject": "project"}, "subject"),
        ({"name": "x", "value": 1, "subject": {"kind": "project", "id": "7" * 65}}, "subject"),
    ],
)
def test_a_metric_that_makes_no_sense_is_named(staff: APIClient, given: dict[str, Any], field: str) -> None:
    answer = staff.post(METRICS, given, format="json")
    assert answer.status_code == 400
    assert field in answer.json()
    assert not MetricSnapshot.objects.exists()


def test_metrics_are_kept_as_long_as_the_setting_says(settings: Any) -> None:
    old, _ = record_metric("hours", 1), record_metric("hours", 2)
    MetricSnapshot.objects.filter(pk=old.pk).update(recorded_at=timezone.now() - timedelta(days=3))
    settings.METRIC_RETENTION_DAYS = 0
    assert prune() == (0, None)
    settings.METRIC_RETENTION_DAYS = 2
    assert prune() == (1, None)
    assert [row.value for row in MetricSnapshot.objects.all()] == [2]
