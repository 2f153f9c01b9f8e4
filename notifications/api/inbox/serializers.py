"""The notification, for the OpenAPI document; what is sent is made by `wire`."""

from typing import Any

from rest_framework import serializers

from ... import wire
from ...events import Category, Priority
from ...models import NotificationLog

STATUSES = ("pending", "sent", "delivered", "read", "failed", "cancelled", "expired")


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ThingSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    id = serializers.CharField()


class ButtonSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class NotificationSerializer(serializers.Serializer[NotificationLog]):
    """One event for one person. `context`: `now`, the database's clock, and `is_quiet`: it is for its owner."""

    id = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Per recipient, 1, 2, 3 … in commit order.")
    notification_type = serializers.CharField()
    category = serializers.ChoiceField(choices=Category.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    status = serializers.ChoiceField(choices=STATUSES)
    title = serializers.CharField()
    message = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # the contract's names, and DRF's
    source = serializers.CharField()  # type: ignore[assignment]
    tags = serializers.ListField(child=serializers.CharField())
    sender = NamedSerializer(allow_null=True)
    subject = ThingSerializer(allow_null=True)
    namespace = serializers.CharField()
    room = serializers.CharField(allow_null=True)
    thread = serializers.CharField(allow_null=True)
    replaces = serializers.IntegerField(allow_null=True)
    actions = ButtonSerializer(many=True)
    action_taken = serializers.CharField(allow_null=True)
    image = serializers.CharField(allow_null=True)
    link = serializers.CharField(allow_null=True)
    requires_acknowledgment = serializers.BooleanField()
    silent = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why this person was told.")
    is_read = serializers.BooleanField()
    read_at = serializers.DateTimeField(allow_null=True)
    seen_at = serializers.DateTimeField(allow_null=True)
    archived_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    event_id = serializers.UUIDField()

    def to_representation(self, instance: NotificationLog) -> dict[str, Any]:
        is_silent = self.context["is_quiet"] and instance.event.priority != Priority.CRITICAL
        return wire.notification(instance, now=self.context["now"], is_silent=is_silent)


class UnreadCountSerializer(serializers.Serializer[Any]):
    unread_count = serializers.IntegerField()
    by_type = serializers.DictField(child=serializers.IntegerField())
    by_priority = serializers.DictField(child=serializers.IntegerField())
    last_seq = serializers.IntegerField()
    rev = serializers.IntegerField()


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class AcknowledgedSerializer(serializers.Serializer[Any]):
    acknowledged = serializers.IntegerField()
