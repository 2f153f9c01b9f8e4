"""Figures, as they are told."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from .asking import GROUPS, DayField


class NumbersSerializer(serializers.Serializer[Any]):
    """Rates are fractions of 1. null: of nothing."""

    created = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    read = serializers.IntegerField()
    failed = serializers.IntegerField()
    delivery_rate = serializers.FloatField(allow_null=True)
    read_rate = serializers.FloatField(allow_null=True)
    p50_delivery_ms = serializers.IntegerField(allow_null=True)
    p95_delivery_ms = serializers.IntegerField(allow_null=True)
    p50_ack_rtt_ms = serializers.IntegerField(allow_null=True)
    p95_ack_rtt_ms = serializers.IntegerField(allow_null=True)


class RowSerializer(NumbersSerializer):
    """One day, kind, channel or priority."""

    key = serializers.CharField()


@extend_schema_serializer(many=False)  # one answer, not a list
class _PeriodFiguresSerializer(serializers.Serializer[Any]):
    """What a period came to; both days are counted whole, in UTC."""

    since = DayField()
    until = DayField()
    totals = NumbersSerializer()


class OwnAnalyticsSerializer(_PeriodFiguresSerializer):
    """One's own figures."""

    by = serializers.ChoiceField(GROUPS)
    rows = RowSerializer(many=True)


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class KeyField(serializers.Field[Any, Any, Any, Any]):
    """A person's key is their id."""


class StaffRowSerializer(NumbersSerializer):
    """One day, kind, channel, priority or person."""

    key = KeyField()
    username = serializers.CharField(required=False, help_text="by=user")


@extend_schema_field(OpenApiTypes.URI)
class LinkField(serializers.CharField):
    """Where to go on."""


@extend_schema_serializer(many=False)  # one answer, not a list
class AnalyticsSerializer(_PeriodFiguresSerializer):
    """`next` is there for by=user: people are paged by id."""

    by = serializers.ChoiceField((*GROUPS, "user"))
    rows = StaffRowSerializer(many=True)
    next = LinkField(allow_null=True)
