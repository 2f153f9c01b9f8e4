"""A plug-in of pytest and a middleware of the tests: whatever any test is answered is held against the documents.

`--unseen` names, at the end, what is documented and was never answered or said.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponseBase

_objections: list[str] = []
_seen: Counter[tuple[str, ...]] = Counter()  # of the other processes of this run


class Witness:
    """The outermost middleware: sees what clients see."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        from .openapi import documented

        response = self.get_response(request)
        _objections.extend(documented().objections(request, response))
        return response


def heard(who: str, event: str, payload: Any) -> None:
    """A frame, as one side of a socket or a stream has said it."""
    from .asyncapi import spoken

    _objections.extend(spoken().objections(who, event, payload))


def asked(frame: Mapping[str, Any]) -> bool:
    """Whether a client may say it so."""
    from .asyncapi import spoken

    return spoken().is_right(frame)


def obeyed(frame: Mapping[str, Any]) -> None:
    """The answer to what no client may say was no error."""
    _objections.append(f"client: obeyed, and not documented: {frame}")


def closed(code: int) -> None:
    """A socket was closed by the server."""
    from .asyncapi import spoken

    _objections.extend(spoken().closed_with(code))


@pytest.fixture(autouse=True)
def _what_is_said_is_documented() -> Iterator[None]:
    _objections.clear()
    yield
    assert not _objections, "not as the documents say:\n" + "\n".join(dict.fromkeys(_objections))


# --- what was never seen ----------------------------------------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unseen", action="store_true", help="name what is documented and was never answered or said")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several processes
        session.config.workeroutput["seen"] = [([*map(str, what)], times) for what, times in _all_seen().items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for what, times in getattr(node, "workeroutput", {}).get("seen", ()):
        _seen[tuple(what)] += times


def _all_seen() -> Counter[tuple[str, ...]]:
    from .asyncapi import spoken
    from .openapi import documented

    here: Counter[tuple[str, ...]] = Counter(_seen)
    for what, times in [*documented().seen.items(), *spoken().seen.items()]:
        here[tuple(map(str, what))] += times
    return here


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not config.getoption("--unseen"):
        return
    from .asyncapi import spoken
    from .openapi import documented

    seen = _all_seen()
    known = [*documented().known(), *spoken().known()]
    missing = [what for what in known if not seen[what]]
    terminalreporter.section(f"documented, and not seen in this run: {len(missing)} of {len(known)}")
    for where, alike in groupby(missing, key=lambda what: what[:-1]):
        terminalreporter.write_line(f"{' '.join(where)}: {' '.join(what[-1] for what in alike)}")
