"""bench/scaling: the model says of measured runs what was measured. It reads docs/performance.md."""

import pytest

from bench.scaling import figures, model
from bench.scaling.model import Load, plan

pytestmark = pytest.mark.once
MEASURED = figures.measured()


def test_a_broadcast_to_100_000_takes_about_as_long_as_it_took() -> None:
    """The rate is of another run, for 20,000 people."""
    said = model.expansion_takes_s(100_000, MEASURED)
    assert MEASURED.broadcast_to_100_000_s / 1.5 < said < MEASURED.broadcast_to_100_000_s * 1.5


def test_a_worker_makes_the_attempts_that_its_cpu_allows() -> None:
    """With 64 threads it had eight tenths of a core, says the page; with 16 it waits rather than works."""
    said = model.one_worker_attempts_a_second(MEASURED, share_of_core=0.8)
    assert MEASURED.attempts_of_64_threads.least / 1.25 < said < MEASURED.attempts_of_64_threads.most * 1.25
    assert MEASURED.attempts_a_second < said


def test_a_server_that_showed_single_messages_within_milliseconds_was_far_from_busy() -> None:
    """Ninety-nine of a hundred within a few milliseconds: nothing stood in a queue for long."""
    assert MEASURED.singles_p99_s < 0.05
    assert model.server_is_busy(MEASURED.singles_a_second, MEASURED) < 0.1


def test_the_load_of_that_run_needs_one_server_by_each_reason() -> None:
    """1,000 sockets, 200 messages a second, each to one of them."""
    a_day = int(MEASURED.singles_a_second * model.DAY_S)
    load = Load(users=1_000, messages_a_day=a_day, peak=1, online=1, devices=1)
    needed = model.servers_by_reason(load, MEASURED)
    assert needed["frames to sockets"] < 1
    assert needed["open sockets"] < 1
    assert load.sockets == 1_000


def test_more_of_anything_never_needs_less() -> None:
    small, large = (plan(Load(users=n, messages_a_day=n * 20), MEASURED) for n in (1_000, 10_000_000))
    assert (small.servers, small.workers, small.databases, small.bells) == (2, 2, 1, 1)
    assert large.servers > small.servers
    assert large.workers > small.workers
    assert large.bells > small.bells
    assert large.stored_bytes > small.stored_bytes
    assert large.unseen


def test_a_row_that_the_page_has_lost_is_named() -> None:
    with pytest.raises(figures.NotOnThePage, match=r"mend bench/scaling/figures.py"):
        figures.measured("# Performance")
