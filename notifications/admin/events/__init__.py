"""What happened: one page for each event, and the forms that make one."""

from . import lists

__all__ = ["lists"]
