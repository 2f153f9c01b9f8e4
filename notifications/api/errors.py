"""What goes wrong, as clients see it: {"detail": …} or {"field": ["…"]}, and always a "code"."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from .. import events, inbox

log = logging.getLogger("tidings.api")
RETRY_AFTER_S = 2


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used before, with another request."
    default_code = "idempotency_key_reused"


class NothingToStop(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "Nothing is left to stop: it has arrived, was cancelled before, or has expired."
    default_code = "nothing_to_stop"


class WillNotReturn(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "It was cancelled, replaced or has expired: it would never come back."
    default_code = "will_not_return"


class AlreadyActed(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "A choice was made before."
    default_code = "already_acted"


class NoLongerOffered(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "It was cancelled, replaced or has expired: there is nothing to choose any more."
    default_code = "no_longer_offered"


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {settings.MAX_BODY_BYTES // 1024} KiB."
    default_code = "too_large"


class Unavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database does not answer just now; nothing was written. Try again."
    default_code = "unavailable"


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
    if isinstance(known, Unavailable):
        log.error("database unavailable: %s: %s", type(exc).__name__, exc)
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _in_the_words_of_http(exc: Exception) -> Exception:
    match exc:
        case events.Refused():
            return ValidationError({exc.field: [exc.message]})
        case events.KeyReused():
            return KeyReused()
        case inbox.NotFound():
            return NotFound(f"Not in your inbox: {', '.join(map(str, exc.ids[:10]))}.")
        case inbox.NothingToStop() | inbox.WillNotReturn() | inbox.NoLongerOffered():
            return _STATE_FORBIDS[type(exc)]()
        case inbox.AlreadyActed():
            return AlreadyActed(f"A choice was made before: {exc.taken}.")
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation():  # too many fields in a form, and the like
            return ParseError(str(exc))
        case OperationalError() | InterfaceError():  # a pool without a free connection is among them
            return Unavailable()
    return exc


_STATE_FORBIDS: Mapping[type[Exception], type[APIException]] = {
    inbox.NothingToStop: NothingToStop,
    inbox.WillNotReturn: WillNotReturn,
    inbox.NoLongerOffered: NoLongerOffered,
}


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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such path.")
