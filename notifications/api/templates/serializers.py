"""Templates as staff write and see them."""

from typing import Any

from rest_framework import serializers

from ... import wire
from ...events import Channel, Priority
from ...models import Template
from ...words import templates
from ..events.fields import ObjectField, TextField, WordField


class TemplateSerializer(serializers.Serializer[Template]):
    """What a kind says on one channel (null: on all that have no words of their own) in one language."""

    id = serializers.IntegerField(read_only=True)
    notification_type = serializers.CharField(max_length=64, help_text="A kind, in any spelling.")
    channel = WordField(Channel.choices)
    locale = serializers.CharField(max_length=16, default="en")
    title = TextField(templates.LONGEST_TITLE, help_text="Liquid; blank: the catalogue's.")
    message = serializers.CharField(trim_whitespace=False, help_text="Liquid, with Markdown.")
    priority = WordField(Priority.choices, help_text="In place of the kind's.")
    is_active = serializers.BooleanField(default=True)
    variables = serializers.ListField(child=serializers.CharField(), read_only=True)
    version = serializers.IntegerField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Template) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "notification_type": instance.kind,
            "channel": instance.channel or None,
            "locale": instance.locale,
            "title": instance.title,
            "message": instance.message,
            "priority": instance.priority or None,
            "is_active": instance.is_active,
            "variables": templates.variables(instance),
            "version": instance.version,
            "updated_at": wire.moment(instance.updated_at),
        }


class ContextField(ObjectField):
    """In a form, blank is left out."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if getattr(data, "is_json_string", False) and str(data).strip() in ("", "null"):
            return True, None
        return super().validate_empty_values(data)


class ContextSerializer(serializers.Serializer[Any]):
    """Left out: the example of the catalogue."""

    context = ContextField(required=False, allow_null=True, default=None)  # type: ignore[assignment]


class PreviewSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    message = serializers.CharField()
    html = serializers.CharField(help_text="The message as an e-mail shows it; safe to put into a page.")
