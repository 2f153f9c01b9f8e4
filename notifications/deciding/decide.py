"""The decision, pure: given what is known at this moment, is one channel tried for one person, and why (not)?"""

from dataclasses import dataclass
from datetime import datetime

SEND, HOLD, SKIP = "send", "hold", "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one event, one person and one channel."""

    now: datetime
    is_fallback: bool = False
    was_requested: bool = False  # the sender named the channels
    expires_at: datetime | None = None
    is_cancelled: bool = False
    is_acknowledged: bool = False  # by a device, or read
    is_configured: bool = True
    has_address: bool = True
    is_suppressed: bool = False
    held_until: datetime | None = None  # the channel's cap per minute is used up


@dataclass(frozen=True, slots=True)
class Decision:
    """`until` belongs to hold. The reasons are the closed list of docs/protocol.md §7."""

    outcome: str
    reason: str
    until: datetime | None = None


def decide(facts: Facts) -> Decision:
    """The first that holds."""
    if facts.is_cancelled:
        return Decision(SKIP, "cancelled")
    if facts.expires_at and facts.expires_at <= facts.now:
        return Decision(SKIP, "expired")
    if facts.is_fallback and facts.is_acknowledged:
        return Decision(SKIP, "acknowledged_first")
    if not facts.is_configured:
        return Decision(SKIP, "not_configured")
    if facts.is_suppressed:
        return Decision(SKIP, "suppressed")
    if not facts.has_address:
        return Decision(SKIP, "no_address")
    if facts.held_until:
        return Decision(HOLD, "rate_limited", facts.held_until)
    return Decision(SEND, _why(facts))


def _why(facts: Facts) -> str:
    if facts.is_fallback:
        return "fallback"
    return "requested" if facts.was_requested else "kind_default"
