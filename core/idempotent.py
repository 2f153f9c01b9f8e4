"""`Idempotency-Key`: the same request sent again, however often, acts once. docs/requirements.md A6"""

from collections.abc import Callable
from typing import cast

from rest_framework.request import Request

from notifications import dispatch

from .models import Ticket, WrongState


def once(request: Request, act: Callable[[], Ticket]) -> int:
    """The id of the ticket that `act` returns, or returned when this request came before. Raises KeyReused, Refused.

    With and without the trailing slash is the same path.
    """
    made = dispatch.act_once(
        lambda: str(act().pk),
        sender_id=cast(int, request.user.pk),
        key=request.headers.get("Idempotency-Key"),
        path=request.path.rstrip("/"),
        body=request.data,
        when_beaten=WrongState,  # the twin has moved the ticket while this one waited for its lock
    )
    return int(made)
