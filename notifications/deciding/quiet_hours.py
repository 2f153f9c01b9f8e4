"""Quiet hours in a person's own time, through every change of the clocks."""

from datetime import datetime

from .preferences import QuietHours


def ends_at(quiet: QuietHours, zone: str, now: datetime) -> datetime | None:
    """When the quiet that reigns at `now` (UTC) ends, in UTC; None: it is not quiet."""
    raise NotImplementedError
