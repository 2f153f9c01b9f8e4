"""A delivery as staff see it, with each of its attempts."""

from typing import Any

from rest_framework import serializers

from ...events import Channel
from ...models import Attempt, Delivery


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One call of the provider: when, how long, what it said, and when the next was planned."""

    duration_ms = serializers.SerializerMethodField()

    class Meta:
        model = Attempt
        fields = read_only_fields = (
            "number",
            "started_at",
            "ended_at",
            "duration_ms",
            "outcome",
            "answer",
            "provider_id",
            "retry_at",
        )

    def get_duration_ms(self, attempt: Attempt) -> int | None:
        if attempt.ended_at is None:
            return None
        return round((attempt.ended_at - attempt.started_at).total_seconds() * 1000)


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One channel of one notification. `rung` 0 is tried at once, 1, 2 … while nobody acknowledges."""

    notification_id = serializers.IntegerField(allow_null=True)
    event_id = serializers.UUIDField()
    user_id = serializers.IntegerField(source="recipient_id", allow_null=True)
    digest = serializers.IntegerField(
        source="digest_id", allow_null=True, help_text="The delivery that tells it with others of its kind."
    )

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = (
            "id",
            "notification_id",
            "event_id",
            "user_id",
            "channel",
            "rung",
            "state",
            "outcome",
            "reason",
            "attempts",
            "due_at",
            "digest",
            "last_error",
            "provider_id",
            "receipt",
            "receipt_at",
            "created_at",
            "settled_at",
        )
        read_only_fields = fields


class DeliveryWithTriesSerializer(DeliverySerializer):
    tries = AttemptSerializer(many=True)

    class Meta(DeliverySerializer.Meta):
        fields = read_only_fields = (*DeliverySerializer.Meta.fields, "tries")


class RetrySerializer(serializers.Serializer[Any]):
    """Which notifications' dead deliveries are tried again: these, else all that the filters leave."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=1000
    )
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    user_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    since = serializers.DateTimeField(required=False)


class RetriedSerializer(serializers.Serializer[Any]):
    retried = serializers.IntegerField()
