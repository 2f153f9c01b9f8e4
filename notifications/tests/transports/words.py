"""Messages and addresses as the engine would hand them to a transport."""

from datetime import UTC, datetime
from typing import Any

from notifications.transports.base import Address, Message

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANN = Address(value="ann@example.org")
PHONE = Address(value="+15550001111")


def message(**fields: Any) -> Message:
    known: dict[str, Any] = {
        "delivery_id": "d-1",
        "kind": "ticket_assigned",
        "title": "The lift is stuck",
        "message": "Please have a look at it.",
        "priority": "high",
        "created_at": NOW,
    }
    return Message(**{**known, **fields})
