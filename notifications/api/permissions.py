"""Who may: people by what they are, programs by what their key is good for.

The host's authentication gives a program's request an `auth` with `scopes`; a person's has none. A view says in its own
`scopes` which of them each act needs; an act that is not named there is not for programs.
"""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

EVENTS_SEND = "events:send"
ROOMS_MANAGE = "rooms:manage"


class StaffOrProgram(BasePermission):
    """Staff, and programs with the scope that the act needs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return is_permitted_program(request, view) if is_program(request) else bool(request.user.is_staff)


def is_program(request: Request) -> bool:
    return hasattr(request.auth, "scopes")


def is_permitted_program(request: Request, view: Any) -> bool:
    return scope_needed(request, view) in getattr(request.auth, "scopes", ())


def scope_needed(request: Request, view: Any) -> str | None:
    """None: no program does this. An act is a viewset's action, or a plain view's HTTP method."""
    act = view.action if hasattr(view, "action") else (request.method or "").lower()
    needed: str | None = getattr(view, "scopes", {}).get(act)
    return needed
