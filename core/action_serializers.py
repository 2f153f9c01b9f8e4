"""What each act on a ticket takes. The rules are docs/requirements.md G2; the clock is `context["now"]` if given."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework import serializers

from . import roles

LEAST_UNTIL_DUE = timedelta(minutes=30)
LEAST_UNTIL_ESTIMATE = timedelta(minutes=15)
MOST_AHEAD = timedelta(days=365)
MOST_ASSIGNEES = 1000  # docs/requirements.md, REST: ids in a list
SHORTEST_REASON = 10
LONGEST_TEXT = 10_000
_LARGEST_ID = 2**63 - 1


class EngineersField(serializers.ManyRelatedField):
    """Ids of active engineers, as users. One query however many there are; twice the same id counts once."""

    default_error_messages = {
        "too_many": "At most {most} engineers.",
        "not_an_id": "{given!r} is not a user's id.",
        "not_engineers": "No active engineer has the id {ids}.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(serializers.PrimaryKeyRelatedField(queryset=roles.engineers()), allow_empty=False, **kwargs)

    def to_internal_value(self, data: Any) -> list[User]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not data:
            self.fail("empty")
        if len(data) > MOST_ASSIGNEES:
            self.fail("too_many", most=MOST_ASSIGNEES)
        ids = dict.fromkeys(self._id(given) for given in data)
        found = roles.engineers().in_bulk([given for given in ids if 0 < given <= _LARGEST_ID])
        if missing := [str(given) for given in ids if given not in found]:
            self.fail("not_engineers", ids=", ".join(missing[:10]))
        return [found[given] for given in ids]

    def get_choices(self, cutoff: int | None = None) -> dict[Any, str]:
        """For the browsable form, which is also drawn for people who may not assign: they see no names."""
        request = self.context.get("request")
        if request is not None and not roles.oversees(request.user):
            return {}
        return dict(super().get_choices(cutoff))

    def _id(self, given: Any) -> int:
        """An integer, or the digits a form sends; `True` and 3.7 are neither."""
        digits = isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 20
        if not digits and (isinstance(given, bool) or not isinstance(given, int)):
            self.fail("not_an_id", given=str(given)[:40])
        return int(given)


class AheadField(serializers.DateTimeField):
    """A time that lies at least `least` ahead and at most a year; both bounds are allowed."""

    default_error_messages = {
        "past": "{label} must be in the future.",
        "too_soon": "{label} must be at least {minutes} minutes ahead.",
        "too_far": "{label} must be at most {days} days ahead.",
    }

    def __init__(self, *, least: timedelta, **kwargs: Any) -> None:
        self.least = least
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        at = super().to_internal_value(value)
        ahead = at - self.context.get("now", timezone.now())
        if ahead <= timedelta():
            self.fail("past", label=self.label)
        if ahead < self.least:
            self.fail("too_soon", label=self.label, minutes=self.least // timedelta(minutes=1))
        if ahead > MOST_AHEAD:
            self.fail("too_far", label=self.label, days=MOST_AHEAD.days)
        return at


class TicketMoveSerializer(serializers.Serializer[Any]):
    """Opening, starting and approving take nothing."""


class TicketAssignmentSerializer(serializers.Serializer[Any]):
    assigned_to = EngineersField()
    resolution_due_at = AheadField(least=LEAST_UNTIL_DUE, label="Resolution due date")
    estimated_resolution_time = AheadField(
        least=LEAST_UNTIL_ESTIMATE, label="Estimated resolution time", required=False, allow_null=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        estimate = attrs.get("estimated_resolution_time")
        if estimate and estimate > attrs["resolution_due_at"]:
            wrong = "Estimated resolution time must not be after the resolution due date."
            raise serializers.ValidationError({"estimated_resolution_time": [wrong]}, code="after_due")
        return attrs


class TicketFinishWorkSerializer(serializers.Serializer[Any]):
    comment = serializers.CharField(max_length=LONGEST_TEXT, help_text="What was done.")


class TicketRejectSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(min_length=SHORTEST_REASON, max_length=LONGEST_TEXT)


class TicketCommentSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST_TEXT)
