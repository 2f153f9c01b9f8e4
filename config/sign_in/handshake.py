"""Who is behind a socket or stream: the module that `NOTIFICATION_SIGN_IN` names (notifications/sockets/sign_in.py).

What is offered by name (ticket, token, header, subprotocol) is judged alone: no cookie makes up for a bad one.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import is_same_domain

from notifications.sockets.sign_in import Identity, Refused

from . import tickets, tokens
from .keys import holding

Scope = dict[str, Any]
Origin = tuple[str, str, int]
PROTOCOL = "tidings.v1"
_PORTS = {"http": 80, "https": 443}
_JWT, _SESSION, _KEY = "jwt:", "session:", "key:"


# --- origins ----------------------------------------------------------------
def origin_allowed(scope: Scope) -> bool:
    """Whether a page of ours, or of a site we trust, is asking. No Origin: no page is, so it is."""
    given = _headers(scope, b"origin")
    if not given:
        return True
    origin = _origin(given[0]) if len(given) == 1 else None
    return origin is not None and (_is_same_host(origin, scope) or _is_trusted(origin))


def _origin(text: str) -> Origin | None:
    """Scheme, host and port; None for what no page of a site sends: "null", a path, a name before the host."""
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port


def _is_same_host(origin: Origin, scope: Scope) -> bool:
    hosts = _headers(scope, b"host")
    domain, _ = split_domain_port(hosts[0]) if len(hosts) == 1 else ("", "")
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    scheme = origin[0]  # not the scope's: behind a proxy that ends TLS it says ws
    stripped_of_tls = scheme == "http" and settings.BASE_URL.startswith("https://") and not settings.DEBUG
    return origin == _origin(f"{scheme}://{hosts[0]}") and not stripped_of_tls


def _is_trusted(origin: Origin) -> bool:
    patterns = (*settings.CORS_ALLOWED_ORIGINS, *settings.CSRF_TRUSTED_ORIGINS)
    return any(_matches(origin, pattern) for pattern in patterns)


def _matches(origin: Origin, pattern: str) -> bool:
    """Django's CSRF_TRUSTED_ORIGINS may name all subdomains: https://*.shop.example."""
    if "://*." not in pattern:
        return origin == _origin(pattern)
    wanted = _origin(pattern.replace("://*.", "://"))
    if wanted is None:
        return False
    return (origin[0], origin[2]) == (wanted[0], wanted[2]) and is_same_domain(origin[1], f".{wanted[1]}")


