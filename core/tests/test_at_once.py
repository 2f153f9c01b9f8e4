"""Several people, or one person's impatient client, at the same moment: real threads, real transactions."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from core.models import Comment, Ticket
from notifications.models import Event, NotificationLog

from .desk import client_of, make_people, make_ticket, url

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


def all_at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, let go together; what they returned."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[place] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def poster(user: User, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Callable[[], int]:
    headers = {"Idempotency-Key": key} if key else {}
    return lambda: client_of(user).post(path, body or {}, format="json", headers=headers).status_code


def assignment(*to: User) -> dict[str, Any]:
    due = timezone.now() + timedelta(hours=2)
    return {"assigned_to": [user.pk for user in to], "resolution_due_at": due.isoformat()}


def told() -> Counter[str]:
    return Counter(NotificationLog.objects.values_list("recipient__username", flat=True))


def test_concurrent_assigns_tell_nobody_twice() -> None:
    people = make_people()
    ticket = make_ticket(people, "open")
    one, two = people["engineer"], people["engineer2"]
    bodies = [assignment(one), assignment(one, two)] * (AT_ONCE // 2)
    answers = all_at_once(*(poster(people["manager"], url(ticket, "assign"), body) for body in bodies))
    assert answers == [200] * AT_ONCE
    assert told()["engineer"] == 1  # in every one of them he is among the assigned
    assert Event.objects.filter(kind="ticket_assigned").count() == AT_ONCE


def test_only_one_of_many_starts_counts() -> None:
    people = make_people()
    ticket = make_ticket(people, "assigned", assignees=("engineer", "engineer2"))
    starts = [poster(people[name], url(ticket, "start_work")) for name in ("engineer", "engineer2")]
    assert sorted(all_at_once(*starts)) == [200, 409]
    assert told() == {"requester": 1}


def test_approve_and_reject_at_once_have_one_winner() -> None:
    people = make_people()
    ticket = make_ticket(people, "finished", assignees=("engineer",))
    approve = poster(people["manager"], url(ticket, "approve"))
    reject = poster(people["manager2"], url(ticket, "reject"), {"reason": "Not quite there yet."})
    assert sorted(all_at_once(approve, reject)) == [200, 409]
    assert Event.objects.count() == 1


@pytest.mark.parametrize("act", ["start_work", "add_comment"])
def test_the_same_request_many_times_at_once_acts_once(act: str) -> None:
    people = make_people()
    ticket = make_ticket(people, "assigned", assignees=("engineer",))
    body = {"text": "On my way."} if act == "add_comment" else {}
    twins = [poster(people["engineer"], url(ticket, act), body, key="k") for _ in range(AT_ONCE)]
    assert all_at_once(*twins) == [200] * AT_ONCE
    assert told() == {"requester": 1}
    assert Comment.objects.count() == (1 if act == "add_comment" else 0)


def test_the_same_report_many_times_at_once_is_one_ticket() -> None:
    people = make_people()
    twins = [poster(people["requester"], "/api/tickets/", {"title": "Leak"}, key="k") for _ in range(AT_ONCE)]
    assert all_at_once(*twins) == [201] * AT_ONCE
    assert Ticket.objects.count() == 1
    assert told() == {"manager": 1, "manager2": 1}
