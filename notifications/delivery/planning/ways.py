"""The channels of an event, and what `decide` wants to know of it."""

from collections.abc import Collection, Sequence

from ... import transports
from ...deciding import policies
from ...deciding.decide import About, Way
from ...events import Channel, Priority
from ...models import Event, PausedChannel
from ...prepared import Prepared
from ...words import catalogue

_PAUSED = Prepared(lambda: PausedChannel.objects.all())


def channels_of(event: Event) -> Sequence[str]:
    """As its sender said, or as its kind is."""
    kind = catalogue.find(event.kind)
    return event.channels if event.channels is not None else kind.channels if kind else ()


def about(event: Event) -> About:
    """The event as `decide` sees it."""
    kind = catalogue.find(event.kind)
    is_critical = event.priority == Priority.CRITICAL
    return About(
        kind=event.kind,
        category=event.category,
        priority=Priority(event.priority).rank,
        created_at=event.scheduled_for or event.created_at,
        source=event.source,
        tags=frozenset(event.tags),
        thread=event.thread,
        expires_at=event.expires_at,
        is_cancelled=event.state == Event.State.CANCELLED,
        is_mandatory=is_critical or bool(kind and kind.is_mandatory),
        is_critical=is_critical,
        was_requested=event.channels is not None,
        digest_window_s=kind.digest_window_s if kind else None,
    )


def ways(event: Event, *, paused: Collection[str] = ()) -> list[Way]:
    """Every channel on which people are reached: inside, its own, the ladder, and those that it does not use."""
    named = channels_of(event)
    own = [channel for channel in policies.OUTWARD if channel in named]
    ladder = policies.ladder(event.priority, used=own)
    inside = [Way(channel=Channel.INBOX), Way(channel=Channel.WEBSOCKET, rung=_rung(Channel.WEBSOCKET, named))]
    direct = [_outward(channel, 0, paused) for channel in own]
    rungs = [_outward(channel, rung, paused) for rung, channel in enumerate(ladder, 1)]
    others = [_outward(channel, None, paused) for channel in policies.OUTWARD if channel not in {*own, *ladder}]
    return [*inside, *direct, *rungs, *others]


def paused_channels() -> set[str]:
    """Staff have paused these."""
    return {paused.channel for paused in _PAUSED()}


def way(channel: str, rung: int, *, is_paused: bool = False) -> Way:
    """One that a delivery was planned for."""
    return _outward(channel, rung, {channel} if is_paused else ())


def skipped_for_all(event: Event) -> dict[str, str]:
    """{channel: reason} of what reaches nobody: said once, on the event."""
    closed = [way.channel for way in ways(event) if way.rung is not None and not way.is_configured]
    if Channel.APPRISE in channels_of(event) and transports.find(Channel.APPRISE) is None:
        closed.append(Channel.APPRISE)
    return dict.fromkeys(closed, "not_configured")


def _rung(channel: str, named: Collection[str]) -> int | None:
    return 0 if channel in named else None


def _outward(channel: str, rung: int | None, paused: Collection[str]) -> Way:
    is_configured = transports.find(channel) is not None
    return Way(channel=channel, rung=rung, is_configured=is_configured, is_paused=channel in paused)
