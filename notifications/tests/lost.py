"""Commits whose bells are lost, as of a process that is killed right after them."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.contrib.auth.models import User
from django.db import connection, transaction

from notifications import expansion
from notifications.dispatch import notify

from . import crowd

P = ParamSpec("P")
R = TypeVar("R")


def silently(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with transaction.atomic():
        result = work(*args, **kwargs)
        connection.run_on_commit.clear()
    return result


def send_silently(*people: User | int, **fields: object) -> int:
    """The id of the last person's row."""
    silently(lambda: expansion.expand_chunk(notify(crowd.event_to(*people, **fields)).pk))
    return crowd.rows_of(people[-1])[-1].pk
