"""How often a person may read, write and do what is dear, and how often a name may be tried from an address.

DRF counts in the cache, which is this process's own memory: with n server processes a client that spreads its requests
gets up to n times the rate. Enough against guessing and runaway scripts; a shared cache in `CACHES` makes it exact.
"""

from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module: we are its default


class SettingsThrottle(SimpleRateThrottle):
    """Reads its rate when it is used; DRF reads the table once, before a test or a setting can change it."""

    scope: str
    duration: int

    def get_rate(self) -> Any:
        return api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)

    def key_for(self, *parts: str) -> str:
        """Hashed: parts may be any text, and a key of a shared cache may not."""
        digest = sha256("\n".join(parts).encode(errors="surrogatepass")).hexdigest()
        return f"throttle:{self.scope}:{digest}"


class PersonThrottle(SettingsThrottle):
    """Per person; for who is not signed in, per address."""

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        person = request.user.pk if request.user and request.user.is_authenticated else None
        return self.key_for("address", address(request)) if person is None else self.key_for("person", str(person))


class ReadThrottle(PersonThrottle):
    scope = "read"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        return request.method not in SAFE_METHODS or super().allow_request(request, view)


class WriteThrottle(PersonThrottle):
    scope = "write"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        return request.method in SAFE_METHODS or super().allow_request(request, view)


class ActionThrottle(PersonThrottle):
    """Per person and act, beside the writes: of what is dear, or reaches others. A view names them in its `limits`."""

    def __init__(self) -> None:
        """Which rate it is, the view says."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        scope = getattr(view, "limits", {}).get(getattr(view, "action", None))
        if scope is None:
            return True
        self.scope = scope
        self.rate = self.get_rate()
        self.num_requests, duration = self.parse_rate(self.rate)
        self.duration = duration or 0
        return super().allow_request(request, view)


class SignInThrottle(SettingsThrottle):
    """Per address and name: guessing one name is slow, and nobody locks another out from elsewhere."""

    scope = "sign_in"

    def allow_request(self, request: Request | HttpRequest, view: Any) -> bool:
        return request.method != "POST" or super().allow_request(request, view)  # type: ignore[arg-type]  # or a page

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str:
        given: Any = request.data if isinstance(request, Request) else request.POST  # our parsers take objects only
        name = given.get("username", "")
        # spelled as sign-in itself reads it, or " Anna" would be tried afresh
        return self.key_for(address(request), normalize("NFKC", str(name)).strip().lower())


class PasswordResetThrottle(SettingsThrottle):
    """Per address: each asks for a letter to somebody."""

    scope = "password_reset"

    def allow_request(self, request: Request | HttpRequest, view: Any) -> bool:
        return request.method != "POST" or super().allow_request(request, view)  # type: ignore[arg-type]  # a page

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str:
        return self.key_for(address(request))


class WrongLinkThrottle(SettingsThrottle):
    """Per address, and only what was wrong counts: the caller says so. Beyond the rate nothing is looked at."""

    scope = "wrong_link"

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str:
        return self.key_for(address(request))

    def throttle_success(self) -> bool:
        return True

    def count(self) -> None:
        """What `allow_request` has let in was wrong."""
        if self.rate is not None:  # else nobody counts
            self.cache.set(self.key, [self.now, *self.history], self.duration)


def address(request: Request | HttpRequest) -> str:
    """Where a request comes from. What `X-Forwarded-For` says counts as far as our own proxies wrote it."""
    nearest = str(request.META.get("REMOTE_ADDR") or "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and _is_proxy(nearest):
        nearest = hops.pop()
    return nearest


def _is_proxy(text: str) -> bool:
    try:
        host = ip_address(text)
    except ValueError:
        return False
    host = getattr(host, "ipv4_mapped", None) or host  # ::ffff:10.0.0.1 on a dual-stack socket
    return any(host in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(given: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(text, strict=False) for text in given)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES: {error}; write addresses or networks such as 10.0.0.0/8"
        ) from error


_networks(tuple(settings.TRUSTED_PROXIES))  # refused at start, not at the first request
