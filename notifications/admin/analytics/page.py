"""What a period came to, drawn; with the numbers behind it as tables and to download."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from rest_framework.exceptions import ValidationError

from ... import metrics
from ...api.analytics.asking import PeriodSerializer
from ...api.analytics.views import GROUPED
from ...figures.tallying import Tallies, Tally
from ...insight import analytics, ignoring
from ...insight.analytics import Period, numbers
from . import charts, saying

QUICK = (7, 30, 90, 365)  # days
SHOWN = 10  # kinds and people
MOST_KINDS = 25
VALUES = 200  # of a metric
NAMES = ("created", "sent", "delivered", "read", "failed")


@dataclass(frozen=True)
class Figure:
    """A chart, and the same numbers as a table."""

    title: str
    svg: SafeString
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def page(request: HttpRequest) -> TemplateResponse:
    """/admin/analytics/ for staff. A period that makes no sense is said, and the usual one is shown."""
    period, wrong = _period(request)
    tallies = analytics.of_everybody(period)
    context = {
        **admin.site.each_context(request),
        "title": "Analytics",
        "period": period,
        "wrong": wrong,
        "quick": [(days, Period.up_to(period.last, days)) for days in QUICK],
        "is_empty": not tallies,
        "totals": _totals(analytics.total(tallies)),
        **_over_time(period, tallies),
        **_tables(period, tallies),
        **_metric(request),
    }
    return TemplateResponse(request, "admin/analytics/page.html", context)


def download(request: HttpRequest, by: str) -> HttpResponse:
    """The figures behind the page as CSV, one line for each day, kind, channel or priority."""
    period, wrong = _period(request)
    if wrong or by not in GROUPED:
        return HttpResponse(wrong or "By day, type, channel or priority.", status=400, content_type="text/plain")
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="figures-by-{by}-{period.first}-{period.last}.csv"'
    lines = csv.writer(answer)
    lines.writerow([by, *numbers(Tally())])
    for key, tally in GROUPED[by](analytics.of_everybody(period)).items():
        lines.writerow([key, *analytics.numbers_of(key, tally).values()])
    return answer


def _period(request: HttpRequest) -> tuple[Period, str]:
    asked = PeriodSerializer(data={name: value for name, value in request.GET.items() if value})
    try:
        asked.is_valid(raise_exception=True)
    except ValidationError as error:
        detail: Any = error.detail
        usual = PeriodSerializer(data={})
        usual.is_valid()
        return usual.validated_data["period"], "; ".join(f"{name}: {said[0]}" for name, said in detail.items())
    return asked.validated_data["period"], ""


# --- over time ------------------------------------------------------------------
def _over_time(period: Period, tallies: Tallies) -> dict[str, Any]:
    by_day = analytics.by_day(tallies)
    spans = saying.spans(period.days)
    labels = [saying.span(days) for days in spans]
    each = [numbers(_sum_of(days, by_day)) for days in spans]
    return {
        "over_time": _bars("Created, delivered, read", labels, each),
        "delivery": _durations("From creation to a device", labels, each, "delivery_ms"),
        "rtt": _durations("Round trip of an acknowledgement", labels, each, "ack_rtt_ms"),
    }


def _sum_of(days: Sequence[date], by_day: Mapping[str, Tally]) -> Tally:
    found = Tally()
    for day in days:
        found.add(by_day.get(day.isoformat(), Tally()))
    return found


def _bars(title: str, labels: Sequence[str], each: Sequence[Mapping[str, Any]]) -> Figure:
    series = {name: [one[name] for one in each] for name in ("created", "delivered", "read")}
    rows = [(label, [f"{one[name]:,}" for name in NAMES]) for label, one in zip(labels, each, strict=True)]
    return Figure(title, charts.bars(title, labels, series, say=saying.count), NAMES, rows)


def _durations(title: str, labels: Sequence[str], each: Sequence[Mapping[str, Any]], of: str) -> Figure | None:
    series = {name: [one[f"{name}_{of}"] for one in each] for name in ("p50", "p95")}
    there = [value for values in series.values() for value in values if value is not None]
    if not there:
        return None
    drawn = charts.lines(title, labels, series, scale=charts.lasting(there), say=saying.duration)
    rows = [
        (label, [saying.duration(one[f"{name}_{of}"]) for name in series])
        for label, one in zip(labels, each, strict=True)
    ]
    return Figure(title, drawn, list(series), rows)


def _totals(tally: Tally) -> dict[str, Any]:
    said = numbers(tally)
    return {
        **{f"{name}_said": f"{said[name]:,}" for name in NAMES},
        "failed": said["failed"],
        "delivery_share": saying.share(said["delivery_rate"]),
        "read_share": saying.share(said["read_rate"]),
        "delivery": f"{saying.duration(said['p50_delivery_ms'])} · {saying.duration(said['p95_delivery_ms'])}",
        "rtt": f"{saying.duration(said['p50_ack_rtt_ms'])} · {saying.duration(said['p95_ack_rtt_ms'])}",
    }


# --- tables ---------------------------------------------------------------------
def _tables(period: Period, tallies: Tallies) -> dict[str, Any]:
    by_kind = analytics.by_kind(tallies)
    often = sorted(by_kind.items(), key=lambda pair: (-pair[1].created, pair[0]))
    silent = ignoring.never_read(period, SHOWN)
    names = analytics.names_of(silent)
    failures = analytics.failures(tallies)
    most = max(failures.values(), default=1)
    return {
        "kinds": [_line(kind, tally) for kind, tally in often[:MOST_KINDS]],
        "more_kinds": max(0, len(often) - MOST_KINDS),
        "channels": [
            _line(channel, tally, analytics.numbers_of(channel, tally))
            for channel, tally in analytics.by_channel(tallies).items()
        ],
        "least_read": [_line(kind, tally) for kind, tally in ignoring.least_read(by_kind, SHOWN).items()],
        "never_read": [(user, names.get(user, f"#{user}"), tally.created) for user, tally in silent.items()],
        "looked_at": ignoring.LOOKED_AT,
        "failures": [(*which, n, charts.meter(n / most, "failed")) for which, n in failures.items()],
    }


def _line(key: str, tally: Tally, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A row of a table: the numbers as they are shown, and the rates as little bars."""
    said = said or numbers(tally)
    return {
        "key": key,
        **{name: f"{said[name]:,}" for name in NAMES},
        "delivery_rate": saying.share(said["delivery_rate"]),
        "read_rate": saying.share(said["read_rate"]),
        "delivery_meter": charts.meter(said["delivery_rate"], "delivered"),
        "read_meter": charts.meter(said["read_rate"], "read"),
        "latency": f"{saying.duration(said['p50_delivery_ms'])} / {saying.duration(said['p95_delivery_ms'])}",
    }


def _metric(request: HttpRequest) -> dict[str, Any]:
    """The values of one metric that hosts hand in."""
    names = metrics.names()
    name = request.GET.get("metric") or (names[0] if names else "")
    rows = metrics.newest(name, VALUES) if name in names else []
    if not rows:
        return {"metric_names": names, "metric_name": name, "metric": None}
    labels = [f"{row.recorded_at:%d %b %H:%M}" for row in rows]
    values = [row.value for row in rows]
    drawn = charts.lines(
        name, labels, {"value": values}, scale=charts.around(values), say=saying.count, width=charts.WIDE
    )
    told = [(label, [f"{value:g}"]) for label, value in zip(labels, values, strict=True)]
    return {"metric_names": names, "metric_name": name, "metric": Figure(name, drawn, ["value"], told)}
