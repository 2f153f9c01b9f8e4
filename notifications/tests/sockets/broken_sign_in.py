"""A host whose database is away."""

from typing import Any

from django.db import OperationalError


def origin_allowed(scope: dict[str, Any]) -> bool:
    return True


def subprotocol(scope: dict[str, Any]) -> str | None:
    return None


def from_handshake(scope: dict[str, Any]) -> None:
    raise OperationalError("the database is away")
