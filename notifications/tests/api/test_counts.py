"""GET /api/events/{id}/: how far it is, and per channel what was decided and what became of it."""

import pytest
from django.contrib.auth.models import User

from notifications import expansion
from notifications.dispatch import notify
from notifications.events import Audience
from notifications.models import Delivery, Event
from notifications.tests.crowd import event_to, make_crowd, make_person, rows_of, send
from notifications.tests.dispatch.test_cancelling import delivery

from .people import get, make_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


def test_outward_deliveries_are_counted_by_what_was_decided_and_by_state(people: dict[str, User]) -> None:
    told = [make_person() for _ in range(6)]
    event = send(*told)
    states = ["sent", "sent", "failed", "waiting", "held", "skipped"]
    for person, state in zip(told, states, strict=True):
        delivery(rows_of(person)[0], state)
    Delivery.objects.filter(state="held").update(outcome="hold", reason="rate_limited")
    Delivery.objects.filter(state="skipped").update(outcome="skip", reason="no_address")
    Event.objects.update(decided={"sms": "not_configured"})
    shown = get(people["admin"], f"/api/events/{event.pk}/").json()["counts"]
    assert shown["email"] == {
        "send": 4,
        "hold": 1,
        "skip": {"no_address": 1},
        "sent": 2,
        "failed": 1,
        "waiting": 1,
        "held": 1,
    }
    assert shown["sms"]["skip"] == {"not_configured": 6}
    assert shown["inbox"]["send"] == 6


def test_while_it_is_written_the_position_says_how_far(people: dict[str, User]) -> None:
    crowd = make_crowd(expansion.CHUNK + 100, "crowd")
    event = notify(event_to(audience=Audience(roles=["crowd"])))
    expansion.expand_chunk(event.pk)
    shown = get(people["admin"], f"/api/events/{event.pk}/").json()
    assert (shown["status"], shown["recipients"], shown["position"]) == ("expanding", None, crowd[expansion.CHUNK - 1])
    assert shown["counts"]["inbox"]["send"] == expansion.CHUNK
