"""The channels that lead outside: staff pause and resume them, and see how they are."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from .. import audit, transports
from ..audit import Actor
from ..database import database_now
from ..events import Channel
from ..locks import transacting
from ..models import Attempt, Delivery, PausedChannel

OUTWARD = tuple(channel.value for channel in Channel if channel not in (Channel.INBOX, Channel.WEBSOCKET))
LATELY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class ChannelNow:
    """`sent` and `failed` count the attempts that were begun in the last hour."""

    channel: str
    configured: bool
    paused_since: datetime | None
    paused_by: str | None
    waiting: int
    sent: int
    failed: int


@transacting
def pause(channel: str, *, actor: Actor) -> None:
    """Its deliveries wait until it is resumed; an attempt that is under way ends. Repeating it changes nothing."""
    now = database_now()
    _, is_new = PausedChannel.objects.get_or_create(channel=channel, defaults={"since": now, "by_name": actor[1]})
    if is_new:
        audit.record("channel.paused", "channel", channel, actor=actor, at=now)


@transacting
def resume(channel: str, *, actor: Actor) -> None:
    """What waited goes out. Repeating it changes nothing."""
    ended, _ = PausedChannel.objects.filter(channel=channel).delete()
    if ended:
        audit.record("channel.resumed", "channel", channel, actor=actor)


def overview() -> list[ChannelNow]:
    """Every outward channel, in the order of the vocabulary; three queries, however much waits."""
    configured, paused = transports.configured(), PausedChannel.objects.in_bulk()
    waiting, lately = _waiting(), _lately()
    return [
        ChannelNow(
            channel=channel,
            configured=channel in configured,
            paused_since=paused[channel].since if channel in paused else None,
            paused_by=paused[channel].by_name if channel in paused else None,
            waiting=waiting.get(channel, 0),
            sent=lately[channel].get(Attempt.Outcome.SENT, 0),
            failed=lately[channel].get(Attempt.Outcome.FAILED, 0),
        )
        for channel in OUTWARD
    ]


def _waiting() -> Mapping[str, int]:
    rows = Delivery.objects.filter(state__in=[Delivery.State.WAITING, Delivery.State.HELD])
    return dict(rows.values_list("channel").annotate(n=Count("id")).order_by())


def _lately() -> Mapping[str, Mapping[str, int]]:
    tries = Attempt.objects.filter(channel__in=OUTWARD, started_at__gte=database_now() - LATELY)
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for channel, outcome, n in tries.values_list("channel", "outcome").annotate(n=Count("id")).order_by():
        counted[channel][outcome] = n
    return counted
