"""/metrics: what every process of this `DATA_DIR` has counted, and how the installation stands just now."""

from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.views import APIView

from config.running import health
from notifications.insight import gauges

_FORWARDED = (  # whatever has one came through a proxy, which is a loopback peer too
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"),
    *("HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"),
)


@never_cache
def metrics(request: HttpRequest) -> HttpResponseBase:
    """For who bears `METRICS_TOKEN`, a program on this machine, and staff."""
    if _bears_token(request) or _is_neighbour(request):
        return _figures()
    return _for_staff(request)


class MetricsForStaff(APIView):
    schema = None
    permission_classes = [IsAdminUser]

    def get(self, request: Request) -> HttpResponse:
        return _figures()


_for_staff = MetricsForStaff.as_view()


def _bears_token(request: HttpRequest) -> bool:
    said = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    return bool(settings.METRICS_TOKEN) and constant_time_compare(said.encode(), wanted.encode())


def _is_neighbour(request: HttpRequest) -> bool:
    """A loopback peer that speaks for itself. A page in a browser says where it comes from: no page is one."""
    if any(name in request.META for name in (*_FORWARDED, "HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE")):
        return False
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback


def _figures() -> HttpResponse:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(Standing())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Standing(Collector):
    """Asked when it is scraped. Without a database the rest is told all the same."""

    def collect(self) -> Iterator[Metric]:
        found: list[GaugeMetricFamily] = []
        problem = health.database_problem()
        if problem is None:
            try:
                found = list(gauges.standing())
            except DatabaseError as error:  # it went just now
                problem = str(error)
        yield GaugeMetricFamily("tidings_database_up", "1: it answers", value=problem is None)
        yield GaugeMetricFamily("tidings_redis_up", "1: it answers", value=health.redis_problem() is None)
        yield from found
