"""Accepting an event over HTTP, once per `Idempotency-Key`."""

from collections.abc import Callable
from typing import cast

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from ... import dispatch, events
from ...models import Event
from ..explaining import RehearsalSerializer

TRIAL_PARAMETER = OpenApiParameter(
    "dry_run",
    OpenApiTypes.BOOL,
    description="Only say what would happen to whom, and why: 200, and nothing is written.",
)
KEY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=f"At most {dispatch.LONGEST_KEY} characters. The same request sent again makes one event, for ever.",
)


def accept(
    request: Request, *, path: str, event: Callable[[], events.Event], note: Callable[[Event], object] | None = None
) -> Event:
    """The event of this request: made now, or earlier under the same key. Raises Refused and KeyReused.

    `event` validates, and is not called for a repetition; `note` writes what else belongs to the transaction.
    `path` names what is asked for, under whichever spelling.
    """

    @transaction.atomic
    def act() -> str:
        row = dispatch.notify(event())
        if note:
            note(row)
        return str(row.pk)

    made = dispatch.act_once(
        act, sender_id=sender_id(request), key=request.headers.get("Idempotency-Key"), path=path, body=request.data
    )
    return Event.objects.get(pk=made)  # small audiences have been told by now


def is_trial(request: Request) -> bool:
    """`?dry_run=true`: nothing may be sent. Nor where it is named and left empty: whoever writes that means it."""
    return request.query_params.get("dry_run", "false").lower() not in ("false", "0", "no")


def rehearsed(event: events.Event) -> Response:
    """What would happen to whom, and why. Nothing is written. Raises Refused."""
    return Response(RehearsalSerializer(dispatch.rehearse(event)).data)


def accepted(row: Event) -> Response:
    return Response({"event_id": str(row.pk), "status": row.state, "recipients": recipients(row)}, status=202)


def recipients(row: Event) -> int | None:
    """How many are told; None as long as that is not known."""
    return None if row.state in (Event.State.SCHEDULED, Event.State.EXPANDING) else row.recipients


def sender_id(request: Request) -> int:
    return cast(int, request.user.pk)
