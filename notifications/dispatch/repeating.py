"""The same request sent again acts once, for ever: docs/requirements.md A6."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.http import QueryDict

from ..events import KeyReused, Refused
from ..models import IdempotencyKey

LONGEST_KEY = 255
HEADER = "Idempotency-Key"


class _Overtaken(Exception):
    """The same request ran beside this one and was first."""


def act_once(
    act: Callable[[], str],
    *,
    sender_id: int,
    key: str | None,
    path: str,
    body: Any,
    when_beaten: type[Exception] = _Overtaken,
) -> str:
    """What `act` returns (the id of what it made), or returned when this request came before under its key.

    `act` validates, too: a repetition is recognised before anything is looked at. `path` names what is asked for,
    under whichever spelling; `when_beaten` is what `act` may raise because its twin was first.
    Without a key every request acts. Raises KeyReused, and Refused for a key that is none.
    """
    if key is None:
        return act()
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Refused(HEADER, f"Between 1 and {LONGEST_KEY} characters, not {len(key)}.")
    asked = (sender_id, key, fingerprint(path, body))
    if earlier := once(*asked):
        return earlier
    try:
        with transaction.atomic():
            made = act()
            if remember(*asked, made) is not None:
                raise _Overtaken
    except (_Overtaken, when_beaten):
        if earlier := once(*asked):
            return earlier
        raise
    return made


def fingerprint(path: str, body: Any) -> str:
    """sha256 of what was asked: the order of a body's keys says nothing."""
    plain = dict(body.lists()) if isinstance(body, QueryDict) else body
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(f"{path}\n{canonical}".encode()).hexdigest()


def once(sender_id: int, key: str, fingerprint: str) -> str | None:
    """What this request made when it came before, or None. Raises KeyReused when it was another request."""
    found = IdempotencyKey.objects.filter(sender=sender_id, key=key).first()
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise KeyReused(key)
    return found.result


def remember(sender_id: int, key: str, fingerprint: str, result: str) -> str | None:
    """Keep the result in the caller's transaction.

    None: kept. Otherwise the result of the same request that ran beside this one and was first:
    roll back what you did and answer with that. Raises KeyReused.
    """
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(sender=sender_id, key=key, fingerprint=fingerprint, result=result)
    except IntegrityError:  # Postgres has waited for the other's commit by now
        return once(sender_id, key, fingerprint)
    return None
