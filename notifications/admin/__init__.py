"""The console: the engine inside the Django admin. What is changed here is changed by the API's own verbs."""

from . import audit, channels, connections, events, people, rooms, told, words

__all__ = ["audit", "channels", "connections", "events", "people", "rooms", "told", "words"]
