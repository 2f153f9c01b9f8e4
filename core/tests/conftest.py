from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User

from notifications.models import NotificationLog

from .desk import Capture, Told, make_people


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


@pytest.fixture
def told(django_capture_on_commit_callbacks: Capture) -> Told:
    """`with told() as who:` holds, afterwards, username → reason of everybody who was told meanwhile."""

    @contextmanager
    def listening() -> Iterator[dict[str, str]]:
        who: dict[str, str] = {}
        before = set(NotificationLog.objects.values_list("pk", flat=True))
        with django_capture_on_commit_callbacks(execute=True):
            yield who
        rows = list(NotificationLog.objects.exclude(pk__in=before).select_related("recipient"))
        who.update({row.recipient.username: row.reason for row in rows})
        assert len(who) == len(rows), "somebody was told twice"

    return listening
