"""What people said they want, read from their rows as values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ..database import id_list, is_one_of
from ..events import Priority
from ..models import NotificationLog, Preference
from ..prepared import Prepared
from . import quiet_hours
from .preferences import Preferences, QuietHours


def _said(people: str) -> QuerySet[Preference]:
    return Preference.objects.filter(is_one_of("user_id", people))


_SAID = Prepared(_said)
_WITH_QUIET_HOURS = Prepared(lambda user: Preference.objects.filter(user_id=user, quiet_start__isnull=False))


def of(user_ids: Sequence[int]) -> dict[int, Preferences]:
    """Those of them who said something, in one query; who is missing has the defaults."""
    return {row.user_id: preferences(row) for row in _SAID(id_list(user_ids)[1])}


def quiet(user_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Those whose quiet hours reign."""
    rows = Preference.objects.filter(user_id__in=set(user_ids), quiet_start__isnull=False)
    return {row.user_id for row in rows.only("timezone", "quiet_start", "quiet_end") if _is_quiet(row, now)}


def is_quiet(user_id: int, *, now: datetime) -> bool:
    """The same for one person."""
    return any(_is_quiet(row, now) for row in _WITH_QUIET_HOURS(user_id))


def silent(rows: Iterable[NotificationLog], *, now: datetime) -> set[int]:
    """The ids of those that an open page lists without a sound at this moment. Their events are loaded."""
    calm = [row for row in rows if row.event.priority != Priority.CRITICAL]
    asleep = quiet({row.recipient_id for row in calm}, now=now) if calm else set()
    return {row.pk for row in calm if row.recipient_id in asleep}


def preferences(row: Preference) -> Preferences:
    """The row as a value."""
    only = row.only_categories
    return Preferences(
        timezone=row.timezone,
        locale=row.locale,
        quiet_hours=_hours(row),
        min_priority=row.min_priority,
        only_categories=None if only is None else frozenset(only),
        muted_types=frozenset(row.muted_types),
        muted_categories=frozenset(row.muted_categories),
        muted_sources=frozenset(row.muted_sources),
        muted_tags=frozenset(row.muted_tags),
        muted_threads=frozenset(row.muted_threads),
        max_age_s=row.max_age_s,
        digest=dict(row.digest),
        said=_pairs(row.kinds),
        unsubscribed=frozenset((kind, channel) for channel, kinds in row.unsubscribed.items() for kind in kinds),
    )


def _is_quiet(row: Preference, now: datetime) -> bool:
    hours = _hours(row)
    return bool(hours and quiet_hours.ends_at(hours, row.timezone, now))


def _hours(row: Preference) -> QuietHours | None:
    start, end = row.quiet_start, row.quiet_end
    return QuietHours(start, end) if start is not None and end is not None else None


def _pairs(kinds: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], bool]:
    return {(kind, channel): bool(said) for kind, channels in kinds.items() for channel, said in channels.items()}
