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


class ContentsSerializer(serializers.Serializer[Any]):
    """What everybody who is told sees alike."""

    notification_type = serializers.CharField(help_text="The kind.")
    category = serializers.ChoiceField(choices=Category.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    title = serializers.CharField()
    message = serializers.CharField(help_text="Markdown.")
    data = serializers.DictField(help_text="Whatever the sender put in.")  # type: ignore[assignment]  # the contract's
    source = serializers.CharField()  # type: ignore[assignment]  # names, and DRF's
    tags = serializers.ListField(child=serializers.CharField())
    sender = NamedSerializer(allow_null=True)
    subject = ThingSerializer(allow_null=True, help_text="What it is about.")
    namespace = serializers.CharField(help_text="`/` or `/admin`.")
    room = serializers.CharField(allow_null=True, help_text="The room it was said to, if it was one.")
    thread = serializers.CharField(allow_null=True, help_text="Those of one thread are folded together.")
    actions = ButtonSerializer(many=True, help_text="What may be chosen, once.")
    image = serializers.CharField(allow_null=True)
    link = serializers.CharField(allow_null=True, help_text="A path of this site, or an address.")
    requires_acknowledgment = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    event_id = serializers.UUIDField()


class NotificationSerializer(ContentsSerializer):
    """One event for one person."""

    # `context`: `now`, the database's clock, and `is_quiet`: it is for its owner
    id = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Per recipient, 1, 2, 3 … in commit order.")
    status = serializers.ChoiceField(choices=STATUSES, help_text="The first that holds; it follows from what happened.")
    replaces = serializers.IntegerField(allow_null=True, help_text="The notification whose place it took.")
    action_taken = serializers.CharField(allow_null=True)
    silent = serializers.BooleanField(help_text="In the list and the badge only: quiet hours reign.")
    reason = serializers.CharField(help_text="Why this person was told.")
    is_read = serializers.BooleanField()
    read_at = serializers.DateTimeField(allow_null=True)
    seen_at = serializers.DateTimeField(allow_null=True)
    archived_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True, help_text="First written to a socket, or taken by a provider.")
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="First acknowledged by a device.")
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: NotificationLog) -> dict[str, Any]:
        is_silent = self.context["is_quiet"] and instance.event.priority != Priority.CRITICAL
        return wire.notification(instance, now=self.context["now"], is_silent=is_silent)


class UnreadCountSerializer(serializers.Serializer[Any]):
    unread_count = serializers.IntegerField()
    by_type = serializers.DictField(child=serializers.IntegerField())
    by_priority = serializers.DictField(child=serializers.IntegerField())
    last_seq = serializers.IntegerField(help_text="The highest `seq` given so far.")
    rev = serializers.IntegerField(help_text="Rises with every change of the person's rows.")
    user_id = serializers.IntegerField()
    epoch = serializers.CharField(help_text="Another one than before: a backup was restored, reload.")


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class AcknowledgedSerializer(serializers.Serializer[Any]):
    acknowledged = serializers.IntegerField()
