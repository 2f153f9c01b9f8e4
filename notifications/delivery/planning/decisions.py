"""One event and many people: `decide` is asked once for each thing that differs, not once for each person."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property

from ...deciding import wishes
from ...deciding.decide import HOLD, INSIDE, Decision, Person, Way, decide, is_silent
from ...deciding.preferences import DEFAULTS, Preferences
from ...models import Event
from ..addresses import Reach, reach
from . import digests
from .ways import about, paused_channels, ways

_UNREACHED = Reach()


class Decisions:
    """What is decided at `now` for these people, every channel of each. A handful of queries, however many they are.

    `planned`: the ways that need a delivery.
    """

    def __init__(self, event: Event, user_ids: Sequence[int], *, now: datetime) -> None:
        self.about, self.now, self._event, self._user_ids = about(event), now, event, user_ids
        self.ways = ways(event, paused=paused_channels())
        self.wishes = wishes.of(user_ids)
        self.planned = [way for way in self.ways if way.rung is not None and way.is_configured and _is_outward(way)]
        self._reaches = {way.channel: reach(user_ids, way.channel) for way in self.planned}
        self._alike: dict[tuple[Way, int, bool, bool], Decision] = {}

    def of(self, user_id: int) -> Iterator[tuple[Way, Decision]]:
        """In the order of `ways`."""
        for way in self.ways:
            yield way, self.on(way, user_id)

    def on(self, way: Way, user_id: int) -> Decision:
        wish, found = self.wish(user_id), self._reaches.get(way.channel, {}).get(user_id, _UNREACHED)
        key = way, id(wish), bool(found.addresses), found.is_suppressed
        if (decision := self._alike.get(key)) is None:
            person = Person(preferences=wish, has_address=key[2], is_suppressed=key[3])
            decision = self._alike[key] = decide(self.about, way, person, now=self.now)
        if decision.outcome == HOLD and decision.reason == "digest":
            return Decision(HOLD, "digest", self._digests.due_at(user_id, way.channel) or decision.until)
        return decision

    def wish(self, user_id: int) -> Preferences:
        return self.wishes.get(user_id, DEFAULTS)

    def live(self, user_id: int) -> Decision:
        """Whether open pages show it."""
        return self.on(self.ways[1], user_id)

    def is_silent(self, user_id: int) -> bool:
        return user_id in self.wishes and is_silent(self.about, self.wishes[user_id], now=self.now)

    def digest_of(self, user_id: int, channel: str) -> int | None:
        """The delivery whose digest this one joins."""
        return self._digests.lead(user_id, channel)

    @cached_property
    def _digests(self) -> digests.Open:
        """Asked for when something is gathered, which is rare."""
        return digests.Open(self._event, self._user_ids, now=self.now)


def _is_outward(way: Way) -> bool:
    return way.channel not in INSIDE
