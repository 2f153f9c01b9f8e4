"""What holds for a person, whole: what they said and what is meant where they said nothing."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from ..deciding import wishes
from ..deciding.preferences import DEFAULTS, Preferences
from ..events import Priority
from ..models import Phone
from ..words import catalogue
from . import grid, values


def shown(user_id: int) -> dict[str, Any]:
    """The answer of docs/protocol.md: every kind on every channel, as it holds now. It can be sent back as it is."""
    wish = wishes.of([user_id]).get(user_id, DEFAULTS)
    verified = Phone.objects.filter(pk=user_id, verified_at__isnull=False).exclude(number="")
    return {
        "timezone": wish.timezone,
        "locale": wish.locale,
        "phone": verified.values_list("number", flat=True).first(),
        "quiet_hours": _quiet_hours(wish),
        "min_priority": Priority.of_rank(wish.min_priority).value,
        "only_categories": None if wish.only_categories is None else sorted(wish.only_categories),
        "muted_types": sorted(kind for kind in wish.muted_types if _can_be_muted(kind)),
        "muted_categories": sorted(wish.muted_categories),
        "muted_sources": sorted(wish.muted_sources),
        "muted_tags": sorted(wish.muted_tags),
        "muted_threads": sorted(wish.muted_threads),
        "max_age_s": wish.max_age_s,
        "digest": {kind: {"window_s": window_s} for kind, window_s in grid.windows(wish).items()},
        "kinds": grid.effective(wish),
        "unsubscribed": _unsubscribed(wish),
    }


def _quiet_hours(wish: Preferences) -> Mapping[str, str] | None:
    quiet = wish.quiet_hours
    return {"start": _clock(quiet.start), "end": _clock(quiet.end)} if quiet else None


def _clock(moment: time) -> str:
    return moment.isoformat("seconds" if moment.second else "minutes")


def _can_be_muted(kind: str) -> bool:
    known = catalogue.find(kind)
    return known is not None and not values.is_mandatory(known)


def _unsubscribed(wish: Preferences) -> dict[str, list[str]]:
    channels = sorted({channel for _, channel in wish.unsubscribed})
    return {channel: sorted(kind for kind, left in wish.unsubscribed if left == channel) for channel in channels}
