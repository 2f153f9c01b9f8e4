"""Why somebody got a notification, on which channels, and why not on the others; also for somebody who got none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from .. import audience
from ..database import database_now
from ..deciding.decide import HOLD, SKIP, Decision, Way
from ..deciding.policies import PERSONAL
from ..delivery.planning.decisions import Decisions
from ..delivery.planning.ways import ways
from ..events import Audience, Channel
from ..models import Delivery, Event, NotificationLog
from .timeline import Moment, timeline


@dataclass(frozen=True, slots=True)
class Explanation:
    """`decisions`: one for each channel on which people are reached; `timeline`: oldest first."""

    event: Event
    row: NotificationLog | None
    reason: str | None
    decisions: Mapping[str, Decision]
    timeline: list[Moment]


def explain(event: Event, user_id: int) -> Explanation:
    """What was decided for this person; what would be, as long as their row is not written."""
    row = event.rows.filter(recipient_id=user_id).select_related("event").first()
    if row:
        deliveries = list(row.deliveries.filter(recipient__isnull=False).select_related("carried_by"))
        decided = _decided(row, {one.channel: one for one in deliveries})
        return Explanation(event, row, row.reason, decided, timeline(row, deliveries, decided))
    return Explanation(event, None, None, _for_nobody(event, user_id), [])


def _decided(row: NotificationLog, deliveries: Mapping[str, Delivery]) -> dict[str, Decision]:
    """One outcome per channel, as it stands in the rows."""
    event = row.event
    now = row.created_at
    planned = Decisions(event, [row.recipient_id], now=now)
    planned.about = replace(planned.about, is_cancelled=False)  # it was not, then
    said: dict[str, Decision] = {}
    for way in ways(event):
        if way.channel == Channel.INBOX:
            said[way.channel] = planned.on(way, row.recipient_id)
        elif way.channel == Channel.WEBSOCKET:
            said[way.channel] = _live(row) or planned.on(way, row.recipient_id)
        elif delivery := deliveries.get(way.channel):
            said[way.channel] = planned.on(way, row.recipient_id) if _awaits_its_turn(delivery) else _of(delivery)
        else:
            said[way.channel] = _alike(event, way, planned.on(way, row.recipient_id))
    return {channel: said[channel] for channel in PERSONAL}


def _live(row: NotificationLog) -> Decision | None:
    """None: it was written before reasons were kept."""
    return Decision(row.live, row.live_reason) if row.live_reason else None


def _awaits_its_turn(delivery: Delivery) -> bool:
    """A rung that would be held if it began now."""
    return delivery.state == Delivery.State.WAITING and delivery.outcome == HOLD


def _of(delivery: Delivery) -> Decision:
    is_held = delivery.state == Delivery.State.HELD and delivery.reason != "channel_paused"
    until = delivery.carried_by.due_at if delivery.carried_by else delivery.due_at
    return Decision(delivery.outcome, delivery.reason, until if is_held else None)


def _alike(event: Event, way: Way, planned: Decision) -> Decision:
    """What was said once for everybody, or follows from the event alone."""
    if way.channel in event.decided:
        return Decision(SKIP, event.decided[way.channel])
    return planned if planned.outcome == SKIP else Decision(SKIP, "kind_default")


def _for_nobody(event: Event, user_id: int) -> dict[str, Decision]:
    to = Audience.from_json(event.audience)
    if reason := audience.why_not(to, user_id, namespace=event.namespace):
        return dict.fromkeys(PERSONAL, Decision(SKIP, reason))
    if event.state == Event.State.CANCELLED:
        return dict.fromkeys(PERSONAL, Decision(SKIP, "cancelled"))
    if event.state == Event.State.DONE:  # they came into the audience when it had been told
        return dict.fromkeys(PERSONAL, Decision(SKIP, "not_in_audience"))
    now: datetime = event.scheduled_for or database_now()
    decisions = Decisions(event, [user_id], now=now)
    return {way.channel: decision for way, decision in decisions.of(user_id)}
