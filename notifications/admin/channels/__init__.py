"""The channels that lead outside: what waits, what is stuck, what is dead; where not to send any more."""

from . import lists, page

__all__ = ["lists", "page"]
