"""Who did what, found by any of its fields, and as a file."""

from . import lists

__all__ = ["lists"]
