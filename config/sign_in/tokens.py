"""Access and refresh tokens that carry the version of their person's tokens: raising it ends all of them at once."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from notifications.live import bell
from notifications.prepared import Prepared
from notifications.sockets.sign_in import Refused

from .models import TokenVersion

Kind = TypeVar("Kind", bound=Token)
VERSION_CLAIM = "token_version"  # absent counts as 0: what simplejwt itself makes is good until the first revocation
MOST_REMEMBERED = 16_384  # about 4 MB


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says; `request.auth` of a request that came with one."""

    user_id: int
    version: int
    expires_at: datetime


class Checked:
    """The claims of tokens whose signature was checked lately, by hash: a reconnect storm verifies each token once.

    Holds what can never change about a token; whether it is still good is asked each time.
    """

    def __init__(self, most: int) -> None:
        self._claims: OrderedDict[bytes, Claims] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def __len__(self) -> int:
        return len(self._claims)

    def get(self, digest: bytes) -> Claims | None:
        with self._lock:
            if digest in self._claims:
                self._claims.move_to_end(digest)
            return self._claims.get(digest)

    def put(self, digest: bytes, claims: Claims) -> None:
        with self._lock:
            self._claims[digest] = claims
            while len(self._claims) > self._most:
                self._claims.popitem(last=False)


_checked = Checked(MOST_REMEMBERED)
_PEOPLE = Prepared(lambda pk: User.objects.select_related("token_version").filter(pk=pk))  # each request asks it


def issue(user: User) -> dict[str, str]:
    """A new pair of tokens."""
    refresh = RefreshToken.for_user(user)
    refresh[VERSION_CLAIM] = version_of(user)  # copied into every access token that is made of it
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def renew(refresh: str) -> str:
    """A new access token. Raises Refused."""
    token = _decoded(refresh, RefreshToken)
    _person(_unexpired(_claims(token)))
    return str(token.access_token)


@transaction.atomic
def revoke(user_id: int) -> None:
    """End every token of this person issued so far, and have their open connections looked at."""
    TokenVersion.objects.get_or_create(user_id=user_id)
    TokenVersion.objects.filter(user_id=user_id).update(version=F("version") + 1)
    transaction.on_commit(lambda: bell.ring_sign_out(user_id), robust=True)  # no partial: see live/bell.py


def holder(access: str) -> tuple[User, Claims]:
    """Who this access token speaks for, in one query. Raises Refused."""
    claims = _verified(access)
    return _person(claims), claims


def version_of(user: User) -> int:
    """The version that good tokens of this person carry; free when `token_version` was selected with the user."""
    row: TokenVersion | None = getattr(user, "token_version", None)
    return row.version if row else 0


def _verified(access: str) -> Claims:
    digest = sha256(access.encode(errors="surrogatepass")).digest()  # a JSON frame may hold lone surrogates
    claims = _checked.get(digest)
    if claims is None:
        claims = _claims(_decoded(access, AccessToken))
        _checked.put(digest, claims)
    return _unexpired(claims)


def _unexpired(claims: Claims) -> Claims:
    if claims.expires_at <= timezone.now():
        raise Refused("token_expired", "The token has expired.")
    return claims


def _decoded(raw: str, kind: type[Kind]) -> Kind:
    if not raw.isascii():
        raise _invalid()
    try:
        return kind(raw)  # type: ignore[arg-type]  # simplejwt's hint says Token, its code takes the text
    except ExpiredTokenError as error:
        raise Refused("token_expired", "The token has expired.") from error
    except TokenError as error:
        raise _invalid() from error


def _claims(token: Token) -> Claims:
    try:
        return Claims(
            user_id=int(token["user_id"]),
            version=int(token.get(VERSION_CLAIM, 0)),
            expires_at=datetime.fromtimestamp(token["exp"], UTC),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _invalid() from error


def _person(claims: Claims) -> User:
    user = next(iter(_PEOPLE(claims.user_id)), None)
    if user is None:
        raise _invalid()
    if not user.is_active:
        raise Refused("inactive", "The account is not active.")
    if version_of(user) != claims.version:
        raise Refused("token_revoked", "The token was revoked.")
    return user


def _invalid() -> Refused:
    return Refused("token_invalid", "The token is not valid.")


class VersionedJWTAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`. One that does not hold is a 401, whatever cookie comes with it."""

    def authenticate(self, request: Request) -> tuple[User, Claims] | None:  # type: ignore[override]
        token = bearer(request.headers.get("Authorization", ""))
        if token is None:
            return None
        try:
            return holder(token)
        except Refused as refused:
            raise AuthenticationFailed(refused.message, refused.code) from refused


def bearer(header: str) -> str | None:
    """The token in an Authorization header: None for another scheme, which is not ours to judge."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
