"""What staff see."""

from typing import Any

from rest_framework import serializers

from ... import wire
from ...models import AuditEntry, Connection, NotificationLog
from ..inbox.serializers import NotificationSerializer


class StaffNotificationSerializer(NotificationSerializer):
    """A notification of anybody's, and how its delivery went."""

    user_id = serializers.IntegerField()
    username = serializers.CharField()
    delivered = serializers.BooleanField()
    delivery_attempts = serializers.IntegerField()
    last_attempt_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    rtt_ms = serializers.IntegerField(allow_null=True, help_text="From the frame to the device's acknowledgement.")

    def to_representation(self, instance: NotificationLog) -> dict[str, Any]:
        return wire.staff_notification(instance, now=self.context["now"])


class DeletedSerializer(serializers.Serializer[Any]):
    deleted = serializers.IntegerField()


class ConnectionSerializer(serializers.Serializer[Connection]):
    connection_id = serializers.UUIDField(source="pk")
    user_id = serializers.IntegerField()
    username = serializers.CharField(source="user.username")
    transport = serializers.CharField()
    ip = serializers.CharField()
    user_agent = serializers.CharField()
    connected_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    server = serializers.CharField(source="server.name")


class ActorSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()


class AuditSerializer(serializers.Serializer[AuditEntry]):
    """Who did what."""

    # `context["names"]` are the usernames of those who still exist; else the name written then

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = ActorSerializer(allow_null=True)
    action = serializers.CharField()
    entity_type = serializers.CharField()
    entity_id = serializers.CharField()
    target_user_id = serializers.IntegerField(allow_null=True)
    metadata = serializers.DictField(help_text="What else there is to say; of a batch, first and last id and count.")

    def to_representation(self, instance: AuditEntry) -> dict[str, Any]:
        actor = instance.actor_id
        name = self.context["names"].get(actor, instance.actor_name)
        return {
            "id": instance.pk,
            "at": wire.moment(instance.at),
            "actor": None if actor is None else {"id": actor, "username": name},
            "action": instance.action,
            "entity_type": instance.entity_type,
            "entity_id": instance.entity_id,
            "target_user_id": instance.target_user_id,
            "metadata": instance.metadata,
        }
