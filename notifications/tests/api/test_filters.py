"""What each parameter of the list picks, what is left out unless asked for, and that nonsense is refused by name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.events import Category, Subject
from notifications.models import Live, NotificationLog, Withdrawn
from notifications.tests.crowd import rows_of

from .people import get, ids, post, refusal

Notify = Callable[..., Any]
SENT: list[dict[str, Any]] = [
    {"message": "Zero", "tags": ["red", 'a", "b'], "source": "shop", "thread": "t0", "priority": "low"},
    {"message": "One ÄRGER", "kind": "admin_message", "subject": Subject("ticket", "5"), "priority": "high"},
    {"message": "Two", "kind": "ALERT", "tags": ["blue"], "source": "desk", "priority": "critical"},
    {"message": "Three 100%", "category": "warning", "subject": Subject("order", "5"), "thread": "t3"},
]


@pytest.fixture
def engineer(people: dict[str, User], notify_to: Notify) -> User:
    for fields in SENT:
        notify_to(people["engineer"], **fields)
    notify_to(people["engineer2"], message="Zero of somebody else")
    return people["engineer"]


def picked(person: User, path: str = "/api/notifications/", **query: Any) -> list[int]:
    """The places in SENT of what is listed."""
    place = {row.pk: row.seq - 1 for row in rows_of(person)}
    return [place[row_id] for row_id in ids(get(person, path, **query))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [3, 2, 1, 0]),
        ({"notification_type": "admin_message"}, [1]),
        ({"notification_type": "Admin-Message"}, [1]),
        ({"notification_type": "general"}, [3, 2, 0]),
        ({"notification_type": "ALERT"}, [2]),
        ({"notification_type": "alert,admin.message"}, [2, 1]),
        ({"notification_type": "SYSTEM"}, [3, 2, 1, 0]),
        ({"notification_type": "EMAIL"}, []),
        ({"notification_type": "WHATSAPP"}, []),
        ({"channel": "inbox"}, [3, 2, 1, 0]),
        ({"channel": "websocket"}, [3, 2, 1, 0]),
        ({"channel": "sms"}, []),
        ({"category": "warning"}, [3]),
        ({"category": "WARNING,alert"}, [3, 2]),
        ({"priority": "high"}, [1]),
        ({"priority": "LOW,critical"}, [2, 0]),
        ({"min_priority": "high"}, [2, 1]),
        ({"min_priority": "low"}, [3, 2, 1, 0]),
        ({"subject": "ticket:5"}, [1]),
        ({"subject": "ticket:5,order:5"}, [3, 1]),
        ({"subject": "ticket:6"}, []),
        ({"ticket": "5"}, [1]),
        ({"thread": "t3"}, [3]),
        ({"source": "shop,desk"}, [2, 0]),
        ({"tag": "red"}, [0]),
        ({"tag": "red,blue"}, [2, 0]),
        ({"tag": "re"}, []),
        ({"tag": "b"}, []),  # it stands within another tag, quotes and all
        ({"search": "zero"}, [0]),
        ({"search": "ärger"}, [1]),
        ({"search": "100%"}, [3]),
        ({"search": "%"}, [3]),
        ({"search": "_"}, []),
        ({"is_read": "false"}, [3, 2, 1, 0]),
        ({"is_read": "true"}, []),
        ({"unread_only": "1"}, [3, 2, 1, 0]),
        ({"unread_only": "False"}, [3, 2, 1, 0]),
        ({"ordering": "created_at"}, [0, 1, 2, 3]),
        ({"ordering": "-created_at"}, [3, 2, 1, 0]),
        ({"ordering": "priority"}, [0, 3, 1, 2]),
        ({"ordering": "-priority"}, [2, 1, 3, 0]),
        ({"priority": "high", "search": "zero"}, []),
        ({"is_read": "", "category": "", "since": "", "search": ""}, [3, 2, 1, 0]),
    ],
)
@pytest.mark.parametrize("path", ["/api/notifications/", "/api/notifications/unread/"])
def test_a_filter_picks(query: dict[str, str], found: list[int], path: str, engineer: User) -> None:
    answer = get(engineer, path, **query).json()
    assert picked(engineer, path, **query) == found
    assert answer["count"] == len(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("is_read", "maybe"),
        ("unread_only", "2"),
        ("notification_type", "no_such_kind"),
        ("notification_type", "100%"),
        ("channel", "pigeon"),
        ("channel", "%s"),
        ("category", "gossip"),
        ("priority", "enormous"),
        ("min_priority", "enormous"),
        ("subject", "ticket"),
        ("subject", ":5"),
        ("since", "yesterday"),
        ("until", "2026-13-40"),
        ("until", "0001-01-01T00:00:00+23:59"),
        ("archived", "x"),
        ("expired", "x"),
        ("ordering", "title"),
        ("search", "a\0b"),
        ("thread", "\0"),
        ("tag", "\0"),
        ("search", "x" * 201),
    ],
)
@pytest.mark.parametrize("path", ["/api/notifications/", "/api/notifications/unread/"])
def test_nonsense_is_refused_by_name(name: str, value: str, path: str, people: dict[str, User]) -> None:
    told = refusal(get(people["engineer"], path, **{name: value}))
    assert name in told
    assert told["code"] == "invalid"


def test_what_is_read_is_picked_by_is_read(engineer: User) -> None:
    row = rows_of(engineer)[2]
    post(engineer, f"/api/notifications/{row.pk}/mark_as_read/")
    assert picked(engineer, is_read="true") == [2]
    assert picked(engineer, is_read="false") == picked(engineer, unread_only="true") == [3, 1, 0]
    assert picked(engineer, "/api/notifications/unread/") == [3, 1, 0]


def test_a_row_that_is_not_pushed_is_not_on_the_channel_websocket(engineer: User) -> None:
    NotificationLog.objects.filter(recipient=engineer, seq=1).update(live=Live.SKIP)
    assert picked(engineer, channel="websocket") == picked(engineer, notification_type="SYSTEM") == [3, 2, 1]
    assert picked(engineer, channel="inbox") == [3, 2, 1, 0]


def test_since_and_until_take_times_and_days(engineer: User) -> None:
    rows = rows_of(engineer)
    for row in rows:
        NotificationLog.objects.filter(pk=row.pk).update(created_at=f"2026-11-2{row.seq}T12:00:00Z")
    assert picked(engineer, since="2026-11-23") == [3, 2]
    assert picked(engineer, since="2026-11-23T12:00:00Z") == [3, 2]
    assert picked(engineer, since="2026-11-23T12:00:01Z") == [3]
    assert picked(engineer, until="2026-11-22T14:00:00+02:00") == [1, 0]
    assert picked(engineer, since="2026-11-22", until="2026-11-23") == [1]


@pytest.mark.parametrize(
    ("changes", "shown_by"),
    [
        ({"archived_at": timezone.now()}, "archived"),
        ({"snoozed_until": timezone.now()}, "snoozed"),
        ({"withdrawn": Withdrawn.EXPIRED}, "expired"),
        ({"withdrawn": Withdrawn.CANCELLED}, "cancelled"),
        ({"withdrawn": Withdrawn.REPLACED}, "replaced"),
    ],
)
def test_what_is_put_away_is_listed_only_when_asked_for(changes: dict[str, Any], shown_by: str, engineer: User) -> None:
    NotificationLog.objects.filter(recipient=engineer, seq=2).update(**changes)
    assert picked(engineer, category="info,admin,alert,warning") == [3, 2, 0]
    assert picked(engineer, "/api/notifications/unread/", priority="high") == []
    assert picked(engineer, **{shown_by: "true"}) == [1]
    assert picked(engineer, "/api/notifications/unread/", **{shown_by: "true"}) == [1]
    assert picked(engineer, **{shown_by: "false"}) == [3, 2, 0]


def test_what_expired_a_moment_ago_is_expired_before_the_sweep_says_so(engineer: User) -> None:
    row = rows_of(engineer)[1]
    type(row.event).objects.filter(pk=row.event_id).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert picked(engineer) == [3, 2, 0]
    assert picked(engineer, expired="true") == [1]
    assert get(engineer, "/api/notifications/").json()["count"] == 3


def test_an_archived_row_below_the_floor_is_still_found_unread(engineer: User) -> None:
    row = rows_of(engineer)[0]
    post(engineer, f"/api/notifications/{row.pk}/archive/")
    post(engineer, "/api/notifications/mark_all_as_read/")
    assert picked(engineer, "/api/notifications/unread/") == []
    assert picked(engineer, "/api/notifications/unread/", archived="true") == [0]


def test_every_category_can_be_asked_for(engineer: User) -> None:
    for category in Category.values:
        assert get(engineer, "/api/notifications/", category=category).status_code == 200
        assert get(engineer, "/api/notifications/", notification_type=category.upper()).status_code == 200
