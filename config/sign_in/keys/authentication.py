"""`Authorization: Api-Key <key>`: default is no. A view names the scopes that its acts need, or no key opens it."""

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from notifications.api.permissions import scope_needed
from notifications.sockets.sign_in import Refused

from .holding import Program, holder

SCHEME = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """One that does not hold is a 401, whatever cookie comes with it; one that is not good for this is a 403.

    That is decided here, before any permission of the view: a view that has never heard of keys stays shut.
    """

    def authenticate(self, request: Request) -> tuple[User, Program] | None:
        key = _offered(request.headers.get("Authorization", ""))
        if key is None:
            return None
        try:
            user, program = holder(key)
        except Refused as refused:
            raise AuthenticationFailed(refused.message, refused.code) from refused
        needed = scope_needed(request, request.parser_context["view"])
        if needed is None:
            raise PermissionDenied("No API key is good for this: it is for people.", "not_for_programs")
        if needed not in program.scopes:
            raise PermissionDenied(f"The API key needs the scope {needed}.", "scope_missing")
        return user, program

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'


def _offered(header: str) -> str | None:
    scheme, _, key = header.strip().partition(" ")
    return key.strip() if scheme.lower() == SCHEME.lower() else None
