"""Periodic work: each job once per interval, however many workers there are.

A job is a row with a lease. A pass over many rows goes slice by slice, each a short transaction of its own, so that
it holds up nothing else; where it stands is in the row, and another worker goes on with it when this one dies.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from .. import figures, meters, metrics
from ..audit.sealing import is_waiting
from ..database import database_now
from ..inbox import pruning
from ..models import Job
from . import sealing

log = logging.getLogger("tidings.worker")
LEASE_S = 60.0
AGAIN_S = 60.0  # after a failure
FIGURES_S = 60.0  # so often rows that are old enough are counted


@dataclass(frozen=True)
class Periodic:
    """`work` takes where the pass stands (0: it begins), and returns how much it did and where it stands now."""

    name: str
    every_s: Callable[[], float]
    work: Callable[[int], tuple[int, int | None]]  # None: the pass is through
    is_wanted: Callable[[], bool] = lambda: True  # asked when it is due, before anything is written


JOBS = (
    Periodic("figures", lambda: FIGURES_S, figures.roll_up),
    Periodic("metrics", lambda: settings.NOTIFICATION_CLEANUP_INTERVAL, lambda at: metrics.prune(at)),
    Periodic("seal", lambda: sealing.SEALED_EVERY_S, sealing.seal, is_wanted=is_waiting),
    Periodic("audit_head", lambda: sealing.TOLD_EVERY_S, sealing.tell_head, is_wanted=sealing.head_is_wanted),
    Periodic("retention", lambda: settings.NOTIFICATION_CLEANUP_INTERVAL, lambda at: pruning.prune_old(at)),
    Periodic("cap", lambda: settings.NOTIFICATION_CLEANUP_INTERVAL, lambda at: pruning.prune_crowded(at)),
)


def run_due() -> bool:
    """A slice of each job that is due and that nobody else does; True while there is more to do."""
    now = database_now()
    due_at = dict(Job.objects.values_list("name", "due_at"))
    for job in JOBS:
        if job.name not in due_at:  # a new installation has nothing to do yet
            Job.objects.get_or_create(name=job.name, defaults={"due_at": now + timedelta(seconds=job.every_s())})
    due = [job for job in JOBS if job.name in due_at and due_at[job.name] <= now]
    return any([_run(job) for job in due if job.is_wanted()])


def _run(job: Periodic) -> bool:
    row = _lease(job.name)
    if row is None:
        return False
    try:
        done, position = job.work(row.position)
    except Exception as error:  # whatever it is: the others must not wait for it, and it is tried again
        log.warning("%s failed: %s: %s", job.name, type(error).__name__, error)
        meters.job_runs.labels(job.name, "failed").inc()
        _release(row, position=row.position, in_s=AGAIN_S)
        return False
    _release(row, position=position or 0, in_s=job.every_s() if position is None else 0)
    _note(job, done, is_through=position is None)
    return position is not None


def _note(job: Periodic, done: int, *, is_through: bool) -> None:
    meters.job_runs.labels(job.name, "done").inc()
    if is_through:
        meters.job_finished.labels(job.name).set_to_current_time()
    if done:
        log.info("periodic work done", extra={"job": job.name, "count": done, "is_through": is_through})


def _lease(name: str) -> Job | None:
    """The row with a lease of ours; None when another has it, or has done it meanwhile."""
    with transaction.atomic():
        now = database_now()
        rows = Job.objects.filter(name=name, due_at__lte=now).exclude(lease_until__gt=now)
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        row = rows.first()
        if row:
            row.lease, row.lease_until = uuid.uuid4(), now + timedelta(seconds=LEASE_S)
            row.save(update_fields=["lease", "lease_until"])
        return row


def _release(row: Job, *, position: int, in_s: float) -> None:
    due_at = database_now() + timedelta(seconds=in_s) if in_s else row.due_at
    mine = Job.objects.filter(pk=row.pk, lease=row.lease)  # a lease that has lapsed is another's business by now
    mine.update(lease=None, lease_until=None, position=position, due_at=due_at)
