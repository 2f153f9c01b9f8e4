"""The decision, pure: given what is known at this moment, is one channel used for one person, and why (not)?

Sending, the trial run, the explanation and the tests all ask here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..events import Channel
from . import quiet_hours
from .preferences import DEFAULTS, Preferences

SEND, HOLD, SKIP = "send", "hold", "skip"
INSIDE = frozenset({Channel.INBOX.value, Channel.WEBSOCKET.value})  # never late: what is quiet comes silently


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of an event. `digest_window_s`: its kind is gathered, unless the person says otherwise."""

    kind: str
    category: str
    priority: int  # 0 (low) to 4 (critical)
    created_at: datetime
    source: str = ""
    tags: frozenset[str] = frozenset()
    thread: str | None = None
    expires_at: datetime | None = None
    is_cancelled: bool = False
    is_mandatory: bool = False  # the kind is, or it is critical: nobody can switch it off
    is_critical: bool = False  # it waits for nothing
    was_requested: bool = False  # the sender named the channels
    digest_window_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One channel of an event. `rung` 0: its own; 1, 2 …: fallback; None: it does not go there."""

    channel: str
    rung: int | None = 0
    is_configured: bool = True
    is_paused: bool = False

    @property
    def is_fallback(self) -> bool:
        return bool(self.rung)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One recipient, as far as one channel is concerned."""

    preferences: Preferences = DEFAULTS
    has_address: bool = True
    is_suppressed: bool = False
    is_acknowledged: bool = False  # by a device, or read
    is_taken_back: bool = False  # this person's row alone was cancelled
    is_replaced: bool = False  # a newer one of its thread took its place
    is_gathered: bool = False  # its digest's window is over


@dataclass(frozen=True, slots=True)
class Decision:
    """`until` belongs to hold; None: until somebody resumes the channel. The reasons: docs/protocol.md §7."""

    outcome: str
    reason: str
    until: datetime | None = None


def decide(about: About, way: Way, person: Person, *, now: datetime) -> Decision:
    """The first of these that has something to say."""
    skipped = _over(about, way, person, now) or _closed(about, way) or _unwanted(about, way, person.preferences, now)
    if reason := skipped or _unreachable(way, person):
        return Decision(SKIP, reason)
    return _held(about, way, person, now) or Decision(SEND, _why(about, way))


def is_silent(about: About, preferences: Preferences, *, now: datetime) -> bool:
    """Whether an open page lists it without a sound."""
    return not about.is_critical and _quiet_until(preferences, now) is not None


def _over(about: About, way: Way, person: Person, now: datetime) -> str | None:
    if way.channel == Channel.INBOX:
        return None  # the row is there; what became of it is its status
    if about.is_cancelled or person.is_taken_back:
        return "cancelled"
    if about.expires_at and about.expires_at <= now:
        return "expired"
    if person.is_replaced:
        return "collapsed"
    return "acknowledged_first" if way.is_fallback and person.is_acknowledged else None


def _closed(about: About, way: Way) -> str | None:
    if way.rung is None:
        return _named_by(about)
    if not way.is_configured:
        return "not_configured"
    return "channel_paused" if way.is_paused and way.is_fallback else None  # the ladder goes on without it


def _unwanted(about: About, way: Way, wish: Preferences, now: datetime) -> str | None:
    if about.is_mandatory or way.channel == Channel.INBOX:
        return None
    if wish.has_unsubscribed(about.kind, way.channel):
        return "unsubscribed"
    if _is_muted(about, wish):
        return "muted"
    if about.priority < wish.min_priority:
        return "below_min_priority"
    if wish.max_age_s is not None and now - about.created_at > timedelta(seconds=wish.max_age_s):
        return "too_old"
    is_insisted_on = way.is_fallback or about.was_requested
    return None if wish.wants(about.kind, way.channel, is_insisted_on=is_insisted_on) else "preference_off"


def _is_muted(about: About, wish: Preferences) -> bool:
    return (
        about.kind in wish.muted_types
        or about.category in wish.muted_categories
        or (wish.only_categories is not None and about.category not in wish.only_categories)
        or about.source in wish.muted_sources
        or not wish.muted_tags.isdisjoint(about.tags)
        or about.thread in wish.muted_threads
    )


def _unreachable(way: Way, person: Person) -> str | None:
    if way.channel in INSIDE:
        return None
    if person.is_suppressed:
        return "suppressed"
    return None if person.has_address else "no_address"


def _held(about: About, way: Way, person: Person, now: datetime) -> Decision | None:
    if way.channel in INSIDE:
        return None
    if way.is_paused:
        return Decision(HOLD, "channel_paused")
    if about.is_critical:
        return None
    if (window_s := _window_s(about, way, person)) is not None:
        return Decision(HOLD, "digest", now + timedelta(seconds=window_s))
    if quiet_until := _quiet_until(person.preferences, now):
        return Decision(HOLD, "quiet_hours", quiet_until)
    return None


def _window_s(about: About, way: Way, person: Person) -> int | None:
    """How long it is gathered with others of its kind; None: it goes alone."""
    if person.is_gathered or way.is_fallback or about.is_mandatory:
        return None
    return person.preferences.digest.get(about.kind, about.digest_window_s) or None


def _quiet_until(wish: Preferences, now: datetime) -> datetime | None:
    return quiet_hours.ends_at(wish.quiet_hours, wish.timezone, now) if wish.quiet_hours else None


def _why(about: About, way: Way) -> str:
    if way.is_fallback:
        return "fallback"
    if about.is_mandatory:
        return "mandatory"
    return "kind_default" if way.channel == Channel.INBOX else _named_by(about)


def _named_by(about: About) -> str:
    return "requested" if about.was_requested else "kind_default"
