"""A person is erased: nothing names them any more, the ledger adds up, and the audit's seal is whole."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from config.sign_in.keys import issuing
from core.models import Comment, Ticket
from notifications import privacy
from notifications.events import Audience, Refused
from notifications.inbox import pruning
from notifications.models import (
    AuditEntry,
    Event,
    Inbox,
    NotificationLog,
    Preference,
    Suppression,
)

from ..crowd import make_person, rows_of, send
from . import kept
from .kept import all_is_well

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_of_them_is_left_in_any_table(zebulon: User) -> None:
    kept.live_a_little(zebulon)
    assert len(kept.left_of_them()) > 20
    privacy.erase(zebulon.pk)
    assert kept.left_of_them() == []
    assert all_is_well()


def test_others_keep_what_they_were_told_without_the_name(zebulon: User) -> None:
    events = kept.live_a_little(zebulon)
    privacy.erase(zebulon.pk)
    for event in events.values():
        event.refresh_from_db()
    assert events["both"].title == "Meet (erased)"
    assert events["both"].message == "Write to (erased), call (erased)."
    assert (events["sent"].message, events["sent"].data) == ("Yours, (erased)!", {"by": {"name": "(erased)"}})
    assert events["sent"].sender == {"id": zebulon.pk, "name": "(erased)"}
    assert events["about"].message == "Ask (erased) about it."
    assert events["about"].search.endswith("ask (erased) about it.")
    assert events["others"].message == "Nobody is named."
    assert (events["alone"].title, events["alone"].message, events["alone"].data) == ("(erased)", "", {})
    assert (events["both"].recipients, events["both"].pruned) == (2, 1)


def test_what_was_told_to_them_alone_is_blanked_even_if_it_was_pruned_before(zebulon: User) -> None:
    event, other = send(zebulon, message=kept.MESSAGE), send(zebulon, make_person(), message="To both.")
    theirs = NotificationLog.objects.filter(recipient=zebulon)
    pruning.remove([(row.pk, zebulon.pk) for row in theirs], theirs, pruning.THE_JOB)
    privacy.erase(zebulon.pk)
    event.refresh_from_db()
    other.refresh_from_db()
    assert (event.message, other.message) == ("", "To both.")
    assert all_is_well()


def test_an_address_that_somebody_else_has_too_stays_suppressed(zebulon: User) -> None:
    make_person(email=kept.EMAIL.upper())
    Suppression.objects.create(channel="email", address=kept.EMAIL, since=timezone.now())
    privacy.erase(zebulon.pk)
    assert Suppression.objects.count() == 1


def test_a_name_that_is_a_role_or_short_goes_only_from_what_they_sent_or_were_told() -> None:
    manager, other = User.objects.create(username="manager"), make_person("manager")
    near, far = send(manager, other, message="Ask manager Bo."), send(other, message="Ask a manager.")
    privacy.erase(manager.pk)
    near.refresh_from_db()
    far.refresh_from_db()
    assert (near.message, far.message) == ("Ask (erased) Bo.", "Ask a manager.")


def test_the_account_stays_as_nobodys(zebulon: User) -> None:
    kept.live_a_little(zebulon)
    privacy.erase(zebulon.pk)
    zebulon.refresh_from_db()
    assert (zebulon.username, zebulon.email, zebulon.get_full_name()) == (f"erased-{zebulon.pk}", "", "")
    assert (zebulon.is_active, zebulon.has_usable_password()) == (False, False)
    assert not Inbox.objects.filter(pk=zebulon.pk).exists()
    assert not Preference.objects.exists()


def test_the_audit_says_that_they_were_erased_and_by_whom(zebulon: User) -> None:
    kept.live_a_little(zebulon)
    privacy.erase(zebulon.pk, actor=(4711, "clerk"))
    entry = AuditEntry.objects.get(action="person.erased")
    assert (entry.actor_id, entry.actor_name, entry.target_user_id) == (4711, "clerk", zebulon.pk)
    theirs = AuditEntry.objects.get(action="connection.opened")
    assert (theirs.actor_id, theirs.actor_name, theirs.metadata, theirs.salt) == (zebulon.pk, "", {}, None)


def test_entries_that_are_sealed_afterwards_hold_no_names_either(zebulon: User) -> None:
    kept.live_a_little(zebulon)
    assert AuditEntry.objects.filter(batch=None).exists()
    privacy.erase(zebulon.pk)
    assert all_is_well()


def test_whoever_erases_may_be_erased_later(zebulon: User) -> None:
    clerk = User.objects.create(username="marker-clerk")
    privacy.erase(zebulon.pk, actor=(clerk.pk, clerk.username))
    privacy.erase(clerk.pk)
    assert kept.left_of_them() == []
    assert all_is_well()


def test_what_was_scheduled_for_them_alone_is_cancelled(zebulon: User) -> None:
    later = timezone.now() + timedelta(hours=1)
    event = send(zebulon, message=kept.MESSAGE, scheduled_for=later)
    privacy.erase(zebulon.pk)
    event.refresh_from_db()
    assert (event.state, event.message) == (Event.State.CANCELLED, "")


def test_a_trial_says_what_would_go_and_changes_nothing(zebulon: User) -> None:
    kept.live_a_little(zebulon)
    before, said = kept.everything(), io.StringIO()
    call_command("erase_user", kept.USERNAME, dry_run=True, stdout=said)
    assert kept.everything() == before
    assert "2 notifications" in said.getvalue()
    assert "1 events blanked" in said.getvalue()
    assert said.getvalue().endswith("Nothing was changed.\n")


def test_the_command_asks_for_the_name_again(zebulon: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "somebody")
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("erase_user", kept.USERNAME, stdout=io.StringIO())
    assert User.objects.filter(username=kept.USERNAME).exists()
    monkeypatch.setattr("builtins.input", lambda _: kept.USERNAME)
    call_command("erase_user", kept.USERNAME, stdout=io.StringIO())
    assert not User.objects.filter(username=kept.USERNAME).exists()


def test_a_service_account_is_no_person(db: None) -> None:
    account = issuing.create_account("shop")
    with pytest.raises(CommandError, match="service account shop"):
        call_command("erase_user", str(account.user_id), yes=True)
    account.user.refresh_from_db()
    assert account.user.username == "service:shop"


def test_there_must_be_somebody() -> None:
    with pytest.raises(privacy.Unknown):
        privacy.erase(4711)
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("erase_user", "nobody", yes=True)


def test_the_desk_keeps_the_ticket_and_not_their_words(zebulon: User) -> None:
    other = make_person()
    mine = Ticket.objects.create(created_by=zebulon, title="marker-a", description="marker-b")
    given = Ticket.objects.create(created_by=other, title="Lift", description="Stuck")
    given.assigned_to.set([zebulon, other])
    Comment.objects.create(ticket=given, author=zebulon, text="marker-c")
    privacy.erase(zebulon.pk)
    mine.refresh_from_db()
    given.refresh_from_db()
    assert (mine.title, mine.description, mine.created_by_id) == ("(erased)", "", zebulon.pk)
    assert (given.title, given.description, list(given.assigned_to.all())) == ("Lift", "Stuck", [other])
    assert kept.left_of_them() == []


def test_an_account_with_an_inbox_is_not_deleted(zebulon: User) -> None:
    send(zebulon)
    with pytest.raises(Refused, match=f"manage.py erase_user {zebulon.pk}"):
        zebulon.delete()
    assert len(rows_of(zebulon)) == 1
    assert all_is_well()


def test_the_admin_says_what_to_run(client: Any, zebulon: User) -> None:
    send(zebulon)
    client.force_login(make_person(is_staff=True, is_superuser=True))
    page = f"/admin/auth/user/{zebulon.pk}/delete/"
    assert f"manage.py erase_user {zebulon.pk}" in client.get(page).content.decode()
    client.post(page, {"post": "yes"})
    several = {"action": "delete_selected", "_selected_action": [zebulon.pk], "post": "yes"}
    client.post("/admin/auth/user/", several)
    assert User.objects.filter(pk=zebulon.pk).exists()


def test_everything_with_somebodys_id_is_thought_of() -> None:
    """A new table about people must say here what becomes of it."""
    removed = {
        *("Inbox", "NotificationLog", "Delivery", "Preference", "Phone", "Device", "Member", "Connection"),
        *("IdempotencyKey", "TokenVersion", "SocketTicket", "Ticket_assigned_to"),
    }
    kept_without_name = {"AuditEntry", "Event", "Room", "TemplateVersion", "Ticket", "Comment"}
    no_person = {"ServiceAccount"}
    assert kept.models_about_people() - removed - kept_without_name - no_person == set()


def test_an_audience_may_name_somebody_who_was_erased(zebulon: User) -> None:
    other = make_person()
    privacy.erase(zebulon.pk)
    event = send(audience=Audience(users=[other.pk], exclude=[zebulon.pk]))
    assert event.recipients == 1
