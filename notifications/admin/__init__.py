"""The engine for admins: to search and to look. What is changed here is changed by the API's own verbs."""

from . import acts, endpoints, outward, rooms, rows, templates

__all__ = ["acts", "endpoints", "outward", "rooms", "rows", "templates"]
