"""notify(): what is accepted in a transaction is told when it commits, and only then."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from notifications import expansion
from notifications.dispatch import notify
from notifications.events import Action, Audience, Subject
from notifications.live.rings import NewRing
from notifications.models import AuditEntry, NotificationLog
from notifications.models import Event as EventRow

from ..conftest import Listener
from ..crowd import event_to, everything_written, make_crowd, make_person, rows_of, send

State = EventRow.State


class Undone(Exception):
    """The caller's own work failed."""


@transaction.atomic
def notify_and_fail(person: User) -> None:
    notify(event_to(person))
    raise Undone


@pytest.mark.django_db(transaction=True)
class TestOnCommit:
    def test_a_committed_event_is_a_row_with_a_seq_and_a_ring(self, listener: Listener) -> None:
        person = make_person()
        event = send(person)
        [row] = rows_of(person)
        assert (row.event_id, row.seq, row.reason) == (event.pk, 1, "addressed")
        assert (event.state, event.recipients) == (State.DONE, 1)
        [ring] = listener.heard()
        assert isinstance(ring, NewRing)
        assert [tuple(head) for head in ring.heads] == [(person.pk, row.pk, 1, 1, 1)]

    def test_a_transaction_that_rolls_back_tells_nobody(self, listener: Listener) -> None:
        person = make_person()
        before = everything_written()
        with pytest.raises(Undone):
            notify_and_fail(person)
        assert everything_written() == before
        assert listener.heard() == []

    def test_nobody_is_told_before_the_outermost_transaction_commits(self, listener: Listener) -> None:
        person = make_person()
        with transaction.atomic():
            with transaction.atomic():
                event = notify(event_to(person))
            assert EventRow.objects.get(pk=event.pk).state == State.EXPANDING
            assert rows_of(person) == []
            assert listener.heard() == []
        assert [row.event_id for row in rows_of(person)] == [event.pk]
        assert len(listener.heard()) == 1

    def test_of_two_events_the_one_in_a_part_that_was_undone_tells_nobody(self) -> None:
        person = make_person()
        with transaction.atomic():
            kept = notify(event_to(person))
            with pytest.raises(Undone):
                notify_and_fail(person)
        assert [row.event_id for row in rows_of(person)] == [kept.pk]
        assert EventRow.objects.count() == 1

    def test_two_events_of_one_transaction_come_in_their_order(self) -> None:
        person = make_person()
        with transaction.atomic():
            first = notify(event_to(person, message="first"))
            second = notify(event_to(person, message="second"))
        assert [(row.seq, row.event_id) for row in rows_of(person)] == [(1, first.pk), (2, second.pk)]

    def test_seq_counts_for_each_person_apart(self) -> None:
        one, two = make_person(), make_person()
        send(one)
        send(one, two)
        assert [row.seq for row in rows_of(one)] == [1, 2]
        assert [row.seq for row in rows_of(two)] == [1]

    def test_the_request_writes_a_small_audience_and_leaves_a_large_one_to_the_sweep(self) -> None:
        small, large = make_crowd(expansion.SMALL), make_crowd(expansion.SMALL + 1)
        expansion.work.clear()
        assert send(audience=Audience(users=small)).state == State.DONE
        assert not expansion.work.is_set()
        event = send(audience=Audience(users=large))
        assert (event.state, event.recipients, event.position) == (State.EXPANDING, 0, 0)
        assert expansion.work.is_set()
        assert not NotificationLog.objects.filter(event=event).exists()

    def test_what_is_scheduled_is_kept_and_told_to_nobody_yet(self, listener: Listener) -> None:
        person = make_person()
        event = send(person, scheduled_for=timezone.now() + timedelta(hours=1))
        assert event.state == State.SCHEDULED
        assert rows_of(person) == []
        assert listener.heard() == []

    def test_an_empty_audience_is_done_at_once(self) -> None:
        event = send()
        assert (event.state, event.recipients) == (State.DONE, 0)

    def test_times_in_another_zone_are_utc_on_the_wire(self, listener: Listener) -> None:
        soon = (timezone.now() + timedelta(hours=1)).astimezone(timezone.get_fixed_timezone(120))
        send(make_person(), expires_at=soon)
        [ring] = listener.heard()
        assert isinstance(ring, NewRing)
        assert ring.tail is not None
        assert b"+02:00" not in ring.tail


