"""What a person wants, as a value: what `decide` is given, and what is meant when nothing was said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time

from ..events import DEFAULT_LOCALE, Channel

OFF_BY_DEFAULT = frozenset({Channel.SMS.value})  # it costs money; a person switches it on, kind by kind
EVERY_KIND = "*"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until before `end`, in the person's own time; over midnight where `end` is the earlier one."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """`said` holds {(kind, channel): on or off} where it was said; `unsubscribed` (kind or `*`, channel)."""

    timezone: str = "UTC"
    locale: str = DEFAULT_LOCALE
    quiet_hours: QuietHours | None = None
    min_priority: int = 0
    only_categories: frozenset[str] | None = None
    muted_types: frozenset[str] = frozenset()
    muted_categories: frozenset[str] = frozenset()
    muted_sources: frozenset[str] = frozenset()
    muted_tags: frozenset[str] = frozenset()
    muted_threads: frozenset[str] = frozenset()
    max_age_s: int | None = None
    digest: Mapping[str, int] = field(default_factory=dict)
    said: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    unsubscribed: frozenset[tuple[str, str]] = frozenset()

    def wants(self, kind: str, channel: str, *, is_insisted_on: bool = False) -> bool:
        """What was said, else the default. A default that is off concerns a kind's own channels: fallback, and a
        sender who names the channel, heed only what was switched off.
        """
        said = self.said.get((kind, channel))
        return said if said is not None else is_insisted_on or channel not in OFF_BY_DEFAULT

    def has_unsubscribed(self, kind: str, channel: str) -> bool:
        """From every kind means: but for those that were switched on one by one."""
        is_said_on = self.said.get((kind, channel)) is True
        return (kind, channel) in self.unsubscribed or ((EVERY_KIND, channel) in self.unsubscribed and not is_said_on)


DEFAULTS = Preferences()
