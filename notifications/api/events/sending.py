"""Accepting an event over HTTP, once per `Idempotency-Key`."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

from django.db import transaction
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ... import dispatch, events
from ...models import Event

LONGEST_KEY = 255
KEY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=f"At most {LONGEST_KEY} characters. The same request sent again with it makes one event, for ever.",
)


class _Overtaken(Exception):
    """The same request ran beside this one and was first."""


def accept(
    request: Request, *, path: str, event: Callable[[], events.Event], note: Callable[[Event], object] | None = None
) -> Event:
    """The event of this request: made now, or earlier under the same key. Raises Refused and KeyReused.

    `event` validates, and is not called for a repetition; `note` writes what else belongs to the transaction.
    `path` names what is asked for, under whichever spelling.
    """
    key = _key(request)
    asked = (sender_id(request), key or "", _fingerprint(request, path)) if key else None
    if asked and (earlier := dispatch.once(*asked)):
        return Event.objects.get(pk=earlier)
    try:
        with transaction.atomic():
            row = dispatch.notify(event())
            if note:
                note(row)
            if asked and dispatch.remember(*asked, str(row.pk)) is not None:
                raise _Overtaken
    except _Overtaken:
        if asked and (earlier := dispatch.once(*asked)):
            return Event.objects.get(pk=earlier)
        raise
    return Event.objects.get(pk=row.pk)  # small audiences have been told by now


def accepted(row: Event) -> Response:
    return Response({"event_id": str(row.pk), "status": row.state, "recipients": recipients(row)}, status=202)


def recipients(row: Event) -> int | None:
    """How many are told; None as long as that is not known."""
    return None if row.state in (Event.State.SCHEDULED, Event.State.EXPANDING) else row.recipients


def sender_id(request: Request) -> int:
    return cast(int, request.user.pk)


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise ValidationError({"Idempotency-Key": [f"Between 1 and {LONGEST_KEY} characters, not {len(key)}."]})
    return key


def _fingerprint(request: Request, path: str) -> str:
    body: Any = dict(request.data.lists()) if isinstance(request.data, QueryDict) else request.data
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(f"{path}\n{canonical}".encode()).hexdigest()
