"""What no sender may say: refused by the name of its field, before anything is written."""

from typing import Any

from django.contrib.auth.models import User

from notifications.models import Event
from notifications.tests.crowd import everything_written

from .people import post, refusal

EVENTS = "/api/events/"


def body(people: dict[str, User], **changes: Any) -> dict[str, Any]:
    """An event that is right, but for the changes."""
    addressed = {"users": [people["engineer"].pk]}
    return {"notification_type": "general", "message": "The lift is back.", "to": addressed, **changes}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"prioritty": "high"}, "prioritty"),
    ({"dry_run": True}, "dry_run"),  # it belongs into the address: here it would be sent
    ({"to": {"users": [10**9]}}, "to.users"),
    ({"to": {"users": ["x"]}}, "to.users.0"),
    ({"to": {"users": [True]}}, "to.users.0"),
    ({"to": {"users": [2**63]}}, "to.users.0"),
    ({"to": {"users": 1}}, "to.users"),
    ({"to": {"users": None}}, "to.users"),
    ({"to": {"users": list(range(1, 1002))}}, "to.users"),
    ({"to": {"exclude": [10**9]}}, "to.exclude"),
    ({"to": {"roles": ["nobody"]}}, "to.roles"),
    ({"to": {"namespace": "/cellar"}}, "to.namespace"),
    ({"to": {"rooms": ["task_123"]}}, "to.rooms"),
    ({"to": {"rooms": "task_123"}}, "to.rooms"),
    ({"to": {"rooms": [f"task_{n}" for n in range(1001)]}}, "to.rooms"),
    ({"to": {"related": {"room": "project:789", "as": ["assignee"]}}}, "to.related.room"),
    ({"to": {"related": {"room": "project:789"}}}, "to.related.as"),
    ({"to": {"related": {"room": "project:789", "as": []}}}, "to.related.as"),
    ({"to": {"related": {"room": "project:789", "as": ["x" * 33]}}}, "to.related.as.0"),
    ({"to": {"related": {"as": ["assignee"]}}}, "to.related.room"),
    ({"to": {"related": "project:789"}}, "to.related"),
    ({"to": {"user": [1]}}, "to.user"),
    ({"to": [1]}, "to"),
    ({"to": None}, "to"),
    ({"notification_type": "no_such_kind"}, "notification_type"),
    ({"notification_type": None}, "notification_type"),
    ({"notification_type": ""}, "notification_type"),
    ({"notification_type": "x" * 65}, "notification_type"),
    ({"notification_type": ["general"]}, "notification_type"),
    ({"title": "x" * 256}, "title"),
    ({"title": {"en": "x"}}, "title"),
    ({"message": None}, "message"),
    ({"message": "   "}, "message"),
    ({"message": "x" * 10_001}, "message"),
    ({"priority": "enormous"}, "priority"),
    ({"priority": 3}, "priority"),
    ({"category": "gossip"}, "category"),
    ({"data": []}, "data"),
    ({"data": "x"}, "data"),
    ({"context": [1]}, "context"),
    ({"data": {"n": 2**64}}, "data.n"),
    ({"source": "x" * 65}, "source"),
    ({"tags": ["x"] * 21}, "tags"),
    ({"tags": ["x", "x" * 65]}, "tags.1"),
    ({"tags": [{}]}, "tags.0"),
    ({"subject": {"kind": "ticket"}}, "subject.id"),
    ({"subject": "ticket"}, "subject"),
    ({"subject": {"kind": "x" * 65, "id": "5"}}, "subject.kind"),
    ({"thread": "x" * 129}, "thread"),
    ({"link": "javascript:alert(1)"}, "link"),
    ({"link": "//elsewhere.example/x"}, "link"),
    ({"link": "/\\elsewhere.example"}, "link"),
    ({"link": "data:text/html,x"}, "link"),
    ({"link": "http:///x"}, "link"),
    ({"link": "/x\ny"}, "link"),
    ({"image": "x.png"}, "image"),
    ({"image": "https://x.example/" + "x" * 500}, "image"),
    ({"actions": [{"id": "a", "label": "A"}] * 2}, "actions"),
    ({"actions": [{"id": str(n), "label": "A"} for n in range(6)]}, "actions"),
    ({"actions": [{"id": "a"}]}, "actions.0.label"),
    ({"actions": ["approve"]}, "actions.0"),
    ({"channels": ["pigeon"]}, "channels.0"),
    ({"channels": "email"}, "channels"),
    ({"requires_acknowledgment": "perhaps"}, "requires_acknowledgment"),
    ({"scheduled_for": "2020-01-01T00:00:00Z"}, "scheduled_for"),
    ({"scheduled_for": "tomorrow"}, "scheduled_for"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ({"expires_at": "0001-01-01T00:00:00+23:59"}, "expires_at"),
    ({"scheduled_for": "2099-01-02T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z"}, "expires_at"),
    ({"message": "a\0b"}, "message"),
    ({"data": {"deep": [{"er": "a\0b"}]}}, "data.deep.0.er"),
]


def test_what_is_wrong_is_refused_by_its_name_and_nothing_is_written(people: dict[str, User]) -> None:
    before = everything_written()
    named = {}
    for changes, field in WRONG:
        answer = post(people["admin"], EVENTS, body(people, **changes), key="k")
        named[str(changes)[:80]] = (answer.status_code, field if field in answer.json() else answer.json())
    assert named == {str(changes)[:80]: (400, field) for changes, field in WRONG}
    assert everything_written() == before


def test_a_missing_variable_of_the_kinds_words_is_named(people: dict[str, User]) -> None:
    answer = post(people["admin"], EVENTS, body(people, notification_type="ticket_opened", message=None))
    told = refusal(answer)
    assert [field for field in told if field.startswith("context.ticket")]
    assert told["code"] == "missing_variable"
    assert not Event.objects.exists()
