"""The desk in the Django admin: to search and look; acts go through the workflow."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.models import Comment, Ticket

from .desk import Told, make_ticket

LIST = "/admin/core/ticket/"


@pytest.fixture
def admin(people: dict[str, User]) -> Client:
    User.objects.filter(username="admin").update(is_staff=True)
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    return browser


def edit(admin: Client, ticket: Ticket, **fields: str) -> Any:
    form = {"title": ticket.title, "description": "", "priority": "normal", **fields}
    formset = {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"}
    return admin.post(f"{LIST}{ticket.pk}/change/", {**form, **formset})


def test_a_ticket_is_found_by_number_title_and_requester(admin: Client, people: dict[str, User]) -> None:
    ticket = make_ticket(people)
    for words in (str(ticket.pk), "between floors", "requester"):
        assert "The lift stops" in admin.get(LIST, {"q": words}).content.decode()
    for words in ("escalator", str(ticket.pk + 1), "9" * 30, "manager"):
        assert "The lift stops" not in admin.get(LIST, {"q": words}).content.decode()


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(admin: Client, people: dict[str, User]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            admin.get(LIST)
        return len(seen)

    make_ticket(people, assignees=("engineer",))
    few = queries()
    for _ in range(20):
        make_ticket(people, assignees=("engineer", "engineer2"))
    assert queries() == few


def test_the_status_and_the_assignees_cannot_be_edited(admin: Client, people: dict[str, User]) -> None:
    ticket = make_ticket(people)
    engineer = str(people["engineer"].pk)
    assert edit(admin, ticket, title="Lift", status="approved", assigned_to=engineer).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.title, ticket.status, ticket.assigned_to.count()) == ("Lift", "new", 0)


def test_saving_an_old_form_does_not_move_the_ticket_back(people: dict[str, User], admin: Client) -> None:
    """The admin's form saves what it edited, not the whole row as it was when the form was loaded."""
    from django.contrib import admin as site

    ticket = make_ticket(people)
    loaded = Ticket.objects.get(pk=ticket.pk)
    Ticket.objects.filter(pk=ticket.pk).update(status="open")
    model_admin = site.site._registry[Ticket]
    loaded.title = "Lift"

    class Form:
        changed_data = ("title",)

    model_admin.save_model(None, loaded, Form(), change=True)  # type: ignore[arg-type]
    ticket.refresh_from_db()
    assert (ticket.title, ticket.status) == ("Lift", "open")


def test_an_admin_action_goes_through_the_workflow(admin: Client, people: dict[str, User], told: Told) -> None:
    fresh, old = make_ticket(people), make_ticket(people, "approved")
    with told() as heard:
        page = admin.post(
            LIST, {"action": "open_tickets", "_selected_action": [fresh.pk, old.pk]}, follow=True
        ).content.decode()
    assert set(Ticket.objects.values_list("pk", "status")) == {(fresh.pk, "open"), (old.pk, "approved")}
    assert heard == {"requester": "requester"}
    assert "cannot become open" in page


def test_tickets_are_neither_added_nor_deleted_here(admin: Client, people: dict[str, User]) -> None:
    ticket = make_ticket(people)
    Comment.objects.create(ticket=ticket, author=people["requester"], text="Still there.")
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.get(f"{LIST}{ticket.pk}/delete/").status_code == 403
    assert "Still there." in admin.get(f"{LIST}{ticket.pk}/change/").content.decode()
