"""What was found, as Markdown, with what we had hoped for beside it, and a plot for each claim."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..plots import Spread, bars, save
from .plays import BURST, SINGLES_HZ, SLOW_BURST, SLOW_HZ, SLOW_SINGLES_HZ, STEADY_HZ
from .running import PEOPLE, Found
from .stacks import STREAMS, EventStream, Floor, SocketIO, Tidings, TidingsStream, Tutorial

Figure = Callable[[Found], list[float]]


@dataclass(frozen=True)
class Claim:
    """Less is better. `goals`: how many times as much each peer needs at least, as we had hoped."""

    name: str
    unit: str
    figure: Figure
    goals: Mapping[str, float]


def _us(play: str) -> Figure:
    return lambda found: [cost.us for cost in found.plays[play]]


def _p50(play: str) -> Figure:
    return lambda found: [cost.p50 for cost in found.plays[play]]


def _p99(play: str) -> Figure:
    return lambda found: [cost.p99 for cost in found.plays[play]]


TUTORIAL, SOCKET_IO, FLOOR = Tutorial.name, SocketIO.name, Floor.name
CPU = "µs of server CPU for each delivery"
CLAIMS = {
    "steady": Claim(f"broadcast, {STEADY_HZ} a second", CPU, _us("steady"), {TUTORIAL: 30, SOCKET_IO: 1.2, FLOOR: 0.5}),
    "burst": Claim("broadcast, 100 queued at once", CPU, _us("burst"), {TUTORIAL: 250, SOCKET_IO: 8, FLOOR: 1}),
    "single": Claim("one message to one, flat out", CPU, _us("flat out"), {TUTORIAL: 30, SOCKET_IO: 1.4}),
    "single_p99": Claim(
        f"{SINGLES_HZ:,} single messages a second, p99", "ms", _p99("singles"), {TUTORIAL: 10, SOCKET_IO: 3}
    ),
    "fan_out": Claim(f"fan-out to {PEOPLE:,}, p50", "ms", _p50("steady"), {TUTORIAL: 30, SOCKET_IO: 1.3, FLOOR: 0.5}),
    "accept": Claim(
        "accepting a signed-in socket",
        "µs of server CPU for each",
        lambda found: found.accept_us,
        {TUTORIAL: 2, SOCKET_IO: 0.7},
    ),
}
STREAM_CLAIMS = {"stream": Claim("broadcast as Server-Sent Events", CPU, _us("steady"), {EventStream.name: 3})}


def page(found: Mapping[str, Found]) -> list[str]:
    streams = {made.name for made in STREAMS}
    sockets = {name: one for name, one in found.items() if name not in streams}
    lines = [f"### The live path beside its peers, {PEOPLE:,} sockets", *_figures(CLAIMS, sockets)]
    if Tidings.name in sockets:
        lines += ["", *_ratios(CLAIMS, sockets, Tidings.name)]
    if of_streams := {name: one for name, one in found.items() if name in streams}:
        lines += ["", "### Streams", *_figures(STREAM_CLAIMS, of_streams)]
    if TidingsStream.name in of_streams:
        lines += ["", *_ratios(STREAM_CLAIMS, of_streams, TidingsStream.name)]
    return lines


def plots(found: Mapping[str, Found]) -> None:
    """One for each claim, into docs/performance/."""
    for name, claim in CLAIMS.items():
        rows = {stack: _spread(claim.figure(one)) for stack, one in found.items() if claim.figure(one)}
        save(f"live-{name.replace('_', '-')}", bars(claim.name, claim.unit, rows))


def _figures(claims: Mapping[str, Claim], found: Mapping[str, Found]) -> list[str]:
    lines = [
        "",
        f"Medians (least … most) of the rounds. The tutorial cannot keep up with {STEADY_HZ} broadcasts and "
        f"{SINGLES_HZ:,} single messages a second: it, the streams and plain ASGI were sent {SLOW_HZ} and "
        f"{SLOW_SINGLES_HZ}; {SLOW_BURST} were queued at once for them, not {BURST}.",
        "",
        "| stack | "
        + " | ".join(f"{claim.name}, {claim.unit}" for claim in claims.values())
        + " | KB for an idle one |",
        "|---|" + "---|" * (len(claims) + 1),
    ]
    for name, one in found.items():
        told = [_told(claim.figure(one)) for claim in claims.values()]
        lines.append(f"| {name} | {' | '.join(told)} | {_told(one.idle_kb)} |")
    return lines


def _ratios(claims: Mapping[str, Claim], found: Mapping[str, Found], ours: str) -> list[str]:
    lines = ["| work | the peer | needs so many times ours | hoped for |", "|---|---|---|---|"]
    for claim in claims.values():
        mine = statistics.median(claim.figure(found[ours]))
        for peer, goal in claim.goals.items():
            if peer in found and (theirs := claim.figure(found[peer])):
                ratio = statistics.median(theirs) / mine
                lines.append(f"| {claim.name} | {peer} | {ratio:.2f} × | {goal:g} × |")
    return lines


def _spread(figures: list[float]) -> Spread:
    return min(figures), statistics.median(figures), max(figures)


def _told(figures: list[float]) -> str:
    if not figures:
        return ""
    low, middle, high = _spread(figures)
    return f"{middle:.3g} ({low:.3g} … {high:.3g})"
