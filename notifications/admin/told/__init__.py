"""What one person was told: the notification, and each way on which it went out."""

from . import deliveries, lists

__all__ = ["deliveries", "lists"]
