"""What a person wants, as clients read and write it. What may be said: `notifications.preferring`."""

from typing import Any

from rest_framework import serializers

from ...events import Category, Priority
from ...preferring.values import LONGEST, LONGEST_AGE_S, LONGEST_WINDOW_S, MOST_MUTED


def _list(help_text: str, *, longest: int = 64) -> serializers.ListField:
    one = serializers.CharField(max_length=longest)
    return serializers.ListField(child=one, max_length=MOST_MUTED, required=False, help_text=help_text)


class QuietHoursSerializer(serializers.Serializer[Any]):
    start = serializers.CharField(help_text="Local time, such as 22:00.")
    end = serializers.CharField(help_text="Local time; earlier than start: on the next day. Not the same as start.")


class DigestWindowSerializer(serializers.Serializer[Any]):
    window_s = serializers.IntegerField(min_value=0, max_value=LONGEST_WINDOW_S, help_text="0: each goes by itself.")


class PreferencesSerializer(serializers.Serializer[Any]):
    """The answer says what holds, for every kind and channel. To write, say what is to be otherwise."""

    timezone = serializers.CharField(required=False, help_text="IANA name, such as Europe/Berlin.")
    locale = serializers.CharField(required=False, help_text="The language of what is sent: de, or pt-BR.")
    phone = serializers.CharField(read_only=True, allow_null=True, help_text="Verified; see verify_phone.")
    quiet_hours = QuietHoursSerializer(required=False, allow_null=True)
    min_priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    only_categories = serializers.ListField(
        child=serializers.ChoiceField(choices=Category.choices),
        required=False,
        allow_null=True,
        help_text="Null: all of them.",
    )
    muted_types = _list("Kinds, in any spelling.")
    muted_categories = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices), required=False)
    muted_sources = _list("Parts of the product that send.", longest=LONGEST["muted_sources"])
    muted_tags = _list("One of them is enough.", longest=LONGEST["muted_tags"])
    muted_threads = _list("Such as ticket:5.", longest=LONGEST["muted_threads"])
    max_age_s = serializers.IntegerField(
        min_value=1, max_value=LONGEST_AGE_S, required=False, allow_null=True, help_text="What is older is not pushed."
    )
    digest = serializers.DictField(
        child=DigestWindowSerializer(), required=False, help_text="By kind: several within a window become one message."
    )
    kinds = serializers.DictField(
        child=serializers.DictField(child=serializers.BooleanField()),
        required=False,
        help_text="By kind and channel (websocket, email, whatsapp, sms, push): on or off.",
    )
    unsubscribed = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        read_only=True,
        help_text="By channel: the kinds that were unsubscribed from; * is all. Switching a cell on undoes it.",
    )

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return instance
