"""One POST: explicit timeouts, no redirects, no second try, and only to addresses that were checked.

No connection is kept: on one that the server has just closed, "nobody read it" and "nobody answered" look alike, and
that difference decides whether a text message is sent twice.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
from django.utils import timezone

from ..base import TransportError, clean
from .addresses import Forbidden, Target, permitted, take_apart
from .deadline import Deadline, resolve
from .trust import tls

TOTAL_S = 30.0
CONNECT_S = 10.0
STEP_S = 20.0
LARGEST_ANSWER = 64 * 1024  # bytes; more is not read
LONGEST_WISH_S = 24 * 3600  # of a Retry-After


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status. The body may be cut: the status has come before it."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(repr=False)

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """Empty when it is no JSON object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def retry_after_s(self) -> float | None:
        """The provider's wish, in seconds or as a date (RFC 9110 §10.2.3)."""
        given = self.headers.get("retry-after", "").strip()
        if given.isascii() and given.isdigit():
            return float(min(int(given[:9]), LONGEST_WISH_S))
        try:
            at = parsedate_to_datetime(given)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=timezone.get_default_timezone())
        return min(max((at - timezone.now()).total_seconds(), 0.0), LONGEST_WISH_S)

    def refusal(self, words: str = "", *, hidden: Iterable[str] = (), **flags: Any) -> TransportError:
        """By its status: 408, 425, 429 and 5xx pass, the rest is permanent; `flags` know better."""
        is_passing = self.status in {408, 425, 429} or self.status >= 500
        flags = {"permanent": not is_passing, "retry_after_s": self.retry_after_s() if is_passing else None, **flags}
        return TransportError(clean(f"HTTP {self.status} {words}", *hidden), **flags)


def post(
    url: str, *, content: bytes, headers: Mapping[str, str], is_ours: bool = False, total_s: float = TOTAL_S
) -> Answer:
    """Any answer, or a TransportError: `unknown` once the last byte was handed over, temporary before.

    `is_ours`: the operator has named this address, not a user; it may be private, and http.
    """
    progress = _Progress()
    try:
        target = take_apart(url)
        with Deadline(total_s) as deadline, _pool(target, deadline, is_ours=is_ours) as pool:
            return _exchange(pool, target, content, headers, progress)
    except Forbidden as error:
        raise TransportError(f"not called: {error}", permanent=True) from None
    except httpcore.LocalProtocolError:  # its text quotes the header, and that may be the password
        raise TransportError("not sent: a header that cannot be written", permanent=True) from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        said = clean(str(error)) or type(error).__name__
        if progress.is_handed_over:
            raise TransportError(f"handed over, no answer: {said}", unknown=True) from None
        raise TransportError(f"not handed over: {said}") from None


class _Progress:
    """Listens to httpcore: has the last byte gone?"""

    is_handed_over = False

    def __call__(self, name: str, details: Mapping[str, Any]) -> None:
        if name == "http11.send_request_body.complete":
            self.is_handed_over = True


def _pool(target: Target, deadline: Deadline, *, is_ours: bool) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=tls("http"),
        max_keepalive_connections=0,
        retries=0,
        network_backend=_CheckedNetwork(target, deadline, is_ours=is_ours),
    )


def _exchange(
    pool: httpcore.ConnectionPool, target: Target, content: bytes, headers: Mapping[str, str], progress: _Progress
) -> Answer:
    where = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    ours = {"Host": target.netloc, "User-Agent": "Tidings", "Accept-Encoding": "identity"}
    timeouts = {"connect": CONNECT_S, "read": STEP_S, "write": STEP_S, "pool": CONNECT_S}
    with pool.stream(
        "POST",
        where,
        headers=[*ours.items(), *headers.items()],
        content=content,
        extensions={"timeout": timeouts, "trace": progress},
    ) as response:
        return Answer(
            status=response.status,
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
            body=_beginning(response),
        )


def _beginning(response: httpcore.Response) -> bytes:
    body = b""
    with suppress(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        for part in response.iter_stream():
            body += part
            if len(body) >= LARGEST_ANSWER:
                break
    return body[:LARGEST_ANSWER]


class _CheckedNetwork(httpcore.NetworkBackend):
    """Resolves once, checks every address, connects to one of those: a name that changes its mind changes nothing."""

    def __init__(self, target: Target, deadline: Deadline, *, is_ours: bool) -> None:
        self._target, self._deadline, self._is_ours = target, deadline, is_ours

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses():
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, self._deadline.left_s(CONNECT_S), socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            self._deadline.hold(stream.get_extra_info("socket"))
            return stream
        raise failure

    def _addresses(self) -> list[str]:
        within_s = self._deadline.left_s(CONNECT_S)
        try:
            if self._is_ours:
                return resolve(self._target.host, self._target.port, within_s=within_s)
            return permitted(self._target, within_s=within_s)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
