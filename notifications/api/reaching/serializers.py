"""What people and staff see of where they and other systems are reached."""

from typing import Any

from rest_framework import serializers

from ... import reaching
from ...models import Device, Suppression, Webhook
from ...wire import moment
from ..events.serializers import AcceptedSerializer


class DeviceSerializer(serializers.Serializer[Device]):
    """One of one's own. What a browser's keys are is nobody's business any more."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Device.Kind.choices)
    endpoint = serializers.CharField(allow_null=True)
    token = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Device) -> dict[str, Any]:
        is_webpush = instance.kind == Device.Kind.WEBPUSH
        return {
            "id": instance.pk,
            "kind": instance.kind,
            "endpoint": instance.address if is_webpush else None,
            "token": None if is_webpush else instance.address,
            "created_at": moment(instance.created_at),
        }


class CodeSentSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField(help_text="sms or whatsapp.")
    expires_at = serializers.DateTimeField()


class PhoneSerializer(serializers.Serializer[Any]):
    phone = serializers.CharField(source="number")
    verified_at = serializers.DateTimeField()


class SuppressionSerializer(serializers.Serializer[Suppression]):
    id = serializers.IntegerField()
    channel = serializers.CharField()
    address = serializers.CharField()
    why = serializers.CharField()
    since = serializers.DateTimeField()


class ChannelSerializer(serializers.Serializer[reaching.ChannelNow]):
    channel = serializers.CharField()
    configured = serializers.BooleanField()
    paused_since = serializers.DateTimeField(allow_null=True)
    paused_by = serializers.CharField(allow_null=True)
    waiting = serializers.IntegerField(help_text="Deliveries that are due or will be.")
    sent = serializers.IntegerField(help_text="Attempts begun in the last hour that the provider took.")
    failed = serializers.IntegerField(help_text="Those that it did not take.")


class OwnChannelSerializer(serializers.Serializer[reaching.OwnChannel]):
    channel = serializers.CharField()
    address = serializers.CharField(
        allow_null=True, help_text="Null: there is none, or (push) it is no address to read."
    )
    reason = serializers.CharField(
        allow_null=True,
        help_text="Why nothing goes out: not_configured, suppressed, no_address, channel_paused. Null: it does.",
    )


class TestSentSerializer(AcceptedSerializer):
    notification_id = serializers.IntegerField(allow_null=True, help_text="Explains itself at explain/.")


class WebhookSerializer(serializers.Serializer[Webhook]):
    id = serializers.IntegerField()
    url = serializers.CharField()
    types = serializers.ListField(child=serializers.ChoiceField(choices=reaching.TYPES))
    created_at = serializers.DateTimeField()
    disabled_at = serializers.DateTimeField(allow_null=True)
    old_until = serializers.DateTimeField(allow_null=True, help_text="Until then the secret before signs too.")


class WebhookSecretSerializer(WebhookSerializer):
    """Shown once: when it is made."""

    secret = serializers.CharField()
