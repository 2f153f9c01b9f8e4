"""What senders get back."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from ... import wire
from ...events import Category, Channel, Priority
from ...models import Event, NotificationLog
from ...words.catalogue import Kind, Words
from ...words.wording import variables
from ..explaining import ChannelCountsSerializer
from ..inbox.serializers import STATUSES, ContentsSerializer
from .action_serializers import AudienceSerializer
from .sending import recipients


class AcceptedSerializer(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Event.State.choices)
    recipients = serializers.IntegerField(allow_null=True, help_text="Null while that is not known.")


class SentEventSerializer(AcceptedSerializer, ContentsSerializer):
    """An event, and how far it has come."""

    to = AudienceSerializer()
    context = serializers.DictField(help_text="What the words were filled in with.")  # type: ignore[assignment]
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices), allow_null=True, help_text="Null: those of the kind."
    )
    position = serializers.IntegerField(help_text="The highest user id that has been considered.")
    scheduled_for = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Event) -> dict[str, Any]:
        audience = {name: part for name, part in instance.audience.items() if name != "reasons"}
        return {
            "event_id": str(instance.pk),
            "status": instance.state,
            "recipients": recipients(instance),
            "position": instance.position,
            "to": audience,
            "context": instance.context,
            **wire.shared(instance),
            "channels": instance.channels,
            "scheduled_for": wire.moment(instance.scheduled_for),
            "created_at": wire.moment(instance.created_at),
        }


class CountedEventSerializer(SentEventSerializer):
    """An event, how far it has come, and what was decided and became of it, channel by channel."""

    counts = serializers.DictField(child=ChannelCountsSerializer())


class ReceiptSerializer(serializers.Serializer[NotificationLog]):
    """One recipient's share in an event."""

    # `context["now"]` is the database's clock
    user_id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=STATUSES)
    delivered_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    action_taken = serializers.CharField(allow_null=True)

    def to_representation(self, instance: NotificationLog) -> dict[str, Any]:
        return {
            "user_id": instance.recipient_id,
            "status": wire.status(instance, now=self.context["now"]),
            "delivered_at": wire.moment(instance.delivered_at),
            "read_at": wire.moment(instance.read_at),
            "action_taken": instance.action_taken,
        }


class WordsSerializer(serializers.Serializer[Words]):
    """Where a kind has words: a language, and a channel (null: all that have none of their own)."""

    locale = serializers.CharField()
    channel = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_null=True)

    def to_representation(self, instance: Words) -> dict[str, Any]:
        return {**asdict(instance), "channel": instance.channel or None}


class DigestSerializer(serializers.Serializer[Any]):
    window_s = serializers.IntegerField()
    key = serializers.CharField(allow_null=True)


class KindSerializer(serializers.Serializer[Kind]):
    """One entry of the catalogue. `variables` must be in the context, `optional_variables` may."""

    kind = serializers.CharField(source="name")
    category = serializers.ChoiceField(choices=Category.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    channels = serializers.ListField(child=serializers.ChoiceField(choices=Channel.choices))
    variables = serializers.ListField(child=serializers.CharField())
    optional_variables = serializers.ListField(child=serializers.CharField())
    requires_acknowledgment = serializers.BooleanField()
    mandatory = serializers.BooleanField(source="is_mandatory", help_text="Nobody can switch it off or mute it.")
    collapse = serializers.BooleanField(help_text="A newer one of its thread replaces it.")
    digest = DigestSerializer(allow_null=True, required=False)
    words = WordsSerializer(source="wordings", many=True)
    example = serializers.DictField(help_text="A context to try it with.")

    def to_representation(self, instance: Kind) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if by_staff := self.context.get("templates", {}).get(instance.name):
            shown["variables"] = variables(instance, by_staff)
        window_s = instance.digest_window_s
        return {**shown, "digest": {"window_s": window_s, "key": instance.digest_key} if window_s else None}
