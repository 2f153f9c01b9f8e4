"""Unsubscribing, and taking it back: what the holder of a link may do without signing in."""

from collections.abc import Callable, Collection

from ..deciding import wishes
from ..deciding.preferences import EVERY_KIND
from ..events import Channel, Refused
from ..locks import lock_inbox, transacting
from ..words import catalogue
from . import grid, values
from .storing import row_of, save


def unsubscribe(user_id: int, kind: str, *, channel: str = Channel.EMAIL, via: str) -> None:
    """Nothing of this kind (EVERY_KIND: of any) goes to the person there. Repeating it changes nothing.

    Raises Refused for what is mandatory.
    """
    if values.is_mandatory(catalogue.find(kind)):
        raise Refused("kind", f"{kind} is mandatory: nobody can unsubscribe from it.", "mandatory")
    _rewrite(user_id, via, lambda writing: writing.leave(kind, channel))


def resubscribe(user_id: int, kind: str, *, channel: str = Channel.EMAIL, via: str) -> None:
    """As if they never had. Repeating it changes nothing."""
    _rewrite(user_id, via, lambda writing: _rejoin(writing, kind, channel))


def choose(user_id: int, *, on: Collection[str], off: Collection[str], channel: str, via: str) -> None:
    """These kinds are wanted there, those are not; what is so already stays as it was said. Mandatory ones stay on."""

    def write(writing: grid.Writing) -> None:
        for kind in sorted({*on, *off}):
            is_on = grid.is_on(writing.wish, kind, channel)
            if kind in on and not is_on:
                _rejoin(writing, kind, channel)
            elif kind not in on and is_on and not values.is_mandatory(catalogue.find(kind)):
                writing.leave(kind, channel)

    _rewrite(user_id, via, write)


def _rejoin(writing: grid.Writing, kind: str, channel: str) -> None:
    writing.rejoin(kind, channel)
    if kind != EVERY_KIND:
        writing.say(kind, channel, on=True)


@transacting
def _rewrite(user_id: int, via: str, write: Callable[[grid.Writing], None]) -> None:
    lock_inbox(user_id)
    before, fresh = row_of(user_id), row_of(user_id)
    writing = grid.Writing(wishes.preferences(before), replaces=False, said=fresh.kinds, left=fresh.unsubscribed)
    write(writing)
    fresh.kinds, fresh.unsubscribed = writing.said, writing.left
    save(fresh, before=before, actor=None, via=via)
