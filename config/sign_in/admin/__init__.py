"""Other backends and their keys; and users."""

from . import accounts, people

__all__ = ["accounts", "people"]
