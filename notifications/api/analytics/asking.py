"""What is asked for: a period in days, and by what its figures are grouped."""

from datetime import UTC, date
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ...database import database_now
from ...insight.analytics import MOST_DAYS, USUAL_DAYS, Period

YEARS = range(1970, 3000)
GROUPS = ("day", "type", "channel", "priority")
PEOPLE, MOST_PEOPLE = 50, 100


def _day_of(text: str) -> date:
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()


@extend_schema_field(OpenApiTypes.STR)
class DayField(serializers.Field[date, str, Any, Any]):
    """A day, or a time: then the day it lies in. UTC."""

    def to_internal_value(self, data: str) -> date:
        try:
            day = parse_date(data) or _day_of(data)
        except (ValueError, OverflowError) as error:
            raise serializers.ValidationError("A day or a time in ISO 8601, such as 2026-11-21.") from error
        if day.year not in YEARS:
            raise serializers.ValidationError(f"A year from {YEARS[0]} to {YEARS[-1]}.")
        return day

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class PeriodSerializer(serializers.Serializer[Any]):
    """`since` and `until`: days in UTC, both counted whole."""

    since = DayField(required=False, help_text=f"The first day, or a time in it; default {USUAL_DAYS} days to `until`.")
    until = DayField(required=False, help_text="The last day, or a time in it; default today.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        last = attrs.get("until") or database_now().date()
        period = Period(attrs["since"], last) if "since" in attrs else Period.up_to(last)
        if period.first > period.last:
            raise serializers.ValidationError({"since": [f"It lies after {period.last}, the last day."]})
        if len(period.days) > MOST_DAYS:
            raise serializers.ValidationError({"since": [f"At most {MOST_DAYS} days; the last is {period.last}."]})
        return {**attrs, "period": period}


class OwnQuerySerializer(PeriodSerializer):
    """What one may ask about oneself."""

    by = serializers.ChoiceField(GROUPS, default="day")


class QuerySerializer(PeriodSerializer):
    """What staff may ask; `after` and `limit` page through people."""

    by = serializers.ChoiceField((*GROUPS, "user"), default="day")
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0, help_text="by=user: a user's id.")
    limit = serializers.IntegerField(min_value=1, default=PEOPLE, help_text=f"by=user: at most {MOST_PEOPLE} people.")
