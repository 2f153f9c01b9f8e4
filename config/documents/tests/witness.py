"""A plug-in of pytest and a middleware of the tests: each answer that any test gets is held against the document.

`--unseen` names, at the end, what is documented and was never answered.
"""

from collections.abc import Callable, Iterator

import pytest
from django.http import HttpRequest, HttpResponseBase

_objections: list[str] = []


class Witness:
    """The outermost middleware: sees what clients see."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        from .openapi import documented

        response = self.get_response(request)
        _objections.extend(documented().objections(request, response))
        return response


@pytest.fixture(autouse=True)
def _what_is_answered_is_documented() -> Iterator[None]:
    _objections.clear()
    yield
    assert not _objections, "\n".join(dict.fromkeys(_objections))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unseen", action="store_true", help="name what is documented and was never answered")
