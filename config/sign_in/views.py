"""The doors: tokens for scripts and apps, tickets for sockets, a page for people."""

import math
from datetime import datetime
from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.exceptions import ValidationError as DRFValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications import audit
from notifications.api.permissions import is_program
from notifications.live import bell
from notifications.sockets.sign_in import Refused

from . import handshake, tickets, tokens
from .keys import authentication, holding
from .keys.issuing import Scope
from .throttles import SignInThrottle


class SignInSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False, style={"input_type": "password"})


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField()


class AccessSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="For `Authorization: Bearer`.")


class TokensSerializer(AccessSerializer):
    refresh = serializers.CharField(help_text="Buys new access tokens.")


class AskForTicketSerializer(serializers.Serializer[Any]):
    user_id = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="With an API key: which of its own users."
    )


class SocketTicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_at = serializers.DateTimeField()


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its registry is untyped
    """Without it the OpenAPI document would say that only a cookie signs in."""

    target_class = tokens.VersionedJWTAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = authentication.ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        about = "`Api-Key <key>`, for other backends; docs/backends.md says what a key is good for."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": about}


@method_decorator(never_cache, name="dispatch")
class Door(GenericAPIView[Any]):
    """For who has no token yet: whatever else the request carries is not looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'  # without it DRF answers 403 where the contract says 401


class TokenView(Door):
    """Sign in with a name and a password: an access token for an hour and a refresh token for two weeks."""

    serializer_class = SignInSerializer
    throttle_classes = (SignInThrottle,)

    @extend_schema(responses=TokensSerializer)
    def post(self, request: Request) -> Response:
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        user = authenticate(request._request, **body.validated_data)
        if user is None:  # one answer for all reasons, or it would tell which names exist
            raise AuthenticationFailed("No active account has this name and password.", "no_active_account")
        return Response(tokens.issue(user))


class RefreshView(Door):
    """A new access token for a refresh token that still holds."""

    serializer_class = RefreshSerializer

    @extend_schema(responses=AccessSerializer)
    def post(self, request: Request) -> Response:
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            return Response({"access": tokens.renew(body.validated_data["refresh"])})
        except Refused as refused:
            raise AuthenticationFailed(refused.message, refused.code) from refused


class RevokeView(APIView):
    """End all tokens of yours issued so far; sockets that they opened close within 30 s. Your sessions stay."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        person = _person(request)
        with transaction.atomic():
            tokens.revoke(person.pk)
            audit.record("token.revoked", "user", person.pk, actor=(person.pk, person.get_username()))
        return Response(status=204)


@method_decorator(never_cache, name="dispatch")
class SocketTicketView(APIView):
    """A ticket that opens one socket or stream, once, within 30 s: one's own, or that of a backend's own user."""

    scopes = {"post": Scope.TICKETS_ISSUE.value}

    @extend_schema(request=AskForTicketSerializer, responses=SocketTicketSerializer)
    def post(self, request: Request) -> Response:
        body = AskForTicketSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data.get("user_id")
        made = _ticket_for(request, asked) if is_program(request) else _own_ticket(request, asked)
        return Response(SocketTicketSerializer(dict(zip(("ticket", "expires_at"), made, strict=True))).data)


def _own_ticket(request: Request, user_id: int | None) -> tuple[str, datetime]:
    if user_id not in (None, _person(request).pk):
        raise PermissionDenied("Only an API key asks for the ticket of somebody else.", "not_yours")
    grant, grant_expires_at = _grant(request)
    return tickets.mint(_person(request), grant=grant, grant_expires_at=grant_expires_at)


def _ticket_for(request: Request, user_id: int | None) -> tuple[str, datetime]:
    """Whoever is not one of the account's own gets the same answer, there or not."""
    if user_id is None:
        raise DRFValidationError({"user_id": ["Say for whom."]})
    program = cast(holding.Program, request.auth)
    user = holding.may_ask_for(program, user_id)
    if user is None:
        raise PermissionDenied("This is none of the account's own users.", "not_its_user")
    actor = (_person(request).pk, program.account)
    with transaction.atomic():
        grant = handshake.key_grant(program.key_id)
        made = tickets.mint(user, grant=grant, grant_expires_at=program.expires_at)
        audit.record("ticket.issued", "api_key", program.key_id, actor=actor, target_user_id=user.pk)
    return made


def _person(request: Request) -> User:
    return cast(User, request.user)  # these views let nobody else in


def _grant(request: Request) -> tuple[str, datetime | None]:
    """What the request itself rests on, and until when."""
    if isinstance(request.auth, tokens.Claims):
        return handshake.jwt_grant(request.auth.version), request.auth.expires_at
    if isinstance(request.successful_authenticator, SessionAuthentication) and request.session.session_key:
        return handshake.session_grant(request.session.session_key), None
    raise PermissionDenied("A ticket is made of a token or a session.", "ticket_not_possible")


class LoginPage(LoginView):
    template_name = "sign_in/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        throttle = SignInThrottle()
        if not throttle.allow_request(request, self):
            return self._too_many(math.ceil(throttle.wait() or throttle.duration))
        return super().post(request, *args, **kwargs)

    def _too_many(self, wait_s: int) -> HttpResponse:
        form = TooManyForm(self.request, data=self.request.POST, wait_s=wait_s)
        response = self.render_to_response(self.get_context_data(form=form), status=429)
        response["Retry-After"] = str(wait_s)
        return response


class TooManyForm(AuthenticationForm):
    """Looks as the form does with a wrong password, and has not tried the password."""

    def __init__(self, *args: Any, wait_s: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wait_s = wait_s

    def clean(self) -> dict[str, Any]:
        raise ValidationError(f"Too many attempts for this name. Try again in {self.wait_s} seconds.", "throttled")


class LogoutPage(LogoutView):
    """POST only, as Django 5 has it; who merely opens the address is sent home instead of being told 405."""

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("/") if request.method == "GET" else super().http_method_not_allowed(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = request.user.pk
        response = super().post(request, *args, **kwargs)
        if person is not None:  # the session is gone: its sockets need not wait for the next heartbeat
            transaction.on_commit(lambda: bell.ring_sign_out(person), robust=True)  # no partial: see live/bell.py
        return response
