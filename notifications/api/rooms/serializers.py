"""Rooms and their members, as they are answered."""

from typing import Any

from rest_framework import serializers

from ... import wire
from ...models import Member, Room


class RoomSerializer(serializers.Serializer[Room]):
    """A room that one is in; `as`: what one is there. `mine` holds one's own memberships."""

    room = serializers.CharField()
    open = serializers.BooleanField()
    joined_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "as": serializers.ListField(child=serializers.CharField())}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {
            "room": instance.name,
            "open": instance.is_open,
            "as": sorted(member.role for member in instance.mine if member.role),
            "joined_at": wire.moment(min(member.joined_at for member in instance.mine)),
        }


class StaffRoomSerializer(serializers.Serializer[Room]):
    """A room for those who run it. `people` is how many are in it."""

    room = serializers.CharField(source="name")
    open = serializers.BooleanField(source="is_open")
    members = serializers.IntegerField(source="people")
    created_by = serializers.IntegerField(source="created_by_id", allow_null=True)
    created_at = serializers.DateTimeField()


class MemberSerializer(serializers.Serializer[Member]):
    user_id = serializers.IntegerField()
    username = serializers.CharField()
    joined_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "as": serializers.CharField()}

    def to_representation(self, instance: Member) -> dict[str, Any]:
        return {
            "user_id": instance.user_id,
            "username": instance.user.get_username(),
            "as": instance.role,
            "joined_at": wire.moment(instance.joined_at),
        }
