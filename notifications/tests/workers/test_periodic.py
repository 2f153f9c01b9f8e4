"""Periodic work: once per interval whoever does it, and another goes on where one stopped."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Job
from notifications.workers import periodic
from notifications.workers.loop import sweep
from notifications.workers.periodic import Periodic, run_due

from ..at_once import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
PAST = timezone.now() - timedelta(hours=1)
FUTURE = timezone.now() + timedelta(hours=1)


class Work:
    """Three slices make a pass."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.fails = False

    def __call__(self, position: int) -> tuple[int, int | None]:
        self.asked.append(position)
        if self.fails:
            raise RuntimeError("the disk is full")
        return 1, position + 10 if position < 20 else None


@pytest.fixture
def work(monkeypatch) -> Work:
    made = Work()
    monkeypatch.setattr(periodic, "JOBS", (Periodic("test", lambda: 3600.0, made),))
    return made


def test_a_new_installation_waits_for_the_first_interval(work: Work) -> None:
    assert run_due() is False
    assert run_due() is False
    assert work.asked == []
    assert Job.objects.get().due_at > timezone.now() + timedelta(minutes=50)


def test_a_pass_goes_slice_by_slice_and_then_rests(work: Work) -> None:
    Job.objects.create(name="test", due_at=PAST)
    assert [run_due() for _ in range(4)] == [True, True, False, False]
    assert work.asked == [0, 10, 20]
    job = Job.objects.get()
    assert (job.position, job.lease) == (0, None)
    assert job.due_at > timezone.now() + timedelta(minutes=50)


def test_many_workers_do_one_pass(work: Work) -> None:
    Job.objects.create(name="test", due_at=PAST)

    def worker() -> None:
        for _ in range(12):
            run_due()

    all_at_once(*[worker] * 4)
    assert work.asked == [0, 10, 20]


def test_what_another_has_leased_is_left_alone_until_the_lease_lapses(work: Work) -> None:
    Job.objects.create(name="test", due_at=PAST, position=20, lease_until=FUTURE)
    assert run_due() is False
    assert work.asked == []
    Job.objects.update(lease_until=PAST)  # it died
    run_due()
    assert work.asked == [20]


def test_a_failure_is_tried_again_later_from_where_it_stood(work: Work) -> None:
    Job.objects.create(name="test", due_at=PAST, position=10)
    work.fails = True
    assert run_due() is False
    assert run_due() is False
    job = Job.objects.get()
    assert (work.asked, job.position, job.lease) == ([10], 10, None)
    assert PAST < job.due_at < timezone.now() + timedelta(minutes=2)


def test_one_that_fails_does_not_keep_the_others_from_working(work: Work, monkeypatch) -> None:
    bad = Work()
    bad.fails = True
    monkeypatch.setattr(periodic, "JOBS", (Periodic("bad", lambda: 1.0, bad), *periodic.JOBS))
    for job in periodic.JOBS:
        Job.objects.create(name=job.name, due_at=PAST)
    run_due()
    assert work.asked == [0]


def test_the_sweep_runs_the_jobs_there_are() -> None:
    wanted = {job.name for job in periodic.JOBS if job.is_wanted()}
    for job in periodic.JOBS:
        Job.objects.create(name=job.name, due_at=PAST)
    while sweep():
        pass
    assert {job.name for job in Job.objects.filter(due_at__gt=timezone.now())} == wanted
