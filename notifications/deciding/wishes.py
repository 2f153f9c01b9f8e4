"""What people said they want, read from their rows as values."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..models import Preference
from .preferences import Preferences, QuietHours


def of(user_ids: Sequence[int]) -> dict[int, Preferences]:
    """Those of them who said something, in one query; who is missing has the defaults."""
    return {row.user_id: preferences(row) for row in Preference.objects.filter(user_id__in=user_ids)}


def preferences(row: Preference) -> Preferences:
    """The row as a value."""
    quiet = None
    if row.quiet_start is not None and row.quiet_end is not None:
        quiet = QuietHours(row.quiet_start, row.quiet_end)
    only = row.only_categories
    return Preferences(
        timezone=row.timezone,
        locale=row.locale,
        quiet_hours=quiet,
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


def _pairs(kinds: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], bool]:
    return {(kind, channel): bool(said) for kind, channels in kinds.items() for channel, said in channels.items()}
