"""Deliveries as the engine leaves them, for what is about them and not about the engine."""

from typing import Any

from django.utils import timezone

from notifications.models import Delivery, Event


def make_delivery(channel: str, **fields: Any) -> Delivery:
    """One that the provider has taken, unless `fields` say otherwise."""
    now = timezone.now()
    event = Event.objects.create(
        kind="general",
        category="info",
        priority="low",
        audience={},
        title="t",
        message="m",
        search="s",
        state="done",
        created_at=now,
    )
    said = {"outcome": "send", "reason": "kind_default", "state": Delivery.State.SENT, "priority": 0, "created_at": now}
    return Delivery.objects.create(event=event, channel=channel, **{**said, **fields})
