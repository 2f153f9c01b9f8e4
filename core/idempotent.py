"""`Idempotency-Key`: the same request sent again, however often, acts once. docs/requirements.md A6"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

from django.db import transaction
from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from notifications import dispatch

from .models import Ticket, WrongState

LONGEST_KEY = 255


class _Overtaken(Exception):
    """The same request ran beside this one and was first."""


def once(request: Request, act: Callable[[], Ticket]) -> int:
    """The id of the ticket that `act` returns, or returned when this request came before. Raises KeyReused.

    `act` validates, too: a repetition is recognised before anything is looked at.
    """
    key = _key(request)
    if key is None:
        return act().pk
    asked = (cast(int, request.user.pk), key, _fingerprint(request))
    if earlier := dispatch.once(*asked):
        return int(earlier)
    try:
        with transaction.atomic():
            ticket_id = act().pk
            if dispatch.remember(*asked, str(ticket_id)) is not None:
                raise _Overtaken
    except (_Overtaken, WrongState):  # the twin has moved the ticket while this one waited for its lock
        if earlier := dispatch.once(*asked):
            return int(earlier)
        raise
    return ticket_id


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise ValidationError({"Idempotency-Key": [f"Between 1 and {LONGEST_KEY} characters, not {len(key)}."]})
    return key


def _fingerprint(request: Request) -> str:
    """sha256 of what was asked; with and without the trailing slash is the same path."""
    body: Any = dict(request.data.lists()) if isinstance(request.data, QueryDict) else request.data
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(f"{request.path.rstrip('/')}\n{canonical}".encode()).hexdigest()
