"""Every kind on every channel, on or off; and how long each kind is gathered. What is mandatory is on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..deciding.preferences import EVERY_KIND, OFF_BY_DEFAULT, Preferences
from ..events import Channel, Refused
from ..words import catalogue
from . import values

CHANNELS = tuple(
    channel.value for channel in (Channel.WEBSOCKET, Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH)
)
_NOT_HERE: Mapping[str, str] = {
    Channel.INBOX: "The inbox always has it.",
    Channel.APPRISE: "It goes out once per event, not to each person.",
    Channel.WEBHOOK: "It goes to other systems, not to people.",
}
Said = dict[str, dict[str, bool]]  # {kind: {channel: on or off}}
Left = dict[str, list[str]]  # {channel: kinds that were unsubscribed from}
Windows = dict[str, int]  # {kind: seconds}


def is_on(wish: Preferences, kind: str, channel: str) -> bool:
    """Whether a kind that goes to this channel by itself is sent there."""
    if values.is_mandatory(catalogue.find(kind)):
        return True
    return wish.wants(kind, channel) and not wish.has_unsubscribed(kind, channel)


def effective(wish: Preferences) -> Said:
    return {kind: {channel: is_on(wish, kind, channel) for channel in CHANNELS} for kind in sorted(catalogue.kinds())}


def windows(wish: Preferences) -> Windows:
    """Of the kinds that are gathered, or were said not to be."""
    kinds = {name: kind for name, kind in catalogue.kinds().items() if not values.is_mandatory(kind)}
    defaults = {name: kind.digest_window_s for name, kind in kinds.items() if kind.digest_window_s}
    said = {name: window_s for name, window_s in wish.digest.items() if name in kinds}
    return dict(sorted({**defaults, **said}.items()))


@dataclass
class Writing:
    """What becomes of the stored cells. `wish` is what held until now.

    `replaces`: they start from nothing, and a cell that repeats what held is left as it was; so the whole answer can be
    sent back and changes nothing.
    """

    wish: Preferences
    replaces: bool
    said: Said
    left: Left

    def kinds(self, body: Any, place: str) -> None:
        """Null, for a kind or a cell, is the default."""
        for spelling, cells in values.parts(body, place).items():
            kind = values.kind(spelling, f"{place}.{spelling}").name
            if cells is None:
                self.said.pop(kind, None)
                continue
            for channel, on in values.parts(cells, f"{place}.{spelling}").items():
                self._cell(
                    kind, _channel(channel, f"{place}.{spelling}.{channel}"), on, f"{place}.{spelling}.{channel}"
                )

    def _cell(self, kind: str, channel: str, on: Any, place: str) -> None:
        on = None if on is None else values.yes_or_no(on, place)
        if values.is_mandatory(catalogue.find(kind)):
            if on is False:
                raise Refused(place, f"{kind} is mandatory: it cannot be switched off.", "mandatory")
            on = None
        elif on is not None and self.replaces and on == is_on(self.wish, kind, channel):
            on = self.wish.said.get((kind, channel))
        elif on:
            self.rejoin(kind, channel)
        self.say(kind, channel, on)

    def say(self, kind: str, channel: str, on: bool | None) -> None:
        is_default = on is None or (
            on and channel not in OFF_BY_DEFAULT and EVERY_KIND not in self.left.get(channel, ())
        )
        if is_default:
            self.said.get(kind, {}).pop(channel, None)
            if not self.said.get(kind):
                self.said.pop(kind, None)
        else:
            self.said.setdefault(kind, {})[channel] = bool(on)

    def leave(self, kind: str, channel: str) -> None:
        """Unsubscribe; a cell that was switched on one by one goes with it."""
        self.left[channel] = sorted({*self.left.get(channel, ()), kind})
        for one in list(self.said) if kind == EVERY_KIND else [kind]:
            if self.said.get(one, {}).get(channel):
                del self.said[one][channel]
        self.said = {kind: cells for kind, cells in self.said.items() if cells}

    def rejoin(self, kind: str, channel: str) -> None:
        remaining = [other for other in self.left.get(channel, ()) if other != kind]
        self.left = {**self.left, channel: remaining} if remaining else _without(self.left, channel)
        if kind == EVERY_KIND:  # what had been switched on one by one is on anyway now
            for one in [one for one, cells in self.said.items() if cells.get(channel)]:
                self.say(one, channel, True)


def _channel(name: str, place: str) -> str:
    if name not in CHANNELS:
        raise Refused(place, _NOT_HERE.get(name, f"There is no channel {values.quoted(name)}."), "unknown_channel")
    return name


def _without(left: Mapping[str, list[str]], channel: str) -> Left:
    return {name: kinds for name, kinds in left.items() if name != channel}


def read_windows(body: Any, place: str, *, windows: Windows) -> Windows:
    """{"kind": {"window_s": n}} on top of these; 0: not gathered; null: the default."""
    windows = dict(windows)
    for spelling, said in values.parts(body, place).items():
        kind = values.kind(spelling, f"{place}.{spelling}")
        windows.pop(kind.name, None)
        if said is None:
            continue
        window_s = _window_s(values.parts(said, f"{place}.{spelling}"), f"{place}.{spelling}")
        if window_s and values.is_mandatory(kind):
            raise Refused(f"{place}.{spelling}", f"{kind.name} is mandatory: it does not wait for others.", "mandatory")
        if window_s != (kind.digest_window_s or 0):
            windows[kind.name] = window_s
    return windows


def _window_s(said: dict[str, Any], place: str) -> int:
    for name in said:
        if name != "window_s":
            raise Refused(f"{place}.{name}", "Say window_s.", "unknown_field")
    return values.number(said.get("window_s"), f"{place}.window_s", least=0, most=values.LONGEST_WINDOW_S)
