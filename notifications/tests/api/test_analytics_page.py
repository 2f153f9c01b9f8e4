"""The page of figures for staff: what it shows, how it is drawn, and to whom."""

import csv
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications import inbox
from notifications.admin.analytics import charts, saying
from notifications.insight.analytics import Period
from notifications.metrics import record_metric
from notifications.models import Event

from ..crowd import make_person, rows_of
from ..dispatch.test_cancelling import delivery

pytestmark = pytest.mark.django_db
PAGE = "/admin/analytics/"
SVG = re.compile(r"<svg class=\"chart.*?</svg>", re.DOTALL)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def history(notify_to: Callable[..., Event]) -> User:
    """Somebody read one of two, and somebody else none of twelve; a letter failed."""
    reader, silent = make_person(), make_person()
    notify_to(reader)
    notify_to(reader)
    for _ in range(12):
        notify_to(silent, kind="admin_message")
    first, second = rows_of(reader)
    inbox.acknowledge(reader.pk, ids=[first.pk, second.pk])
    inbox.mark_as_read(reader.pk, [first.pk])
    delivery(first, "failed", settled_at=first.created_at)
    return silent


def test_it_says_what_happened_and_who_ignores_it(staff: Client, history: User) -> None:
    record_metric("volunteer_hours", 12.5)
    shown = staff.get(PAGE)
    page = shown.content.decode()
    assert shown.context["totals"]["created_said"] == "14"
    assert [(one["key"], one["read_rate"]) for one in shown.context["least_read"]] == [("admin_message", "0 %")]
    assert [(user, told) for user, _, told in shown.context["never_read"]] == [(history.pk, 12)]
    assert [one[:3] for one in shown.context["failures"]] == [("email", "kind_default", 1)]
    for words in ("volunteer_hours", history.username, "By channel", "What providers refuse"):
        assert words in page


def test_its_charts_are_well_formed_and_say_themselves(staff: Client, history: User) -> None:
    page = staff.get(PAGE).content.decode()
    drawn = [ElementTree.fromstring(one) for one in SVG.findall(page)]
    assert len(drawn) >= 2
    for chart in drawn:
        title, said = chart.find("title"), chart.find("desc")
        assert title is not None
        assert said is not None
        assert title.text
        assert said.text
    assert "created 14, delivered 2, read 1" in page


def test_it_needs_no_style_and_no_script_of_its_own(staff: Client, history: User) -> None:
    """Content-Security-Policy: neither inline styles nor inline scripts run."""
    page = staff.get(PAGE).content.decode()
    content = page[page.index('class="analytics"') : page.index('id="footer"')]
    assert "style=" not in content
    assert "<script" not in content


def test_without_anything_it_says_so(staff: Client) -> None:
    page = staff.get(f"{PAGE}?since=2020-01-01&until=2020-01-05").content.decode()
    assert "Nothing was created in this period" in page
    assert "record_metric(" in page
    assert not SVG.findall(page)


def test_a_period_that_makes_no_sense_is_said_and_the_usual_one_shown(staff: Client) -> None:
    shown = staff.get(f"{PAGE}?since=soon")
    assert "since: A day or a time" in shown.content.decode()
    assert shown.context["period"] == Period.up_to(timezone.now().date())
    assert staff.get(f"{PAGE}by-day.csv?since=soon").status_code == 400
    assert staff.get(f"{PAGE}by-hour.csv").status_code == 400


def test_the_numbers_behind_it_can_be_downloaded(staff: Client, history: User) -> None:
    answer = staff.get(f"{PAGE}by-type.csv")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert [(row["type"], row["created"], row["read"]) for row in rows] == [
        ("admin_message", "12", "0"),
        ("general", "2", "1"),
    ]


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}by-day.csv"])
def test_it_is_for_staff(client: Client, path: str) -> None:
    assert client.get(path).status_code == 302
    client.force_login(make_person())
    assert client.get(path).status_code == 302


@pytest.mark.once
def test_what_hosts_call_a_metric_is_only_text() -> None:
    said = charts.lines("<b>", ["<i>"], {"value": [1.0]}, scale=charts.around([1.0]), say=saying.count)
    assert "<b>" not in said
    assert "<i>" not in said


@pytest.mark.once
def test_many_days_are_drawn_by_week_and_then_by_month() -> None:
    last = timezone.now().date()
    for days, most in ((30, 30), (90, 15), (217, 32), (400, 15)):
        spans = saying.spans(Period.up_to(last, days).days)
        assert len(spans) <= most
        assert [day for span in spans for day in span] == Period.up_to(last, days).days
