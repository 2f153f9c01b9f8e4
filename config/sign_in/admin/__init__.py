"""Other backends and their keys."""

from . import accounts

__all__ = ["accounts"]
