"""A person tries a channel out: a notification to themselves, which takes the same way as any other."""

from datetime import timedelta

from ..audit import Actor
from ..database import database_now, hold
from ..events import Audience, Channel, Event
from ..locks import transacting
from ..models import Event as EventRow
from .accepting import notify

KIND = "test_message"
WINDOW, MOST_IN_WINDOW = timedelta(minutes=1), 6


class TooManyTests(Exception):
    """Nothing was sent."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


@transacting
def try_channel(person: Actor, channel: str) -> EventRow:
    """Send this person a test on this channel; the inbox and the open page have it too. Raises TooManyTests."""
    user_id = person[0]
    hold(f"test {user_id}")  # two at once: the second is counted too
    now = database_now()
    sent = EventRow.objects.filter(actor_id=user_id, kind=KIND, created_at__gt=now - WINDOW).order_by("created_at")
    lately = list(sent.values_list("created_at", flat=True))
    if len(lately) >= MOST_IN_WINDOW:
        raise TooManyTests((lately[-MOST_IN_WINDOW] + WINDOW - now).total_seconds())
    return notify(
        Event(
            kind=KIND,
            audience=Audience(users=[user_id]),
            context={"channel": channel},
            actor_id=user_id,
            link="/preferences/",
            channels=list(dict.fromkeys([Channel.INBOX.value, Channel.WEBSOCKET.value, channel])),
        )
    )
