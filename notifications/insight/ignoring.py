"""Who ignores what: kinds that are hardly read, and people who read nothing."""

from collections.abc import Mapping

from .. import figures
from ..figures.tallying import Tally
from ..models import Inbox
from .analytics import Period, total

ENOUGH = 10  # notifications of a kind, to speak of a rate
ENOUGH_FOR_ONE = 5
LOOKED_AT = 50  # people: those with the most unread


def least_read(by_kind: Mapping[str, Tally], count: int) -> dict[str, Tally]:
    """The kinds with the lowest share of read ones, of those that are sent often enough."""
    often = [(kind, tally) for kind, tally in by_kind.items() if tally.created >= ENOUGH]
    return dict(sorted(often, key=lambda pair: (pair[1].read / pair[1].created, -pair[1].created))[:count])


def never_read(period: Period, count: int) -> dict[int, Tally]:
    """Of the people with the most unread, those who have read nothing of the period; the most ignored first."""
    fullest = Inbox.objects.filter(unread_count__gte=ENOUGH_FOR_ONE).order_by("-unread_count", "pk")
    people = list(fullest.values_list("pk", flat=True)[:LOOKED_AT])
    found = {
        user_id: total(tallies) for user_id, tallies in figures.of_people(people, period.first, period.last).items()
    }
    silent = [(user, tally) for user, tally in found.items() if not tally.read and tally.created >= ENOUGH_FOR_ONE]
    return dict(sorted(silent, key=lambda pair: (-pair[1].created, pair[0]))[:count])
