"""What each act of a recipient takes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from ... import inbox
from ...database import database_now
from ...words import catalogue
from ..bodies import MOST_IDS

LARGEST = 2**63 - 1


class NothingSerializer(serializers.Serializer[Any]):
    """The address says it all."""


class KindField(serializers.CharField):
    """A kind in any spelling, as the catalogue writes it."""

    def to_internal_value(self, data: Any) -> str:
        name = catalogue.canonical(super().to_internal_value(data))
        if catalogue.find(name) is None:
            raise serializers.ValidationError(f"There is no kind {data!r}.", "unknown_kind")
        return name


def seq_field(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=LARGEST, **options)


def ids_field(**options: Any) -> serializers.ListField:
    one = serializers.IntegerField(min_value=1, max_value=LARGEST)
    return serializers.ListField(child=one, allow_empty=False, min_length=1, max_length=MOST_IDS, **options)


class MarkAllSerializer(serializers.Serializer[Any]):
    up_to_seq = seq_field(required=False, allow_null=True)
    notification_type = KindField(required=False, allow_null=True, max_length=64)


class SnoozeSerializer(serializers.Serializer[Any]):
    until = serializers.DateTimeField(help_text="In the future, a year ahead at most.")

    def validate_until(self, until: datetime) -> datetime:
        now = database_now()
        if until <= now:
            raise serializers.ValidationError("This time lies in the past.", "in_the_past")
        if until > now + inbox.LONGEST_SNOOZE:
            raise serializers.ValidationError("At most a year ahead.", "too_far")
        return until


class ActSerializer(serializers.Serializer[Any]):
    action = serializers.CharField(max_length=64, help_text="The `id` of one of its `actions`.")


class SeenSerializer(serializers.Serializer[Any]):
    up_to_seq = seq_field()


class AckSerializer(serializers.Serializer[Any]):
    """Either `up_to_seq` or `ids`."""

    up_to_seq = seq_field(required=False)
    ids = ids_field(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"up_to_seq": ["Either up_to_seq or ids."]})
        return attrs


class BulkSerializer(serializers.Serializer[Any]):
    VERBS: Mapping[str, Callable[..., int]] = {
        "mark_as_read": inbox.mark_as_read,
        "mark_as_unread": inbox.mark_as_unread,
        "archive": inbox.archive,
        "unarchive": inbox.unarchive,
        "delete": inbox.delete,
    }
    action = serializers.ChoiceField(choices=list(VERBS))
    ids = ids_field()
