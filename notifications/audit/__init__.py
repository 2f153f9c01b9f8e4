"""The audit: written beside each act, sealed by the worker, and verified by whoever doubts it."""

from .writing import Actor, about, draft, record, write

__all__ = ["Actor", "about", "draft", "record", "write"]
