"""What clients may send: small, flat enough, plain JSON that every database can store."""

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

MOST_IDS = 1000  # in one list; what the desk or another host addresses in Python has no such bound
DEEPEST = 20  # objects and lists within each other
# the closing quote is optional: the search goes on behind a string without an end, it does not start again inside
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"?(\s*:)?|[\[\]{}]', re.DOTALL)


class NotAnObject(ParseError):
    default_detail = "The body must be a JSON object."
    default_code = "not_an_object"


class BoundedJSONParser(JSONParser):
    """Raises what `errors.answer` makes a 400 or a 413 of; what comes out can be stored and sent again."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        body: bytes = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(body) > settings.MAX_BODY_BYTES:
            raise RequestDataTooBig
        try:
            text = body.decode()  # RFC 8259 §8.1: UTF-8, whatever charset is named
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8 text.") from error
        parsed = read_json(text.removeprefix("\ufeff"))  # the same: a byte order mark may be ignored
        if not isinstance(parsed, dict):
            raise NotAnObject
        return parsed


def read_json(text: str) -> Any:
    """The value. Raises ParseError for what is not JSON, ValidationError for what is but cannot be kept."""
    if field := _too_deep(text):
        raise ValidationError({field: [f"Nested deeper than {DEEPEST}."]}, "too_deep")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ParseError(f"Not JSON: {error}") from error
    if found := next(_troubles(value, ""), None):
        raise ValidationError({found[0] or "detail": [found[1]]})
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _too_deep(text: str) -> str | None:
    """The outermost field that is nested too deep; looked for before parsing, because that recurses."""
    depth, field = 0, "body"
    for token in _TOKEN.finditer(text):
        name, colon = token.groups()
        if name is None:
            depth += 1 if token.group() in "[{" else -1
        elif colon and depth == 1:
            field = name
        if depth > DEEPEST:
            return field
    return None


def _troubles(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, why) for whatever no database or client could take."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _troubles(name, path)
            yield from _troubles(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _troubles(inner, f"{path}.{place}" if path else str(place))
    elif why := _trouble(value):
        yield path.encode(errors="replace").decode().replace("\0", "�"), why


def _trouble(value: Any) -> str | None:
    if isinstance(value, str):
        if "\0" in value:
            return "Null characters are not allowed."
        if any("\ud800" <= character <= "\udfff" for character in value):
            return "Half a surrogate pair is not text."
    elif isinstance(value, float) and not math.isfinite(value):
        return "This number is too large."
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "This number is too large: send it as text."
    return None


class BoundedBodies:
    """Middleware: refuses a large body before anything reads it, and measures one that comes in chunks.

    Without the second, DRF takes a body without Content-Length for none at all: `{"up_to_seq": 5}` would read as
    “everything”.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared.isdecimal() and int(declared) > settings.MAX_BODY_BYTES:
            return too_large()
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            body = request.read(settings.MAX_BODY_BYTES + 1)
            if len(body) > settings.MAX_BODY_BYTES:
                return too_large()
            request._body = body  # what HttpRequest.body itself would have kept
            request.META["CONTENT_LENGTH"] = str(len(body))
        return self.get_response(request)


def too_large() -> JsonResponse:
    detail = f"The body is larger than {settings.MAX_BODY_BYTES // 1024} KiB."
    return JsonResponse({"detail": detail, "code": "too_large"}, status=413)
