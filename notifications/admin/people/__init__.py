"""A person: what they were told, where they are reached, what they want."""

from . import lists, reached

__all__ = ["lists", "reached"]
