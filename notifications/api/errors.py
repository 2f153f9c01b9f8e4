"""What goes wrong, as clients see it: {"detail": …} or {"field": ["…"]}, and always a "code"."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from .. import events, inbox

log = logging.getLogger("tidings.api")
RETRY_AFTER_S = 2


class Refusal(APIException):
    """What no exception of DRF's says: a status, a code for programs and a sentence for people."""

    def __init__(self, status_code: int, code: str, detail: str, *, wait: float | None = None) -> None:
        super().__init__(detail, code)
        self.status_code = status_code
        self.wait = wait  # seconds; DRF makes the header of it


# what our verbs raise, and what Django and the database do
_REFUSALS: Mapping[type[Exception], tuple[int, str, str]] = {
    events.KeyReused: (422, "idempotency_key_reused", "This Idempotency-Key was used before, with another request."),
    inbox.NothingToStop: (
        409,
        "nothing_to_stop",
        "Nothing is left to stop: it has arrived, was cancelled before, or has expired.",
    ),
    inbox.WillNotReturn: (
        409,
        "will_not_return",
        "It was cancelled, replaced or has expired: it would never come back.",
    ),
    inbox.NoLongerOffered: (
        409,
        "no_longer_offered",
        "It was cancelled, replaced or has expired: there is nothing to choose any more.",
    ),
    RequestDataTooBig: (413, "too_large", f"The body is larger than {settings.MAX_BODY_BYTES // 1024} KiB."),
}
_UNAVAILABLE = (503, "unavailable", "The database does not answer just now; nothing was written. Try again.")


def answer(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None: not ours to explain, a bug stays a traceback."""
    known = _in_the_words_of_http(exc)
    response = exception_handler(known, context)
    if response is None:
        return None
    if isinstance(known, ValidationError):
        code = exc.code if isinstance(exc, events.Refused) else "invalid"
        response.data = {**_fields(known.detail), "code": code}
    else:
        response.data = {"code": _code(known, response.status_code), **response.data}
    if isinstance(exc, OperationalError | InterfaceError):
        log.error("database unavailable: %s: %s", type(exc).__name__, exc)
    return response


def _in_the_words_of_http(exc: Exception) -> Exception:
    match exc:
        case events.Refused():
            return ValidationError({exc.field: [exc.message]})
        case inbox.NotFound():
            return NotFound(f"Not in your inbox: {', '.join(map(str, exc.ids[:10]))}.")
        case inbox.AlreadyActed():
            return Refusal(409, "already_acted", f"A choice was made before: {exc.taken}.")
        case _ if type(exc) in _REFUSALS:
            return Refusal(*_REFUSALS[type(exc)])
        case SuspiciousOperation():  # too many fields in a form, and the like
            return ParseError(str(exc))
        case OperationalError() | InterfaceError():  # a pool without a free connection is among them
            return Refusal(*_UNAVAILABLE, wait=RETRY_AFTER_S)
    return exc


def _code(exc: Exception, status_code: int) -> str:
    """Django's own Http404 and PermissionDenied bring none."""
    codes = exc.get_codes() if isinstance(exc, APIException) else None
    return codes if isinstance(codes, str) else _CODES.get(status_code, "error")


_CODES = {401: "not_authenticated", 403: "permission_denied", 404: "not_found"}
_SELF = ("non_field_errors", "detail")


def _fields(detail: Any) -> dict[str, Any]:
    """{"to.users": ["…"]}: a field inside another is named by its whole path. What concerns no field is the detail."""
    named: dict[str, list[str]] = {}
    for path, message in _flat(detail, ()):
        named.setdefault(".".join(path), []).append(message)
    general = named.pop("", None)
    return {"detail": " ".join(general), **named} if general else dict(named)


def _flat(errors: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _flat(inner, path if name in _SELF else (*path, str(name)))
    elif isinstance(errors, list):
        for place, inner in enumerate(errors):
            yield from _flat(inner, (*path, str(place)) if isinstance(inner, dict) else path)
    else:
        yield path, str(errors)


class NoSuchPath(APIView):
    """The last route under /api/: a 404 that a program can read."""

    schema = None
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view: Any = super().as_view(**initkwargs)
        del view.cls  # by which DRF finds the pages above a page: what there is not is none of them
        return view

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such path.")
