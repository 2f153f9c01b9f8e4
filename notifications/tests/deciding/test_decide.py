"""The table of decisions: each reason alone, and which of two goes first."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from notifications.deciding.decide import HOLD, SEND, SKIP, About, Decision, Person, Way, decide, is_silent
from notifications.deciding.preferences import DEFAULTS, Preferences, QuietHours

pytestmark = pytest.mark.once
NOW = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ABOUT = About(
    kind="order_shipped",
    category="info",
    priority=1,
    created_at=NOW,
    source="shop",
    tags=frozenset({"parcel"}),
    thread="order:7",
)
EMAIL, SMS, SOCKET, INBOX = (Way(channel=name) for name in ("email", "sms", "websocket", "inbox"))
RUNG = Way(channel="email", rung=1)
QUIET = Preferences(quiet_hours=QuietHours(time(22), time(8)))


def decided(way: Way = EMAIL, about: dict[str, Any] | None = None, **person: Any) -> tuple[str, str]:
    wish = person.pop("preferences", DEFAULTS)
    found = decide(replace(ABOUT, **(about or {})), way, Person(preferences=wish, **person), now=NOW)
    return found.outcome, found.reason


def said(**fields: Any) -> Preferences:
    return Preferences(**fields)


@pytest.mark.parametrize(
    ("expected", "asked"),
    [
        ((SEND, "kind_default"), {}),
        ((SEND, "requested"), {"about": {"was_requested": True}}),
        ((SEND, "mandatory"), {"about": {"is_mandatory": True}}),
        ((SEND, "fallback"), {"way": RUNG}),
        ((SKIP, "kind_default"), {"way": Way(channel="email", rung=None)}),
        ((SKIP, "requested"), {"way": Way(channel="email", rung=None), "about": {"was_requested": True}}),
        ((SKIP, "not_configured"), {"way": Way(channel="email", is_configured=False)}),
        ((SKIP, "cancelled"), {"about": {"is_cancelled": True}}),
        ((SKIP, "cancelled"), {"is_taken_back": True}),
        ((SKIP, "expired"), {"about": {"expires_at": NOW}}),
        ((SKIP, "collapsed"), {"is_replaced": True}),
        ((SKIP, "acknowledged_first"), {"way": RUNG, "is_acknowledged": True}),
        ((SEND, "kind_default"), {"is_acknowledged": True}),
        ((SKIP, "no_address"), {"has_address": False}),
        ((SKIP, "suppressed"), {"is_suppressed": True}),
        ((HOLD, "channel_paused"), {"way": Way(channel="email", is_paused=True)}),
        ((SKIP, "channel_paused"), {"way": Way(channel="email", rung=1, is_paused=True)}),
        ((SKIP, "unsubscribed"), {"preferences": said(unsubscribed=frozenset({("order_shipped", "email")}))}),
        ((SKIP, "unsubscribed"), {"preferences": said(unsubscribed=frozenset({("*", "email")}))}),
        ((SEND, "kind_default"), {"preferences": said(unsubscribed=frozenset({("*", "sms")}))}),
        ((SKIP, "muted"), {"preferences": said(muted_types=frozenset({"order_shipped"}))}),
        ((SKIP, "muted"), {"preferences": said(muted_categories=frozenset({"info"}))}),
        ((SKIP, "muted"), {"preferences": said(only_categories=frozenset({"alert"}))}),
        ((SEND, "kind_default"), {"preferences": said(only_categories=frozenset({"info"}))}),
        ((SKIP, "muted"), {"preferences": said(muted_sources=frozenset({"shop"}))}),
        ((SKIP, "muted"), {"preferences": said(muted_tags=frozenset({"parcel", "other"}))}),
        ((SKIP, "muted"), {"preferences": said(muted_threads=frozenset({"order:7"}))}),
        ((SKIP, "below_min_priority"), {"preferences": said(min_priority=2)}),
        ((SEND, "kind_default"), {"preferences": said(min_priority=1)}),
        ((SKIP, "too_old"), {"preferences": said(max_age_s=60), "about": {"created_at": NOW - timedelta(minutes=2)}}),
        ((SKIP, "preference_off"), {"preferences": said(said={("order_shipped", "email"): False})}),
        ((SKIP, "preference_off"), {"way": SMS}),
        ((SEND, "kind_default"), {"way": SMS, "preferences": said(said={("order_shipped", "sms"): True})}),
        ((SEND, "requested"), {"way": SMS, "about": {"was_requested": True}}),
        ((SEND, "fallback"), {"way": Way(channel="sms", rung=2)}),
        ((HOLD, "quiet_hours"), {"preferences": QUIET}),
        ((HOLD, "quiet_hours"), {"preferences": QUIET, "about": {"is_mandatory": True}}),
        ((SEND, "mandatory"), {"preferences": QUIET, "about": {"is_mandatory": True, "is_critical": True}}),
        ((HOLD, "digest"), {"about": {"digest_window_s": 900}}),
        ((HOLD, "digest"), {"preferences": said(digest={"order_shipped": 60})}),
        ((SEND, "kind_default"), {"preferences": said(digest={"order_shipped": 0}), "about": {"digest_window_s": 900}}),
        ((SEND, "kind_default"), {"about": {"digest_window_s": 900}, "is_gathered": True}),
        ((SEND, "fallback"), {"about": {"digest_window_s": 900}, "way": RUNG}),
    ],
)
def test_each_reason_alone(expected: tuple[str, str], asked: dict[str, Any]) -> None:
    assert decided(**asked) == expected


def test_the_inbox_gets_it_whatever_the_person_wants() -> None:
    nothing = Preferences(
        min_priority=4,
        muted_types=frozenset({"order_shipped"}),
        only_categories=frozenset(),
        quiet_hours=QUIET.quiet_hours,
    )
    assert decided(INBOX, preferences=nothing) == (SEND, "kind_default")
    assert decided(SOCKET, preferences=nothing) == (SKIP, "muted")


def test_nobody_can_refuse_what_is_mandatory() -> None:
    nothing = Preferences(
        min_priority=4,
        muted_types=frozenset({"order_shipped"}),
        only_categories=frozenset(),
        max_age_s=0,
        said={("order_shipped", "email"): False},
        unsubscribed=frozenset({("*", "email")}),
        digest={"order_shipped": 60},
    )
    assert decided(preferences=nothing, about={"is_mandatory": True}) == (SEND, "mandatory")


def test_the_open_page_is_never_late_but_silent_in_quiet_hours() -> None:
    assert decided(SOCKET, preferences=QUIET) == (SEND, "kind_default")
    assert is_silent(ABOUT, QUIET, now=NOW)
    assert not is_silent(ABOUT, QUIET, now=MORNING)
    assert not is_silent(replace(ABOUT, is_critical=True), QUIET, now=NOW)


def test_a_hold_says_until_when() -> None:
    person = Person(preferences=QUIET)
    assert decide(ABOUT, EMAIL, person, now=NOW) == Decision(HOLD, "quiet_hours", MORNING)
    gathered = replace(ABOUT, digest_window_s=900)
    assert decide(gathered, EMAIL, person, now=NOW) == Decision(HOLD, "digest", NOW + timedelta(seconds=900))


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        ("cancelled", {"about": {"is_cancelled": True}, "has_address": False}),
        ("not_configured", {"way": Way(channel="email", is_configured=False), "has_address": False}),
        ("unsubscribed", {"preferences": said(unsubscribed=frozenset({("*", "email")}), min_priority=4)}),
        ("muted", {"preferences": said(muted_sources=frozenset({"shop"}), min_priority=4)}),
        ("preference_off", {"preferences": said(said={("order_shipped", "email"): False}), "has_address": False}),
        ("no_address", {"preferences": QUIET, "has_address": False}),
        ("channel_paused", {"preferences": QUIET, "way": Way(channel="email", is_paused=True)}),
        ("digest", {"preferences": QUIET, "about": {"digest_window_s": 60}}),
    ],
)
def test_of_two_reasons_the_one_that_stays_is_told(first: str, asked: dict[str, Any]) -> None:
    assert decided(**asked)[1] == first
