"""It is quiet when the person's clock says so, in every zone of the world and through every change of its clocks."""

from bisect import bisect_left
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.deciding.preferences import QuietHours
from notifications.deciding.quiet_hours import ends_at, zones

pytestmark = pytest.mark.once

FROM, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY


def hours(text):
    start, end = text.split("-")
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moment, zone):
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def offset(moment, zone):
    found = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert found is not None
    return found


def is_in(quiet, clock):
    if quiet.start < quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


def comes_twice(clock, zone):
    first, last = (offset(clock.replace(tzinfo=ZoneInfo(zone), fold=fold), zone) for fold in (0, 1))
    return first > last


def hold_for(quiet, zone, now):
    """What is promised of one moment."""
    said, clock = ends_at(quiet, zone, now), shown(now, zone)
    what = f"{quiet} in {zone} at {now}: {said}"
    if is_in(quiet, clock.time()):
        assert said, what
    elif not comes_twice(clock, zone):
        assert said is None, what
    if said:
        assert now < said < now + 2 * DAY + HOUR, what
        assert ends_at(quiet, zone, said) is None, what
        assert ends_at(quiet, zone, said - timedelta(microseconds=1)) == said, what


@cache
def changes(zone):
    """When the clocks there change, and by how much."""
    weeks = [FROM + n * WEEK for n in range((UNTIL - FROM) // WEEK + 1)]  # nobody changes them twice in one
    offsets = [offset(week, zone) for week in weeks]
    return [
        (second_of_change(week, before, zone), after - before)
        for week, before, after in zip(weeks, offsets, offsets[1:], strict=False)
        if before != after
    ]


def second_of_change(week, before, zone):
    seconds = range(int(WEEK.total_seconds()) + 1)
    return week + SECOND * bisect_left(seconds, True, key=lambda s: offset(week + s * SECOND, zone) != before)


@cache
def different_zones():
    """One name for each that has rules of its own: Europe/Jersey is Europe/London."""
    by_rules = {resources.files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes(): zone for zone in zones()}
    return sorted(by_rules.values())


@pytest.mark.parametrize(
    ("zone", "quiet", "now", "end"),
    [
        # an ordinary night, its edges, and a rest at noon
        ("Europe/Berlin", "22:00-08:00", "2026-01-10T20:59:59", None),
        ("Europe/Berlin", "22:00-08:00", "2026-01-10T21:00", "2026-01-11T07:00"),
        ("Europe/Berlin", "22:00-08:00", "2026-01-11T06:59:59", "2026-01-11T07:00"),
        ("Europe/Berlin", "22:00-08:00", "2026-01-11T07:00", None),
        ("Europe/Berlin", "13:00-14:30", "2026-07-01T11:30", "2026-07-01T12:30"),
        ("Asia/Kathmandu", "22:00-06:00", "2026-01-10T17:00", "2026-01-11T00:15"),
        # spring: the night is shorter; 02:30 is jumped over at 01:00 UTC
        ("Europe/Berlin", "22:00-08:00", "2026-03-28T23:00", "2026-03-29T06:00"),
        ("Europe/Berlin", "22:00-02:30", "2026-03-28T23:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "02:30-07:00", "2026-03-29T00:59", None),
        ("Europe/Berlin", "02:30-07:00", "2026-03-29T01:00", "2026-03-29T05:00"),
        ("Europe/Berlin", "02:10-02:50", "2026-03-29T01:00", None),
        # autumn: the night is longer; 02:30 comes at 00:30 and at 01:30 UTC
        ("Europe/Berlin", "22:00-08:00", "2026-10-24T23:00", "2026-10-25T07:00"),
        ("Europe/Berlin", "22:00-02:30", "2026-10-25T00:45", "2026-10-25T01:30"),
        ("Europe/Berlin", "02:30-07:00", "2026-10-25T00:29", None),
        ("Europe/Berlin", "02:30-07:00", "2026-10-25T00:30", "2026-10-25T06:00"),
        ("Europe/Berlin", "02:30-07:00", "2026-10-25T01:10", "2026-10-25T06:00"),
        ("Europe/Berlin", "02:10-02:50", "2026-10-25T00:10", "2026-10-25T01:50"),
        ("America/New_York", "22:00-08:00", "2026-11-01T05:30", "2026-11-01T13:00"),
        # clocks that go back over midnight: 23:00–24:00 of 4 April comes twice
        ("America/Santiago", "23:30-07:00", "2026-04-05T02:30", "2026-04-05T11:00"),
        ("America/Santiago", "23:30-07:00", "2026-04-05T03:05", "2026-04-05T11:00"),
        ("America/Santiago", "08:00-23:30", "2026-04-05T02:45", "2026-04-05T03:30"),
        # and those that go back to 23:01 when 00:00 has been
        ("America/St_Johns", "00:00-07:00", "2010-11-07T03:00", "2010-11-07T10:30"),
        # almost all day: where the first 02:30 comes before the second 02:15, one quiet runs into the next
        ("Europe/Berlin", "02:30-02:15", "2026-10-24T12:00", "2026-10-26T01:15"),
        # half an hour, and two hours
        ("Australia/Lord_Howe", "22:00-01:45", "2026-04-04T13:00", "2026-04-04T15:15"),
        ("Antarctica/Troll", "02:00-04:00", "2026-10-25T00:30", "2026-10-25T04:00"),
    ],
)
def test_it_is_quiet_until(zone, quiet, now, end):
    assert ends_at(hours(quiet), zone, utc(now)) == (end and utc(end))


def test_both_changes_of_the_clocks_in_every_zone_that_has_them():
    seen = 0
    for zone in different_zones():
        for at, by in changes(zone):
            seen += 1
            size = abs(by)
            low = min(shown(at, zone), shown(at, zone) - by)
            early, late = (low + size / 4).time(), (low + 3 * size / 4).time()
            night = (low - 3 * HOUR).time(), (low + 3 * HOUR).time()
            for quiet in ((night[0], early), (early, night[1]), (late, early)):
                for moment in (at - MINUTE, at, at + size / 2):
                    hold_for(QuietHours(*quiet), zone, moment)
    assert seen > 900, "the zones of the tzdata package were not read"


times_of_day = st.times().map(lambda t: t.replace(microsecond=0))


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(sorted(zones())),
    times_of_day,
    times_of_day,
    st.datetimes(FROM.replace(tzinfo=None), UNTIL.replace(tzinfo=None)),
)
def test_any_hours_in_any_zone_at_any_time(zone, start, end, now):
    if start != end:
        hold_for(QuietHours(start, end), zone, now.replace(tzinfo=UTC))


with_changes = st.sampled_from(different_zones()).filter(changes)


@settings(max_examples=400, deadline=None)
@given(st.data(), with_changes, times_of_day, st.timedeltas(-2 * DAY, 2 * DAY), st.timedeltas(-4 * HOUR, 4 * HOUR))
def test_any_hours_around_a_change_of_the_clocks(data, zone, other, away, near):
    at, _ = data.draw(st.sampled_from(changes(zone)))
    edge = shown(at + near, zone).time().replace(microsecond=0)
    if edge != other:
        start, end = data.draw(st.permutations((edge, other)))
        hold_for(QuietHours(start, end), zone, at + away)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", ""])
def test_a_zone_that_is_no_longer_known_counts_as_utc(zone):
    assert ends_at(hours("22:00-08:00"), zone, utc("2026-01-10T23:00")) == utc("2026-01-11T08:00")