class TestContent:
    def test_the_event_holds_what_was_said(self, person: User) -> None:
        said = event_to(
            person,
            actor_id=person.pk,
            title="Lift 3",
            message="It is BACK",
            priority="urgent",
            category="alert",
            data={"floor": 3},
            source="lifts",
            tags=["lift", "north"],
            subject=Subject("lift", "3"),
            thread="lift:3",
            link="/lifts/3",
            image="/lift.png",
            actions=[Action("thanks", "Thank you")],
            requires_acknowledgment=True,
            channels=["inbox"],
        )
        row = EventRow.objects.get(pk=notify(said).pk)
        assert (row.title, row.message, row.priority, row.category) == ("Lift 3", "It is BACK", "urgent", "alert")
        assert (row.data, row.source, row.tags) == ({"floor": 3}, "lifts", ["lift", "north"])
        assert (row.subject, row.thread) == ({"kind": "lift", "id": "3"}, "lift:3")
        assert (row.link, row.image, row.channels) == ("/lifts/3", "/lift.png", ["inbox"])
        assert row.actions == [{"id": "thanks", "label": "Thank you"}]
        assert row.requires_acknowledgment is True
        assert row.sender == {"id": person.pk, "name": person.username}
        assert row.search == "lift 3\nit is back"

    def test_the_catalogue_says_what_the_caller_does_not(self, person: User) -> None:
        context = {"ticket": {"title": "Lift 3"}, "due_at": "noon"}
        row = notify(event_to(person, kind="ticket_assigned", message=None, context=context, actor_id=person.pk))
        assert row.title == "Ticket assigned: Lift 3"
        assert (row.category, row.priority) == ("user_action", "high")
        assert "noon" in row.message
        assert person.username in row.message

    @pytest.mark.parametrize("spelling", ["TICKET_OPENED", "ticket.opened", "Ticket-Opened", " ticket_opened "])
    def test_a_kind_is_found_in_any_spelling(self, person: User, spelling: str) -> None:
        assert notify(event_to(person, kind=spelling, context={"ticket": {"title": "t"}})).kind == "ticket_opened"

    @pytest.mark.parametrize("name", ["ALERT", "security", "User-Action"])
    def test_a_category_for_a_kind_is_general_in_that_category(self, person: User, name: str) -> None:
        row = notify(event_to(person, kind=name))
        assert (row.kind, row.category) == ("general", name.lower().replace("-", "_"))

    def test_without_a_title_the_kind_is_the_title(self, person: User) -> None:
        assert notify(event_to(person, kind="system_announcement")).title == "System announcement"

    def test_the_full_name_of_the_sender_is_used_where_there_is_one(self, person: User) -> None:
        ada = make_person(first_name="Ada", last_name="Lovelace")
        assert notify(event_to(person, kind="admin_message", actor_id=ada.pk)).title == "A message from Ada Lovelace"
        assert notify(event_to(person, kind="admin_message")).title == "A message from the system"

    def test_an_audience_that_is_a_namespace_labels_the_event_with_it(self, person: User) -> None:
        assert notify(event_to(audience=Audience(namespace="/admin"))).namespace == "/admin"
        assert notify(event_to(person, namespace="/admin")).namespace == "/admin"
        assert notify(event_to(person)).namespace == "/"

    def test_acceptance_is_in_the_audit_with_its_actor(self, person: User) -> None:
        row = notify(event_to(person, actor_id=person.pk))
        entry = AuditEntry.objects.get(action="event.created")
        assert (entry.entity_type, entry.entity_id) == ("event", str(row.pk))
        assert (entry.actor_id, entry.actor_name, entry.at) == (person.pk, person.username, row.created_at)
        assert entry.metadata == {"kind": "general"}
