"""What was decided and why, for senders, recipients and staff: one shape for the trial run and the explanation."""

from typing import Any

from rest_framework import serializers

from ..deciding.decide import Decision
from ..dispatch import Rehearsal
from ..events import Channel
from ..insight.explaining import Explanation
from ..models import Outcome
from ..wire import moment


class DecisionSerializer(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=Channel.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = serializers.CharField(help_text="A word of the closed list, docs/protocol.md §7.")
    until = serializers.DateTimeField(allow_null=True, help_text="Of hold; null: until the channel is resumed.")


class MomentSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.CharField()
    channel = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField(allow_null=True)
    detail = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Explanation]):
    """Why somebody got it, on which channels, and why not on the others."""

    notification_id = serializers.IntegerField(allow_null=True, help_text="Null: they were not told.")
    event_id = serializers.UUIDField()
    reason = serializers.CharField(allow_null=True, help_text="Why this person.")
    decisions = DecisionSerializer(many=True)
    timeline = MomentSerializer(many=True)

    def to_representation(self, instance: Explanation) -> dict[str, Any]:
        return {
            "notification_id": instance.row.pk if instance.row else None,
            "event_id": str(instance.event.pk),
            "reason": instance.reason,
            "decisions": [said(channel, decision) for channel, decision in instance.decisions.items()],
            "timeline": [{**step._asdict(), "at": moment(step.at)} for step in instance.timeline],
        }


class ToldSerializer(DecisionSerializer):
    user_id = serializers.IntegerField()


class DecidedCountsSerializer(serializers.Serializer[Any]):
    """How many recipients were decided how."""

    send = serializers.IntegerField()
    hold = serializers.IntegerField()
    skip = serializers.DictField(child=serializers.IntegerField(), help_text="By reason.")


class ChannelCountsSerializer(DecidedCountsSerializer):
    """And what became of it: those states that occur."""

    sent = serializers.IntegerField()
    failed = serializers.IntegerField()
    waiting = serializers.IntegerField(required=False)
    held = serializers.IntegerField(required=False)
    cancelled = serializers.IntegerField(required=False)
    expired = serializers.IntegerField(required=False)
    unknown = serializers.IntegerField(required=False, help_text="Nobody knows whether the provider took it.")
    delivered = serializers.IntegerField(required=False, help_text="Inbox and websocket.")
    read = serializers.IntegerField(required=False, help_text="Inbox and websocket.")


class RehearsalSerializer(serializers.Serializer[Rehearsal]):
    """What would happen. `decisions`: the first thousand."""

    recipients = serializers.IntegerField()
    counts = serializers.DictField(child=DecidedCountsSerializer(), help_text="By channel.")
    decisions = ToldSerializer(many=True)

    def to_representation(self, instance: Rehearsal) -> dict[str, Any]:
        told = [{"user_id": one.user_id, **said(one.channel, one.decision)} for one in instance.shown]
        return {"recipients": instance.recipients, "counts": instance.counts, "decisions": told}


def said(channel: str, decision: Decision) -> dict[str, Any]:
    return {
        "channel": channel,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "until": moment(decision.until),
    }
