"""The channels that lead outside: what waits, what is stuck, what is dead."""

from . import lists

__all__ = ["lists"]
