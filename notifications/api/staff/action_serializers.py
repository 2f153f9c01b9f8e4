"""What staff send by hand."""

from rest_framework import serializers

from ..bodies import MOST_IDS
from ..events.action_serializers import ContentSerializer

_LARGEST = 2**63 - 1


class _ByHandSerializer(ContentSerializer):
    message = serializers.CharField(max_length=10_000)


class SendSerializer(_ByHandSerializer):
    """A message to one person."""

    user_id = serializers.IntegerField(min_value=1, max_value=_LARGEST)
    notification_type = serializers.CharField(max_length=64, default="admin_message")


class BroadcastSerializer(_ByHandSerializer):
    """A message to everyone, or to everyone who has one of these roles."""

    title = serializers.CharField(max_length=255)
    notification_type = serializers.CharField(max_length=64, default="system_announcement")
    roles = serializers.ListField(
        child=serializers.CharField(max_length=150),
        allow_null=True,
        default=None,
        allow_empty=False,
        max_length=MOST_IDS,
    )
    exclude = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_LARGEST), max_length=MOST_IDS, default=list
    )
