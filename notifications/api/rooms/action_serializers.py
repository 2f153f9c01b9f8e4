"""What is said about rooms. `as` is a word of Python's, so it is put in by hand."""

from typing import Any

from rest_framework import serializers

from ...rooming import LONGEST_ROLE, NAME

_LARGEST = 2**63 - 1


class JoinSerializer(serializers.Serializer[Any]):
    room = serializers.CharField(max_length=128)


class MakeSerializer(serializers.Serializer[Any]):
    """Without `open` a new room is closed, and one that is there stays as it is."""

    room = serializers.RegexField(f"^{NAME}$", max_length=128)
    open = serializers.BooleanField(allow_null=True, required=False, default=None)


class AddMemberSerializer(serializers.Serializer[Any]):
    user_id = serializers.IntegerField(min_value=1, max_value=_LARGEST)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "as": serializers.CharField(max_length=LONGEST_ROLE, **self.role)}

    role: dict[str, Any] = {"allow_blank": True, "default": ""}


class RemoveMemberSerializer(AddMemberSerializer):
    """Without `as`: whatever they are there."""

    role = {"allow_blank": True, "allow_null": True, "default": None}
