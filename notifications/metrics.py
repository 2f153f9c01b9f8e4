"""Metric snapshots: numbers that a host hands in, to be looked at over time beside the figures."""

import math
import re
from datetime import timedelta

from django.conf import settings
from django.db import connection

from .database import database_now
from .events import Refused, Subject
from .models import MetricSnapshot

LONGEST_SUBJECT = 64
BATCH = 5_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,63}")


def record_metric(name: str, value: float, subject: Subject | None = None) -> MetricSnapshot:
    """This is its value now; of the whole, or of one subject. Raises Refused.

    It is written in the caller's transaction, if there is one.
    """
    _check(name, value, subject)
    about = {"subject_kind": subject.kind, "subject_id": subject.id} if subject else {}
    return MetricSnapshot.objects.create(name=name, value=value, recorded_at=database_now(), **about)


def _check(name: str, value: float, subject: Subject | None) -> None:
    if not _NAME.fullmatch(name):
        raise Refused("name", "At most 64 letters, digits and _ . : / - after a letter, such as volunteer_hours.")
    if not math.isfinite(value):
        raise Refused("value", "A finite number.")
    if subject and not all(0 < len(part) <= LONGEST_SUBJECT for part in (subject.kind, subject.id)):
        raise Refused("subject", f"A kind and an id of at most {LONGEST_SUBJECT} characters each.")


def newest(name: str, count: int) -> list[MetricSnapshot]:
    """The last values under this name, the oldest first."""
    return list(MetricSnapshot.objects.filter(name=name).order_by("-pk")[:count])[::-1]


def names() -> list[str]:
    """What has been recorded, each name once: a walk from name to name along the index."""
    found: list[str] = []
    while following := MetricSnapshot.objects.filter(name__gt=found[-1] if found else "").order_by("name").first():
        found.append(following.name)
    return found


def prune(_: int = 0) -> tuple[int, int | None]:
    """(how many went that are kept no longer, 1 when there may be more and None at the end)."""
    if not settings.METRIC_RETENTION_DAYS:
        return 0, None
    over = database_now() - timedelta(days=settings.METRIC_RETENTION_DAYS)
    old = MetricSnapshot.objects.filter(recorded_at__lte=over).order_by("recorded_at")
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    MetricSnapshot.objects.filter(pk__in=ids)._raw_delete(connection.alias)
    return len(ids), 1 if len(ids) == BATCH else None
