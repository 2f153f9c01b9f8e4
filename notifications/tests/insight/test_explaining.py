"""Why somebody got it, and why not; and a trial run says beforehand what happens then."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import dispatch, inbox, reaching
from notifications.deciding.decide import Decision
from notifications.deciding.policies import PERSONAL
from notifications.events import Action, Audience
from notifications.insight.explaining import Explanation, explain
from notifications.models import Event, Phone, Preference, Suppression
from notifications.transports import memory
from notifications.transports.base import TransportError

from ..crowd import event_to, everything_written, make_person, send
from ..delivery.conftest import channels, make_reachable, pass_time, reachable, send_due

__all__ = ["channels", "pass_time", "reachable"]
pytestmark = pytest.mark.django_db(transaction=True)


def wish(person: User, **said: Any) -> Preference:
    return Preference.objects.create(user=person, updated_at=timezone.now(), **said)


def reasons(found: Explanation) -> dict[str, tuple[str, str]]:
    return {channel: (decision.outcome, decision.reason) for channel, decision in found.decisions.items()}


def steps(found: Explanation) -> list[tuple[str, str | None]]:
    return [(step.what, step.channel) for step in found.timeline if step.what != "decided"]


def test_every_channel_has_one_outcome(reachable: User) -> None:
    found = explain(send(reachable, kind="general", channels=["inbox", "websocket", "email"]), reachable.pk)
    assert list(found.decisions) == list(PERSONAL)
    assert reasons(found) == {
        "inbox": ("send", "kind_default"),
        "websocket": ("send", "requested"),
        "email": ("send", "requested"),
        "whatsapp": ("skip", "requested"),
        "sms": ("skip", "requested"),
        "push": ("skip", "requested"),
    }


def test_the_timeline_tells_what_happened_in_order(reachable: User, pass_time: Any) -> None:
    memory.plan("email", TransportError("451 later"))
    event = send(reachable, priority="high", channels=["inbox", "websocket", "email"])
    send_due()
    pass_time(60)
    send_due()
    inbox.mark_as_read(reachable.pk, [event.rows.get().pk])
    told = steps(explain(event, reachable.pk))
    assert told == [
        ("created", None),
        ("attempt_started", "email"),
        ("attempt_failed", "email"),
        ("retry_planned", "email"),
        ("attempt_started", "email"),
        ("attempt_sent", "email"),
        ("read", "inbox"),
    ]


def test_what_its_owner_did_is_in_the_timeline(reachable: User) -> None:
    event = send(reachable, actions=[Action("approve", "Approve")])
    row_id = event.rows.get().pk
    inbox.snooze(reachable.pk, row_id, until=timezone.now() + timedelta(days=1))
    inbox.mark_seen(reachable.pk, up_to_seq=1)
    inbox.act(reachable.pk, row_id, "approve")
    inbox.delete(reachable.pk, [row_id])
    told = explain(event, reachable.pk).timeline
    assert [step.what for step in told if step.what != "decided"] == [
        "created",
        "snoozed",
        "seen",
        "read",
        "acted",
        "deleted",
    ]
    assert [step.detail for step in told if step.what == "acted"] == ["approve"]


def test_a_rung_says_that_it_is_one(reachable: User, pass_time: Any) -> None:
    event = send(reachable, priority="high")
    pass_time(60)
    send_due()
    found = explain(event, reachable.pk)
    assert reasons(found)["email"] == ("send", "fallback")
    assert ("fallback_started", "email") in steps(found)


def test_who_got_nothing_is_told_why() -> None:
    told, left_out, away, stranger = (make_person() for _ in range(4))
    User.objects.filter(pk=away.pk).update(is_active=False)
    event = send(audience=Audience(users=[told.pk, away.pk, left_out.pk], exclude=[left_out.pk]))
    for person, reason in ((left_out, "excluded"), (away, "inactive"), (stranger, "not_in_audience")):
        found = explain(event, person.pk)
        assert set(reasons(found).values()) == {("skip", reason)}
        assert (found.row, found.timeline) == (None, [])
    assert set(reasons(explain(event, 10**15)).values()) == {("skip", "not_in_audience")}


def test_who_may_not_enter_the_namespace_is_told_so() -> None:
    guest, clerk = make_person(), make_person(is_staff=True)
    event = send(audience=Audience(users=[guest.pk, clerk.pk], namespace="/admin"), namespace="/admin")
    assert set(reasons(explain(event, guest.pk)).values()) == {("skip", "not_in_namespace")}
    assert reasons(explain(event, clerk.pk))["inbox"] == ("send", "kind_default")


def test_what_waits_says_what_for_and_until_when() -> None:
    person = make_reachable()
    now = timezone.now()
    quiet = {"quiet_start": (now - timedelta(hours=1)).time(), "quiet_end": (now + timedelta(hours=1)).time()}
    wish(person, **quiet)
    found = explain(send(person, channels=["email"]), person.pk)
    assert reasons(found)["email"] == ("hold", "quiet_hours")
    until = found.decisions["email"].until
    assert until is not None
    assert timedelta(minutes=59) < until - now < timedelta(minutes=61)
    assert ("held", "email") in steps(found)


def test_a_rung_at_night_waits_for_the_morning_as_the_trial_run_said() -> None:
    person = make_reachable()
    now = timezone.now()
    wish(person, quiet_start=(now - timedelta(hours=1)).time(), quiet_end=(now + timedelta(hours=1)).time())
    urgent = event_to(person, priority="urgent")
    foretold = {one.channel: one.decision for one in dispatch.rehearse(urgent).shown}
    assert foretold["push"].until
    found = explain(dispatch.notify(urgent), person.pk)
    assert (found.decisions["email"], found.decisions["push"]) == (foretold["email"], foretold["push"])
    assert ("held", "email") not in steps(found), "its turn has not come"


def test_what_waits_for_a_paused_channel_has_no_end(reachable: User) -> None:
    reaching.pause("email", actor=(reachable.pk, reachable.username))
    found = explain(send(reachable, channels=["email"]), reachable.pk)
    assert found.decisions["email"] == Decision("hold", "channel_paused")


def test_a_cancel_changes_nothing_about_channels_that_were_never_to_be_used(reachable: User) -> None:
    event = send(reachable)
    before = reasons(explain(event, reachable.pk))
    dispatch.cancel(event.pk, actor=(reachable.pk, reachable.username))
    event.refresh_from_db()
    assert reasons(explain(event, reachable.pk)) == before


def test_that_it_waited_is_told_when_it_has_gone_out(pass_time: Any) -> None:
    person = make_reachable()
    wish(person, digest={"general": 600})
    event = send(person, channels=["email"])
    pass_time(600)
    send_due()
    found = explain(event, person.pk)
    assert reasons(found)["email"] == ("send", "requested")
    assert steps(found) == [
        ("created", None),
        ("held", "email"),
        ("attempt_started", "email"),
        ("attempt_sent", "email"),
    ]


def test_an_event_that_waits_says_what_will_be(reachable: User) -> None:
    event = send(reachable, scheduled_for=timezone.now() + timedelta(days=1), channels=["email"])
    assert reasons(explain(event, reachable.pk))["email"] == ("send", "requested")


# --- the trial run ----------------------------------------------------------------
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "min_priority": st.integers(0, 4),
        "muted_types": st.sampled_from([[], ["general"], ["order_shipped"]]),
        "muted_sources": st.sampled_from([[], ["shop"]]),
        "muted_tags": st.sampled_from([[], ["a"], ["b"]]),
        "muted_threads": st.sampled_from([[], ["t"]]),
        "only_categories": st.sampled_from([None, [], ["info"], ["alert"]]),
        "digest": st.sampled_from([{}, {"general": 600}, {"order_shipped": 600}]),
        "kinds": st.sampled_from([{}, {"general": {"email": False, "sms": True}}, {"general": {"websocket": False}}]),
        "unsubscribed": st.sampled_from([{}, {"email": ["*"]}, {"email": ["general"]}]),
        "quiet_start": st.just(time(0, 0)),
        "quiet_end": st.just(time(23, 59, 59)),
        "timezone": st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
    },
).map(lambda said: said if {"quiet_start", "quiet_end"} <= said.keys() else without_quiet(said))
EVENTS = st.fixed_dictionaries(
    {
        "priority": st.sampled_from(["low", "normal", "high", "urgent", "critical"]),
        "channels": st.sampled_from([None, ["email"], ["inbox", "websocket", "email", "sms"], ["websocket", "push"]]),
        "source": st.sampled_from(["", "shop"]),
        "tags": st.sampled_from([[], ["a"], ["a", "b"]]),
        "thread": st.sampled_from([None, "t"]),
        "category": st.sampled_from(["info", "alert"]),
    }
)


def without_quiet(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if not name.startswith("quiet_")}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=EVENTS, wishes=WISHES, is_suppressed=st.booleans(), has_phone=st.booleans(), is_left_out=st.booleans())
def test_a_trial_run_says_what_really_happens_next(
    said: dict[str, Any],
    wishes: dict[str, Any],
    is_suppressed: bool,
    has_phone: bool,
    is_left_out: bool,
    transactional_db: None,
) -> None:
    picky, plain, other = make_reachable(), make_person(), make_person()
    wish(picky, **wishes)
    if not has_phone:
        Phone.objects.filter(user=picky).delete()
    if is_suppressed:
        User.objects.filter(pk=picky.pk).update(email=f"gone-{picky.pk}@example.org")
        Suppression.objects.create(channel="email", address=f"gone-{picky.pk}@example.org", since=timezone.now())
    to = Audience(users=[picky.pk, plain.pk, other.pk], exclude=[other.pk] if is_left_out else [])
    event = event_to(audience=to, **said)
    before = everything_written()
    trial = dispatch.rehearse(event)
    assert everything_written() == before
    made = dispatch.notify(event)
    made = Event.objects.get(pk=made.pk)
    foretold = {(one.user_id, one.channel): (one.decision.outcome, one.decision.reason) for one in trial.shown}
    happened = {
        (person.pk, channel): outcome
        for person in (picky, plain, other)
        for channel, outcome in reasons(explain(made, person.pk)).items()
    }
    assert foretold == happened
    assert len(trial.shown) == len(foretold), "exactly one outcome each"
    assert trial.recipients == made.recipients
