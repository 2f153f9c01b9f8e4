"""A ticket's whole life over the API, as its people hear of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from core import workflow
from core.models import REACHED_FROM, Status, Ticket, WrongState
from notifications.models import Event, NotificationLog

from .desk import Capture, Told, client_of, make_ticket, url


def due() -> str:
    return (timezone.now() + timedelta(hours=2)).isoformat()


def test_from_report_to_approval_with_one_rejection(
    people: dict[str, User], django_capture_on_commit_callbacks: Capture
) -> None:
    manager, engineer, requester = (client_of(people[name]) for name in ("manager", "engineer", "requester"))
    with django_capture_on_commit_callbacks(execute=True):
        made = requester.post("/api/tickets/", {"title": "Heating is off", "priority": "high"}, format="json").json()
        ticket = Ticket.objects.get(pk=made["id"])

        def act(client: Any, name: str, **body: Any) -> dict[str, Any]:
            answer = client.post(url(ticket, name), body, format="json")
            assert answer.status_code == 200, answer.content
            return dict(answer.json())

        act(manager, "open_ticket")
        given = act(manager, "assign", assigned_to=[people["engineer"].pk], resolution_due_at=due())
        act(engineer, "start_work")
        act(engineer, "finish_work", comment="Bled the radiators.")
        act(manager, "reject", reason="The third floor is still cold.")
        act(engineer, "start_work")
        act(engineer, "finish_work", comment="Replaced the third floor's valve.")
        act(requester, "add_comment", text="Warm at last, thank you!")
        done = act(manager, "approve")

    assert given["assigned_to"] == [people["engineer"].pk]
    assert done["status"] == "approved"
    assert [(comment["author"], comment["text"]) for comment in done["comments"]] == [
        (people["engineer"].pk, "Bled the radiators."),
        (people["manager"].pk, "The third floor is still cold."),
        (people["engineer"].pk, "Replaced the third floor's valve."),
        (people["requester"].pk, "Warm at last, thank you!"),
    ]
    assert kinds_of(people["requester"]) == [
        "ticket_opened",
        "ticket_work_started",
        "ticket_work_finished",
        "ticket_work_started",
        "ticket_work_finished",
        "ticket_approved",
    ]
    assert kinds_of(people["engineer"]) == [
        "ticket_assigned",
        "ticket_rejected",
        "ticket_comment_added",
        "ticket_approved",
    ]
    assert kinds_of(people["manager"]) == ["ticket_created", "ticket_work_finished", "ticket_work_finished"]
    assert kinds_of(people["outsider"]) == []


def kinds_of(user: User) -> list[str]:
    return list(NotificationLog.objects.filter(recipient=user).order_by("seq").values_list("kind", flat=True))


def test_the_notification_carries_the_ticket_and_says_what_happened(people: dict[str, User], told: Told) -> None:
    ticket = make_ticket(people, "open")
    body = {"assigned_to": [people["engineer"].pk], "resolution_due_at": due()}
    with told():
        client_of(people["manager"]).post(url(ticket, "assign"), body, format="json")
    event = Event.objects.get(kind="ticket_assigned")
    assert event.data == {"ticket": {"id": ticket.pk, "title": ticket.title, "status": "assigned"}}
    assert event.subject == {"kind": "ticket", "id": str(ticket.pk)}
    assert (event.source, event.thread, event.link) == ("tickets", f"ticket:{ticket.pk}", None)
    assert event.actor == people["manager"]
    assert ticket.title in event.title
    assert "UTC" in event.message


def test_liquid_in_a_title_is_shown_as_it_was_typed(people: dict[str, User], told: Told) -> None:
    with told():
        client_of(people["requester"]).post("/api/tickets/", {"title": "{{ sender }} {% for %}"}, format="json")
    assert Event.objects.get().title == "New ticket: {{ sender }} {% for %}"


def test_the_longest_title_and_the_longest_comment_are_told(people: dict[str, User], told: Told) -> None:
    client = client_of(people["requester"])
    with told() as heard:
        made = client.post("/api/tickets/", {"title": "x" * 200}, format="json")
        said = client.post(f"/api/tickets/{made.json()['id']}/add_comment/", {"text": "y" * 10_000}, format="json")
    assert (made.status_code, said.status_code) == (201, 200)
    assert heard == {"manager": "manager", "manager2": "manager"}
    assert len(said.json()["comments"][0]["text"]) == 10_000
    assert len(Event.objects.get(kind="ticket_comment_added").message) < 400


def test_assigning_again_tells_only_newcomers(people: dict[str, User], told: Told) -> None:
    ticket = make_ticket(people, "open")
    manager = client_of(people["manager"])

    def give(*names: str) -> dict[str, str]:
        ids = [people[name].pk for name in names]
        with told() as heard:
            answer = manager.post(
                url(ticket, "assign"), {"assigned_to": ids, "resolution_due_at": due()}, format="json"
            )
            assert sorted(answer.json()["assigned_to"]) == sorted(ids)
        return heard

    assert give("engineer") == {"engineer": "assignee"}
    assert give("engineer") == {}
    assert give("engineer2", "engineer") == {"engineer2": "assignee"}
    assert give("engineer2") == {}
    assert give("engineer", "engineer2") == {"engineer": "assignee"}  # he had lost it meanwhile


def test_an_act_that_is_rolled_back_tells_nobody(people: dict[str, User], told: Told) -> None:
    ticket = make_ticket(people)
    with told() as heard, transaction.atomic():
        workflow.open_ticket(ticket.pk, actor=people["manager"])
        assert Event.objects.exists()
        transaction.set_rollback(True)
    assert heard == {}
    assert not Event.objects.exists()
    assert Ticket.objects.get().status == "new"


def test_the_requester_who_is_also_manager_and_assignee_is_told_once(people: dict[str, User], told: Told) -> None:
    ticket = make_ticket(people, "in_progress", assignees=("engineer",))
    Ticket.objects.filter(pk=ticket.pk).update(created_by=people["manager2"])
    with told() as heard:
        client_of(people["engineer"]).post(url(ticket, "finish_work"), {"comment": "Done."}, format="json")
    assert heard == {"manager": "manager", "manager2": "requester"}


def test_status_cannot_be_written_from_outside(people: dict[str, User]) -> None:
    client = client_of(people["manager"])
    made = client.post("/api/tickets/", {"title": "x", "status": "approved", "assigned_to": [1]}, format="json")
    assert (made.json()["status"], made.json()["assigned_to"]) == ("new", [])
    ticket = Ticket.objects.get()
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(url(ticket), {"status": "approved"}, format="json").status_code == 405


def test_no_way_leads_out_of_approved_or_back_to_new() -> None:
    assert Status.NEW not in REACHED_FROM
    assert all(Status.APPROVED not in origins for origins in REACHED_FROM.values())


def test_a_refused_move_writes_nothing_and_names_where_it_could_come_from(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "new")
    with pytest.raises(WrongState, match=r"new cannot become approved.*finished"):
        ticket.move_to(Status.APPROVED)
    assert Ticket.objects.get().status == ticket.status == "new"
    with pytest.raises(WrongState):
        ticket.move_to(Status.NEW)


def test_who_lost_the_ticket_a_moment_ago_may_not_start_it(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "assigned", assignees=("engineer2",))
    with pytest.raises(workflow.NotAllowed):
        workflow.start_work(ticket.pk, actor=people["engineer"])
    assert Ticket.objects.get().status == "assigned"


def test_a_ticket_of_a_thousand_engineers_can_be_approved(people: dict[str, User]) -> None:
    """With the requester that is 1,001 people to tell: more than a client may name in one list."""
    ticket = make_ticket(people, "finished")
    crowd = User.objects.bulk_create(User(username=f"engineer-{number}") for number in range(1000))
    ticket.assigned_to.set(crowd)
    assert client_of(people["manager"]).post(url(ticket, "approve")).status_code == 200