# --- who ----------------------------------------------------------------------
def from_handshake(scope: Scope) -> Identity | None:
    """The person whose ticket, token or session came with the request; None if nothing did. Raises Refused."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if "ticket" in query:
        return _from_ticket(query["ticket"][0])
    token = query["token"][0] if "token" in query else _bearer(scope)
    if token is not None:
        return _from_jwt(token)
    offered = _in_subprotocols(scope)
    return from_token(offered) if offered is not None else _from_cookie(scope)


def from_token(token: str) -> Identity:
    """The person of a JWT or of a ticket, which is then used up. Raises Refused."""
    return _from_ticket(token) if tickets.looks_like_one(token) else _from_jwt(token)


def subprotocol(scope: Scope) -> str | None:
    """The one subprotocol that we speak, if the client offered it."""
    return PROTOCOL if PROTOCOL in scope.get("subprotocols", ()) else None


def _from_jwt(token: str) -> Identity:
    user, claims = tokens.holder(token)
    return Identity(user.pk, user.username, user.is_staff, claims.expires_at, jwt_grant(claims.version))


def _from_ticket(ticket: str) -> Identity:
    identity = tickets.redeem(ticket)
    if identity.expires_at is not None and identity.expires_at <= timezone.now():
        raise Refused("token_expired", "The token that made this ticket has expired.")
    if lapsed([identity]):
        raise Refused("token_revoked", "The sign-in that made this ticket has ended.")
    return identity


def _from_cookie(scope: Scope) -> Identity | None:
    """A cookie comes along unasked, so a page must be asking that is ours; one that does not hold counts as none."""
    if not origin_allowed(scope) or (scope["type"] == "websocket" and not _headers(scope, b"origin")):
        return None
    key = parse_cookie("; ".join(_headers(scope, b"cookie"))).get(settings.SESSION_COOKIE_NAME, "")
    if not (key.isascii() and key.isalnum()):  # Postgres refuses to be asked for a NUL
        return None
    session = _sessions([key]).get(key, {})
    user = User.objects.filter(pk=session.get(SESSION_KEY, 0), is_active=True).first()
    if user is None or not _is_session_of(user, session):
        return None
    return Identity(user.pk, user.username, user.is_staff, None, session_grant(key))


def _bearer(scope: Scope) -> str | None:
    headers = _headers(scope, b"authorization")
    return tokens.bearer(headers[0]) if headers else None


def _in_subprotocols(scope: Scope) -> str | None:
    """What stands beside `tidings.v1`: browsers can send no header of their own but this one."""
    if subprotocol(scope) is None:
        return None
    return next((word for word in scope["subprotocols"] if not word.startswith("tidings.")), None)


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope.get("headers", ()) if key.lower() == name]


# --- whether it still holds -----------------------------------------------------
def jwt_grant(version: int) -> str:
    return f"{_JWT}{version}"


def session_grant(session_key: str) -> str:
    return f"{_SESSION}{session_key}"


def key_grant(key_id: int) -> str:
    return f"{_KEY}{key_id}"


def lapsed(identities: Sequence[Identity]) -> set[Identity]:
    """Those who may not stay; two queries for any number, two more where keys let somebody in.

    Their `expires_at` is the caller's to watch.
    """
    people = {identity.user_id for identity in identities}
    needed = ("is_active", "is_staff", "password", "token_version__version")
    found = User.objects.filter(pk__in=people).select_related("token_version").only(*needed)
    users = {user.pk: user for user in found}
    sessions = _sessions(i.grant.removeprefix(_SESSION) for i in identities if i.grant.startswith(_SESSION))
    of_keys = {identity: _by_key(identity) for identity in identities if identity.grant.startswith(_KEY)}
    good = holding.still_hold(of_keys.values())
    ended = {identity for identity, pair in of_keys.items() if pair not in good}
    others = (identity for identity in identities if identity not in of_keys)
    return ended | {identity for identity in others if not _holds(identity, users.get(identity.user_id), sessions)}


def _by_key(identity: Identity) -> tuple[int, int]:
    return int(identity.grant.removeprefix(_KEY)), identity.user_id


def _holds(identity: Identity, user: User | None, sessions: dict[str, dict[str, Any]]) -> bool:
    if user is None or not user.is_active or user.is_staff != identity.is_staff:
        return False
    if identity.grant.startswith(_JWT):
        return identity.grant == jwt_grant(tokens.version_of(user))
    session = sessions.get(identity.grant.removeprefix(_SESSION))
    return session is not None and _is_session_of(user, session)


def _sessions(keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the live ones of these sessions hold. Reads Django's table: `SESSION_ENGINE` is the database."""
    rows = Session.objects.filter(session_key__in=set(keys), expire_date__gt=timezone.now())
    return {row.session_key: row.get_decoded() for row in rows}


def _is_session_of(user: User, session: dict[str, Any]) -> bool:
    """The checks of django.contrib.auth.get_user, which cannot be called here: it also changes the session."""
    backend = session.get(BACKEND_SESSION_KEY)
    if session.get(SESSION_KEY) != str(user.pk) or backend not in settings.AUTHENTICATION_BACKENDS:
        return False
    good = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())  # it changes with the password
    return any(constant_time_compare(session.get(HASH_SESSION_KEY, ""), hashed) for hashed in good)
