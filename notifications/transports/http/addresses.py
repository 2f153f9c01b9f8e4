"""Which addresses a user may have us call: https, and nothing inside our own network (docs/channels.md)."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

import idna
from django.conf import settings

from ...events import Refused
from .deadline import resolve

LOOK_UP_WITHIN_S = 2.0  # a form is being filled in; what cannot be resolved now is decided when it is called
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TEREDO = IPv6Network("2001::/32")
_NOT_FOR_US = [ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]


class Forbidden(ValueError):
    """We do not call this URL; the text says why, and does not repeat it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL taken apart once, so that what was checked and what is called cannot differ."""

    scheme: str
    host: str  # ASCII, lower case, no brackets
    port: int
    path: str  # with its query

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"

    @property
    def is_exempt(self) -> bool:
        """The operator has named it in OUTBOUND_ALLOW."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" in settings.OUTBOUND_ALLOW


def take_apart(url: str) -> Target:
    """Raises Forbidden when it is no http or https URL with a host."""
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise Forbidden("it contains blanks, control characters or backslashes")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        raise Forbidden("it is malformed; write it as https://host/path") from None
    if parts.scheme not in {"http", "https"}:
        raise Forbidden("it has to start with https://")
    if not host:
        raise Forbidden("it has no host")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("it contains a user name or password")
    if port == 0:
        raise Forbidden("its port is out of range")
    path = quote(parts.path or "/", safe="%/:=&~+!$,;'@()*") + (
        f"?{quote(parts.query, safe='%/:=&?~+!$,;@()*[]')}" if parts.query else ""
    )
    return Target(
        scheme=parts.scheme, host=_in_ascii(host), port=port or (443 if parts.scheme == "https" else 80), path=path
    )


def _in_ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise Forbidden("its host is not a name") from None


def is_public(address: str) -> bool:
    """Whether it belongs to the open internet, whatever form it is wrapped in.

    >>> [is_public(one) for one in ("93.184.215.14", "10.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::")]
    [True, False, False, False, False]
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if (inner := _inner(ip)) is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST or ip in _TEREDO:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_FOR_US)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside: mapped, 6to4, NAT64."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour


def permitted(target: Target, *, within_s: float) -> list[str]:
    """The addresses to connect to, all of them checked. Raises Forbidden, or OSError when the name does not resolve."""
    if not target.is_exempt and target.scheme != "https":
        raise Forbidden("it has to start with https://")
    found = resolve(target.host, target.port, within_s=within_s)
    if not target.is_exempt and not all(is_public(address) for address in found):
        raise Forbidden("it leads to a private address; OUTBOUND_ALLOW=host:port exempts one")
    return found


def check_url(url: str, field: str) -> None:
    """For forms: raises Refused, with the field's name, for a URL that would never be called. It is not called.

    A name that does not resolve just now passes: every call looks again, and connects to what it has checked.
    """
    try:
        permitted(take_apart(url), within_s=LOOK_UP_WITHIN_S)
    except Forbidden as error:
        raise Refused(field, f"This URL is refused: {error}.", "url_refused") from error
    except OSError:
        return
