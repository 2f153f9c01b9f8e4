"""The engine for admins: to search and to look. Nothing is edited here; what happens, happens through the API."""

from . import acts, endpoints, outward, rows

__all__ = ["acts", "endpoints", "outward", "rows"]
