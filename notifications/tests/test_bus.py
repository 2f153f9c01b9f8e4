"""Subscribers in the process: who hears what, when, and that nobody else suffers from them."""

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import bus, inbox
from notifications.dispatch import notify
from notifications.events import Action
from notifications.models import NotificationLog

from .crowd import event_to, make_crowd, make_person, rows_of, send

pytestmark = pytest.mark.django_db(transaction=True)
Subscribe = Callable[..., list[bus.Happened]]


@pytest.fixture
def subscribe() -> Iterator[Subscribe]:
    """`subscribe("kind", on=…)`: the list in which what is heard appears."""
    kept: list[tuple[str, bus.Handler]] = []

    def listen(*kinds: str, on: str, then: bus.Handler | None = None) -> list[bus.Happened]:
        heard: list[bus.Happened] = []

        def handler(happened: bus.Happened) -> None:
            heard.append(happened)
            if then:
                then(happened)

        kept.append((on, bus.subscribe(*kinds, on=on)(handler)))
        return heard

    yield listen
    for on, handler in kept:
        bus.unsubscribe(handler, on=on)


def test_a_life_is_heard_from_created_to_acted(subscribe: Subscribe) -> None:
    heard = {on: subscribe(on=on) for on in bus.TYPES}
    person = make_person()
    event = send(person, actions=[Action("yes", "Yes")])
    row = rows_of(person)[0]
    inbox.acknowledge(person.pk, up_to_seq=row.seq)
    inbox.act(person.pk, row.pk, "yes")
    assert [len(heard[on]) for on in bus.TYPES] == [1, 1, 1, 0, 1, 1]
    for on in (bus.CREATED, bus.DELIVERED, bus.READ, bus.ACTED):
        [happened] = heard[on]
        assert (happened.type, happened.kind, happened.event_id) == (on, "general", event.pk)
        [one] = happened.recipients
        assert (one.notification_id, one.user_id) == (row.pk, person.pk)
    assert heard[bus.ACTED][0].recipients[0].action_taken == "yes"
    assert heard[bus.EVENT_DONE][0].recipients == ()


def test_many_people_come_in_one_call(subscribe: Subscribe) -> None:
    heard = subscribe(on=bus.CREATED)
    people = make_crowd(60)
    send(*people)
    assert [[one.user_id for one in happened.recipients] for happened in heard] == [people]


def test_what_concerns_several_events_comes_event_by_event(subscribe: Subscribe) -> None:
    heard, of_one_kind = subscribe(on=bus.READ), subscribe("admin_message", on=bus.READ)
    person = make_person()
    events = [send(person), send(person, kind="admin_message")]
    inbox.mark_all_as_read(person.pk)
    assert [happened.event_id for happened in heard] == [event.pk for event in events]
    assert [happened.event_id for happened in of_one_kind] == [events[1].pk]


def test_nothing_is_heard_of_what_is_rolled_back(subscribe: Subscribe) -> None:
    heard = [subscribe(on=on) for on in (bus.CREATED, bus.EVENT_DONE)]
    person = make_person()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        notify(event_to(person))
        raise ZeroDivisionError
    assert heard == [[], []]


def test_it_is_heard_once_the_row_is_there_for_everybody(subscribe: Subscribe) -> None:
    seen: list[bool] = []

    def look(happened: bus.Happened) -> None:
        assert not connection.in_atomic_block
        seen.append(NotificationLog.objects.filter(pk=happened.recipients[0].notification_id).exists())

    subscribe(on=bus.CREATED, then=look)
    send(make_person())
    assert seen == [True]


def fail(happened: bus.Happened) -> None:
    raise RuntimeError("a bug of the host's")


def test_a_handler_that_fails_is_logged_and_touches_nothing_else(
    subscribe: Subscribe, caplog: pytest.LogCaptureFixture
) -> None:
    before = subscribe(on=bus.CREATED, then=fail)
    after = subscribe(on=bus.CREATED)
    person = make_person()
    with caplog.at_level(logging.ERROR, "tidings.bus"):
        event = send(person)
    assert (len(before), len(after), len(rows_of(person)), event.state) == (1, 1, 1, "done")
    [record] = [record for record in caplog.records if record.name == "tidings.bus"]
    assert "notification.created" in record.getMessage()
    assert str(event.pk) in record.getMessage()
    assert record.exc_info


def test_a_handler_may_publish(subscribe: Subscribe) -> None:
    one, other = make_person(), make_person()
    subscribe("general", on=bus.CREATED, then=lambda happened: send(other, kind="admin_message"))
    send(one)
    assert [row.kind for row in rows_of(other)] == ["admin_message"]


def test_if_nobody_listens_no_row_is_read(subscribe: Subscribe) -> None:
    person = make_person()

    def reads() -> int:
        with CaptureQueriesContext(connection) as seen:
            send(person)
        return sum("SELECT" in one["sql"] and '"notifications_notificationlog"."kind"' in one["sql"] for one in seen)

    silent = reads()
    subscribe("admin_message", on=bus.CREATED)
    subscribe(on=bus.EVENT_DONE)
    narrow = reads()
    heard = subscribe(on=bus.CREATED)
    assert (reads() - silent, len(heard)) == (1, 1)
    assert narrow - silent == 1


@pytest.mark.once
@pytest.mark.parametrize(("kinds", "on"), [((), "notification.forgotten"), (("Order-Shipped",), bus.CREATED)])
def test_what_would_never_be_heard_is_refused_at_once(kinds: tuple[str, ...], on: str) -> None:
    with pytest.raises(ValueError, match=r"none of|snake case"):
        bus.subscribe(*kinds, on=on)


@pytest.mark.once
def test_subscribing_again_is_not_twice(subscribe: Subscribe) -> None:
    heard: list[Any] = []
    try:
        for _ in range(2):
            bus.subscribe(on=bus.CREATED)(heard.append)
        send(make_person())
    finally:
        bus.unsubscribe(heard.append, on=bus.CREATED)
    send(make_person())
    assert len(heard) == 1


@pytest.mark.once
def test_a_kind_that_there_is_not_is_named_by_the_check(subscribe: Subscribe) -> None:
    subscribe("order_shiped", on=bus.CREATED)
    [problem] = [one for one in run_checks() if one.id == "notifications.E005"]
    assert "order_shiped" in problem.msg


def test_the_example_in_the_documentation_works() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "event-bus.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    told: dict[str, Any] = {}
    exec(compile(code, "docs/event-bus.md", "exec"), told)
    try:
        for choice, kind in (("approve", "return_approved"), ("reject", "return_rejected")):
            manager, customer = User.objects.create(username=f"m-{choice}"), User.objects.create(username=f"c-{choice}")
            told["ask_for_return"](7, customer=customer.pk, manager=manager.pk)
            [asked] = rows_of(manager)
            assert (asked.reason, rows_of(customer)) == ("manager", [])
            inbox.act(manager.pk, asked.pk, choice)
            assert [row.kind for row in rows_of(customer)] == [kind]
    finally:
        bus.unsubscribe(told["answer_the_customer"], on=bus.ACTED)
