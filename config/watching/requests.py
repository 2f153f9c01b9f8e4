"""Each request: an id, a line in the log when it is answered, and its part of the figures."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import LazyObject
from prometheus_client import Counter, Histogram
from structlog.contextvars import bound_contextvars

log = logging.getLogger("tidings.http")
answered = Counter("tidings_http_requests", "Requests answered", ["method", "route", "status"])
seconds = Histogram("tidings_http_request_seconds", "From a request's beginning to its answer", ["method", "route"])
ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # whatever else comes may be a secret
METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
Answering = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def observed(get_response: Answering) -> Answering:
    """Middleware, the outermost. Streams and sockets do not pass here: they have figures of their own."""
    if iscoroutinefunction(get_response):

        async def watch_async(request: HttpRequest) -> HttpResponseBase:
            began, request_id = time.monotonic(), _id_of(request)
            with bound_contextvars(request_id=request_id):
                response: HttpResponseBase = await get_response(request)
                return _noted(request, response, request_id, time.monotonic() - began)

        return watch_async

    def watch(request: HttpRequest) -> HttpResponseBase:
        began, request_id = time.monotonic(), _id_of(request)
        with bound_contextvars(request_id=request_id):
            return _noted(request, get_response(request), request_id, time.monotonic() - began)

    return watch


def _id_of(request: HttpRequest) -> str:
    """The proxy's, if it gave one."""
    given = request.headers.get("X-Request-ID", "")
    return given if ID.fullmatch(given) else uuid.uuid4().hex


def _noted(request: HttpRequest, response: HttpResponseBase, request_id: str, took_s: float) -> HttpResponseBase:
    response["X-Request-ID"] = request_id
    method, route = request.method if request.method in METHODS else "OTHER", _route(request)
    answered.labels(method, route, response.status_code).inc()
    seconds.labels(method, route).observe(took_s)
    about = {"method": method, "route": route, "status": response.status_code, "user_id": _person(request)}
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    log.log(level, "request answered", extra={**about, "seconds": round(took_s, 4)})
    return response


def _route(request: HttpRequest) -> str:
    """The pattern, never the path: a path may be a signed link."""
    match = request.resolver_match
    return "/" + match.route.replace("^", "").replace("$", "").replace("/?", "/") if match else "other"


def _person(request: HttpRequest) -> int | None:
    """Who was found out to be asking; nobody is looked up for it."""
    user = vars(request).get("user")
    known = getattr(request, "_cached_user", None) if isinstance(user, LazyObject) else user
    return getattr(known, "pk", None)
