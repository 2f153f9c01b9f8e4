"""A request that is sent again with its Idempotency-Key acts once."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from core.models import Comment, Ticket

from .desk import Told, client_of, make_ticket, url


def post(user: User, path: str, body: dict[str, Any] | None = None, *, key: str, encoding: str = "json") -> Any:
    return client_of(user).post(path, body or {}, format=encoding, headers={"Idempotency-Key": key})


def test_a_report_sent_twice_is_one_ticket(people: dict[str, User], told: Told) -> None:
    with told() as heard:
        first, second = (post(people["requester"], "/api/tickets/", {"title": "Leak"}, key="k") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Ticket.objects.count() == 1
    assert heard == {"manager": "manager", "manager2": "manager"}


def test_an_act_sent_twice_happens_once_and_shows_the_ticket_as_it_is_now(people: dict[str, User], told: Told) -> None:
    ticket = make_ticket(people, "in_progress", assignees=("engineer",))
    done = {"comment": "Fixed."}
    with told() as heard:
        first = post(people["engineer"], url(ticket, "finish_work"), done, key="k")
        Ticket.objects.update(status="approved")
        second = post(people["engineer"], url(ticket, "finish_work").rstrip("/"), done, key="k")
        third = client_of(people["engineer"]).post(url(ticket, "finish_work"), done, format="json")
    assert (first.status_code, first.json()["status"]) == (200, "finished")
    assert (second.status_code, second.json()["status"]) == (200, "approved")
    assert third.status_code == 409  # without its key it is a new request
    assert Comment.objects.count() == 1
    assert heard == {"requester": "requester", "manager": "manager", "manager2": "manager"}


def test_the_order_of_the_fields_does_not_matter(people: dict[str, User]) -> None:
    post(people["requester"], "/api/tickets/", {"title": "Leak", "priority": "high"}, key="k")
    again = post(people["requester"], "/api/tickets/", {"priority": "high", "title": "Leak"}, key="k")
    assert again.status_code == 201
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("body", [{"title": "Flood"}, {}, {"title": ""}])
def test_another_body_under_the_same_key_is_refused_before_it_is_looked_at(
    body: dict[str, Any], people: dict[str, User]
) -> None:
    post(people["requester"], "/api/tickets/", {"title": "Leak"}, key="k")
    answer = post(people["requester"], "/api/tickets/", body, key="k")
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert "detail" in answer.json()
    assert Ticket.objects.count() == 1


def test_another_act_under_the_same_key_is_refused(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "finished", assignees=("engineer",))
    assert post(people["manager"], url(ticket, "approve"), key="k").status_code == 200
    assert post(people["manager"], url(ticket, "open_ticket"), key="k").status_code == 422


def test_keys_belong_to_a_person(people: dict[str, User]) -> None:
    for name in ("requester", "requester2"):
        assert post(people[name], "/api/tickets/", {"title": "Leak"}, key="k").status_code == 201
    assert Ticket.objects.count() == 2


def test_a_refused_request_does_not_use_its_key_up(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "new")
    assert post(people["manager"], url(ticket, "approve"), key="k").status_code == 409
    Ticket.objects.update(status="finished")
    assert post(people["manager"], url(ticket, "approve"), key="k").status_code == 200
    assert post(people["requester"], "/api/tickets/", {"title": ""}, key="k").status_code == 400
    assert post(people["requester"], "/api/tickets/", {"title": "Leak"}, key="k").status_code == 201


def test_a_repetition_after_the_ticket_was_taken_away_does_not_show_it(people: dict[str, User]) -> None:
    ticket = make_ticket(people, "assigned", assignees=("engineer",))
    assert post(people["engineer"], url(ticket, "start_work"), key="k").status_code == 200
    ticket.assigned_to.clear()
    assert post(people["engineer"], url(ticket, "start_work"), key="k").status_code == 404


def test_a_key_has_at_most_255_characters(people: dict[str, User]) -> None:
    assert post(people["requester"], "/api/tickets/", {"title": "Leak"}, key="k" * 255).status_code == 201
    for key in ("k" * 256, ""):
        answer = post(people["requester"], "/api/tickets/", {"title": "Leak"}, key=key)
        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.json()
    assert Ticket.objects.count() == 1


def test_a_form_can_carry_a_key_too(people: dict[str, User]) -> None:
    for _ in range(2):
        made = post(people["requester"], "/api/tickets/", {"title": "Leak"}, key="k", encoding="multipart")
        assert made.status_code == 201
    assert Ticket.objects.count() == 1
