"""Lists, filters and the forms that people see in the browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Comment, Ticket

from .desk import client_of, make_ticket, url


@pytest.mark.parametrize("who", ["manager", "engineer", "requester"])
def test_the_list_takes_the_same_number_of_queries_however_long_it_is(who: str, people: dict[str, User]) -> None:
    def counted(path: str) -> int:
        user = User.objects.get(username=who)
        with CaptureQueriesContext(connection) as queries:
            assert client_of(user).get(path).status_code == 200
        return len(queries)

    def add(tickets: int) -> None:
        for _ in range(tickets):
            ticket = make_ticket(people, "assigned", assignees=("engineer", "engineer2"))
            for author in ("requester", "engineer", "manager"):
                Comment.objects.create(ticket=ticket, author=people[author], text="…")

    add(1)
    few = counted("/api/tickets/")
    add(15)
    assert counted("/api/tickets/") == few <= 7


def test_filters_and_order(people: dict[str, User]) -> None:
    for priority, status in (("low", "new"), ("urgent", "new"), ("normal", "open"), ("high", "open")):
        ticket = make_ticket(people, status)
        Ticket.objects.filter(pk=ticket.pk).update(priority=priority)
    client = client_of(people["manager"])

    def priorities(query: str) -> list[str]:
        return [ticket["priority"] for ticket in client.get(f"/api/tickets/{query}").json()["results"]]

    assert priorities("") == ["high", "normal", "urgent", "low"]  # the newest first
    assert priorities("?status=new") == ["urgent", "low"]
    assert priorities("?priority=high") == ["high"]
    assert priorities("?status=new&priority=high") == []
    assert priorities("?ordering=priority") == ["low", "normal", "high", "urgent"]
    assert priorities("?ordering=-priority") == ["urgent", "high", "normal", "low"]
    assert priorities("?ordering=created_at") == ["low", "urgent", "normal", "high"]
    for wrong in ("status=closed", "priority=critical", "ordering=title"):
        answer = client.get(f"/api/tickets/?{wrong}")
        assert answer.status_code == 400
        assert wrong.split("=")[0] in answer.json()


def test_a_ticket_shows_what_the_contract_says(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "assigned", assignees=("engineer",))
    comment = Comment.objects.create(ticket=ticket, author=people["engineer"], text="On my way.")
    shown = client_of(people["requester"]).get(url(ticket)).json()
    assert set(shown) >= {
        *("id", "title", "description", "priority", "status", "created_by", "assigned_to", "resolution_due_at"),
        *("estimated_resolution_time", "comments", "created_at", "updated_at"),
    }
    assert shown["created_by"] == people["requester"].pk
    assert shown["assigned_to"] == [people["engineer"].pk]
    assert (
        shown["comments"][0].items()
        >= {
            "id": comment.pk,
            "author": people["engineer"].pk,
            "text": "On my way.",
        }.items()
    )


def test_both_spellings_of_each_path_answer(people: dict[str, User]) -> None:
    client = client_of(people["manager"])
    ticket = make_ticket(people)
    assert client.get("/api/tickets").status_code == client.get("/api/tickets/").status_code == 200
    assert client.get(f"/api/tickets/{ticket.pk}").status_code == 200
    assert client.post(f"/api/tickets/{ticket.pk}/open_ticket").status_code == 200


def page(user: User, path: str, **extra: Any) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.get(path, headers={"Accept": "text/html"}).content.decode()


@pytest.mark.parametrize(
    ("act", "inputs"),
    [
        ("open_ticket", []),
        ("assign", ["assigned_to", "resolution_due_at", "estimated_resolution_time"]),
        ("start_work", []),
        ("finish_work", ["comment"]),
        ("approve", []),
        ("reject", ["reason"]),
        ("add_comment", ["text"]),
    ],
)
def test_every_act_has_a_form_in_the_browsable_api(act: str, inputs: list[str], people: dict[str, User]) -> None:
    html = page(people["manager"], url(make_ticket(people), act))
    assert 'id="post-object-form"' in html
    for name in inputs:
        assert f'name="{name}"' in html


def test_the_form_names_engineers_only_to_those_who_may_assign(people: dict[str, User]) -> None:
    path = url(make_ticket(people), "assign")
    assert "engineer2" in page(people["manager"], path)
    assert "engineer2" not in page(people["outsider"], path)


def test_a_form_with_two_engineers_assigns_both(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "open")
    tomorrow = timezone.now() + timedelta(days=1)
    body = {
        "assigned_to": [people["engineer"].pk, people["engineer2"].pk],
        "resolution_due_at": f"{tomorrow:%Y-%m-%dT%H:%M}",  # what a datetime-local input sends
        "estimated_resolution_time": "",
    }
    answer = client_of(people["manager"]).post(url(ticket, "assign"), body, format="multipart")
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["assigned_to"]) == 2
