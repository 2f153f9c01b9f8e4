"""Every act, for every person, in every state: who sees, who may, from where, and who is told why."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from core.models import Status, Ticket
from notifications.models import Event

from .desk import ROLE_OF, Told, client_of, make_ticket, url

ASSIGNEES = ("engineer", "engineer2")
SEES = {"admin", "manager", "manager2", "engineer", "engineer2", "requester"}
MANAGERS = {"admin", "manager", "manager2"}
# act: who may, from which states, to which, who is told and as what, the event's kind
TABLE: dict[str, tuple[set[str], set[str], str | None, dict[str, str], str]] = {
    "open_ticket": (MANAGERS, {"new"}, "open", {"requester": "requester"}, "ticket_opened"),
    "assign": (
        MANAGERS,
        {"open", "assigned", "in_progress", "rejected"},
        "assigned",
        {"newcomer": "assignee"},
        "ticket_assigned",
    ),
    "start_work": (
        set(ASSIGNEES),
        {"assigned", "rejected"},
        "in_progress",
        {"requester": "requester"},
        "ticket_work_started",
    ),
    "finish_work": (
        set(ASSIGNEES),
        {"in_progress"},
        "finished",
        {"requester": "requester", "manager": "manager", "manager2": "manager"},
        "ticket_work_finished",
    ),
    "approve": (
        MANAGERS,
        {"finished"},
        "approved",
        {"requester": "requester", "engineer": "assignee", "engineer2": "assignee"},
        "ticket_approved",
    ),
    "reject": (
        MANAGERS,
        {"finished"},
        "rejected",
        {"engineer": "assignee", "engineer2": "assignee"},
        "ticket_rejected",
    ),
    "add_comment": (
        SEES,
        set(Status.values),
        None,
        {"requester": "requester", "engineer": "assignee", "engineer2": "assignee"},
        "ticket_comment_added",
    ),
}
EVERYBODY = [*ROLE_OF, "anonymous"]


def body(act: str, people: dict[str, User]) -> dict[str, Any]:
    if act == "assign":
        due = timezone.now() + timedelta(hours=2)
        names = [*ASSIGNEES, "newcomer"]
        return {"assigned_to": [people[name].pk for name in names], "resolution_due_at": due.isoformat()}
    return {
        "finish_work": {"comment": "Oiled the cable."},
        "reject": {"reason": "It still stops between floors."},
        "add_comment": {"text": "It hums."},
    }.get(act, {})


def expected_status(act: str, state: str, who: str) -> int:
    may, states, *_ = TABLE[act]
    if who == "anonymous":
        return 401
    if who not in SEES:
        return 404
    if who not in may:
        return 403
    return 200 if state in states else 409


@pytest.fixture
def people(people: dict[str, User]) -> dict[str, User]:
    people["newcomer"] = User.objects.create(username="newcomer")
    people["newcomer"].groups.set(people["engineer"].groups.all())
    return people


@pytest.mark.parametrize("state", Status.values)
@pytest.mark.parametrize("act", TABLE)
def test_the_table_holds_for_everybody(act: str, state: str, people: dict[str, User], told: Told) -> None:
    _, _, target, audience, kind = TABLE[act]
    for who in EVERYBODY:
        ticket = make_ticket(people, state, assignees=ASSIGNEES)
        with told() as heard:
            answer = client_of(people.get(who)).post(url(ticket, act), body(act, people), format="json")
        status = expected_status(act, state, who)
        done = status == 200
        after = Ticket.objects.get(pk=ticket.pk).status
        kinds = list(Event.objects.filter(subject_id=ticket.pk).values_list("kind", flat=True))
        assert (who, answer.status_code) == (who, status), answer.content
        assert (who, after) == (who, target if done and target else state)
        assert (who, heard) == (who, {name: why for name, why in audience.items() if name != who} if done else {})
        assert (who, kinds) == (who, [kind] if done else [])


@pytest.mark.parametrize("who", ROLE_OF)
def test_anybody_signed_in_may_report_and_managers_hear_of_it(who: str, people: dict[str, User], told: Told) -> None:
    with told() as heard:
        answer = client_of(people[who]).post("/api/tickets/", {"title": "No light in the cellar"}, format="json")
    assert answer.status_code == 201
    assert answer.json()["status"] == "new"
    assert answer.json()["created_by"] == people[who].pk
    assert heard == {name: "manager" for name in ("manager", "manager2") if name != who}


def test_nobody_reports_anonymously(people: dict[str, User]) -> None:
    assert client_of(None).post("/api/tickets/", {"title": "x"}, format="json").status_code == 401
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_sees_a_ticket(who: str, people: dict[str, User]) -> None:
    ticket = make_ticket(people, "assigned", assignees=ASSIGNEES)
    client = client_of(people.get(who))
    one, many = client.get(url(ticket)), client.get("/api/tickets/")
    if who == "anonymous":
        assert (one.status_code, many.status_code) == (401, 401)
    else:
        assert one.status_code == (200 if who in SEES else 404)
        assert [shown["id"] for shown in many.json()["results"]] == ([ticket.pk] if who in SEES else [])


def test_a_ticket_that_a_person_reported_and_was_given_is_listed_once(people: dict[str, User]) -> None:
    mine = make_ticket(people, "assigned", assignees=("engineer", "engineer2"))
    Ticket.objects.filter(pk=mine.pk).update(created_by=people["engineer"])
    assert client_of(people["engineer"]).get("/api/tickets/").json()["count"] == 1


def test_an_unassigned_engineer_does_not_see_it(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "assigned", assignees=("engineer",))
    client = client_of(people["engineer2"])
    assert client.get(url(ticket)).status_code == 404
    assert client.post(url(ticket, "start_work")).status_code == 404


def test_the_group_admin_oversees_without_being_superuser(people: dict[str, User]) -> None:
    User.objects.filter(username="admin").update(is_superuser=False)
    ticket = make_ticket(people)
    admin = client_of(User.objects.get(username="admin"))
    assert admin.post(url(ticket, "open_ticket")).status_code == 200


def test_inactive_people_are_not_told(people: dict[str, User], told: Told) -> None:
    User.objects.filter(username="requester").update(is_active=False)
    with told() as heard:
        assert client_of(people["manager"]).post(url(make_ticket(people), "open_ticket")).status_code == 200
    assert heard == {}


# the order of the checks: 401, 404, 403, 400, 409


def test_a_wrong_body_is_named_before_a_wrong_state_and_after_a_wrong_role(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "new", assignees=ASSIGNEES)
    wrong = {"reason": "short"}
    asked = {
        who: client_of(people.get(who)).post(url(ticket, "reject"), wrong, format="json").status_code
        for who in EVERYBODY
    }
    assert asked["anonymous"] == 401
    assert asked["outsider"] == asked["requester2"] == 404
    assert asked["requester"] == asked["engineer"] == 403
    assert asked["manager"] == asked["admin"] == 400


def test_a_wrong_state_says_so_in_its_code(people: dict[str, User]) -> None:
    answer = client_of(people["manager"]).post(url(make_ticket(people), "approve"))
    assert answer.status_code == 409
    assert "new" in answer.json()["detail"]
    assert answer.json()["code"] == "wrong_state"
