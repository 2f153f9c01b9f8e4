"""Words of notifications by staff."""

from . import templates

__all__ = ["templates"]
