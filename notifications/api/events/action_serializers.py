"""What a sender says: validated here for its form, by `dispatch` for its sense."""

from collections.abc import Mapping
from typing import Any

from django.utils.datastructures import MultiValueDict
from rest_framework import serializers

from ...events import ROOT, Action, Audience, Category, Channel, Event, Priority, Related, Subject
from ..bodies import MOST_IDS
from .fields import LinkField, ObjectField, TextField, WordField

_LARGEST = 2**63 - 1


class PartSerializer(serializers.Serializer[Any]):
    """What may be left out: a browser's form then sends it blank."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        is_blank = isinstance(data, MultiValueDict) and not any(data.values())
        return super().run_validation(None if is_blank else data)


class KnownFieldsSerializer(serializers.Serializer[Any]):
    """Refuses what it has no field for: misspelt, it would silently be left out."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
        return super().to_internal_value(data)

    def _refuse_unknown(self, data: Mapping[Any, Any]) -> None:
        is_form = isinstance(data, MultiValueDict)  # there it is `related.room`, and a token of the page's own
        known = {*self.fields, "csrfmiddlewaretoken"} if is_form else set(self.fields)
        for name in map(str, data):
            if (name.partition(".")[0].partition("[")[0] if is_form else name) not in known:
                raise serializers.ValidationError({name: [f"There is only {', '.join(self.fields)}."]})


class RelatedSerializer(PartSerializer):
    """The members of a room who are one of these there."""

    room = serializers.CharField(max_length=128)

    def get_fields(self) -> dict[str, Any]:
        words = serializers.CharField(max_length=32)
        return {
            **super().get_fields(),
            "as": serializers.ListField(child=words, allow_empty=False, max_length=MOST_IDS),
        }


class AudienceSerializer(KnownFieldsSerializer):
    users = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_LARGEST), max_length=MOST_IDS, default=list
    )
    roles = serializers.ListField(child=serializers.CharField(max_length=150), max_length=MOST_IDS, default=list)
    rooms = serializers.ListField(child=serializers.CharField(max_length=128), max_length=MOST_IDS, default=list)
    related = RelatedSerializer(allow_null=True, required=False, default=None)
    everyone = serializers.BooleanField(default=False)
    namespace = serializers.CharField(max_length=32, allow_null=True, default=None)
    exclude = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_LARGEST), max_length=MOST_IDS, default=list
    )


class SubjectSerializer(PartSerializer):
    kind = serializers.CharField(max_length=64)
    id = serializers.CharField(max_length=64)


class OfferedActionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=64)
    label = serializers.CharField(max_length=64)  # type: ignore[assignment]


class ContentSerializer(KnownFieldsSerializer):
    """What is said, whoever it is said to. What is null or left out is the kind's."""

    title: serializers.CharField = TextField(255)
    message: serializers.CharField = TextField(10_000)
    priority = WordField(Priority.choices)
    category = WordField(Category.choices)
    data = ObjectField(default=dict)  # type: ignore[assignment]  # the contract's name, and DRF's
    source = serializers.CharField(max_length=64, allow_blank=True, default="")  # type: ignore[assignment]
    tags = serializers.ListField(child=serializers.CharField(max_length=64), max_length=20, default=list)
    subject = SubjectSerializer(allow_null=True, required=False, default=None)
    thread = TextField(128)
    link = LinkField()
    image = LinkField()
    actions = OfferedActionSerializer(many=True, required=False, default=list, max_length=5)  # type: ignore[call-arg]
    requires_acknowledgment = serializers.BooleanField(allow_null=True, default=None)
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices), allow_null=True, default=None, max_length=len(Channel)
    )
    scheduled_for = serializers.DateTimeField(allow_null=True, default=None)
    expires_at = serializers.DateTimeField(allow_null=True, default=None)

    def validate_actions(self, actions: list[dict[str, str]]) -> list[dict[str, str]]:
        if len({action["id"] for action in actions}) < len(actions):
            raise serializers.ValidationError("Two actions have the same id.")
        return actions

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        due, end = attrs["scheduled_for"], attrs["expires_at"]
        if due and end and end <= due:
            raise serializers.ValidationError({"expires_at": ["It would expire before it is sent."]})
        return attrs


class EventSerializer(ContentSerializer):
    """Something happened, and these should hear of it."""

    notification_type = serializers.CharField(max_length=64)
    to = AudienceSerializer()
    context = ObjectField(default=dict)  # type: ignore[assignment]


class ExplainedSerializer(serializers.Serializer[Any]):
    """Whose share in an event is asked for."""

    user_id = serializers.IntegerField(min_value=1, max_value=_LARGEST)


def event(said: Mapping[str, Any], *, kind: str, to: Mapping[str, Any], actor_id: int) -> Event:
    """The value for `dispatch`, from what a ContentSerializer has validated."""
    namespace, related = to.get("namespace") or None, to.get("related")
    return Event(
        kind=kind,
        audience=Audience(
            users=to.get("users", ()),
            roles=to.get("roles", ()),
            rooms=to.get("rooms", ()),
            related=Related(related["room"], related["as"]) if related else None,
            everyone=to.get("everyone", False),
            namespace=namespace,
            exclude=to.get("exclude", ()),
        ),
        context=said.get("context", {}),
        actor_id=actor_id,
        title=said["title"] or None,
        message=said["message"] or None,
        priority=said["priority"] or None,
        category=said["category"] or None,
        data=said["data"],
        source=said["source"],
        tags=said["tags"],
        subject=Subject(**said["subject"]) if said["subject"] else None,
        namespace=namespace or ROOT,
        thread=said["thread"] or None,
        link=said["link"] or None,
        image=said["image"] or None,
        actions=[Action(**action) for action in said["actions"]],
        requires_acknowledgment=said["requires_acknowledgment"],
        channels=said["channels"],
        scheduled_for=said["scheduled_for"],
        expires_at=said["expires_at"],
    )
