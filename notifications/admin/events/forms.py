"""What staff send by hand, as forms. The API's serializer has the last word; what it says stands beside its field."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from rest_framework.exceptions import ValidationError as NotValid

from ... import events
from ...api.events.action_serializers import EventSerializer, event
from ...dispatch import LONGEST_KEY
from ...events import ADMIN, Channel, Priority
from ...words import catalogue
from ..people import finding

ROLES_LISTED = 200
PEOPLE_HELP = "Usernames, numbers or e-mail addresses, with commas between them."
_FIELD_OF = {
    "notification_type": "kind",
    "to.users": "people",
    "to.roles": "roles",
    "to.rooms": "room",
    "to.exclude": "exclude",
}
_BY_CHANNEL = [
    (channel.value, label)
    for channel, label in (
        (Channel.WEBSOCKET, "Open page"),
        (Channel.EMAIL, "E-mail"),
        (Channel.WHATSAPP, "WhatsApp"),
        (Channel.SMS, "SMS"),
        (Channel.PUSH, "Push"),
    )
]


class PeopleField(forms.CharField):
    """People by name; their ids come out."""

    def clean(self, value: Any) -> list[int]:
        words = [word.strip() for word in str(super().clean(value) or "").split(",")]
        return list(dict.fromkeys(self._one(word) for word in words if word))

    def _one(self, word: str) -> int:
        found = finding.exactly(word)
        if not found:
            raise forms.ValidationError(f"Nobody is called {word!r}.")
        if len(found) > 1:
            raise forms.ValidationError(f"{len(found)} people have the address {word}: say a username.")
        return int(found[0].pk)


def _kinds() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(catalogue.kinds())]


def _moment(label: str, help_text: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, help_text=help_text)


class ByHandForm(forms.Form):
    """What both forms say. `key` makes one event of a double click."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_KEY)
    kind = forms.ChoiceField(choices=_kinds)
    title = forms.CharField(max_length=255, required=False, help_text="Blank: the kind's.")
    message = forms.CharField(
        max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 5}), help_text="Blank: the kind's."
    )
    priority = forms.ChoiceField(choices=[("", "the kind's"), *Priority.choices], required=False)
    channels = forms.MultipleChoiceField(
        choices=_BY_CHANNEL,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: the kind's own. The inbox always has it.",
    )
    link = forms.CharField(max_length=500, required=False, help_text="A path such as /orders/7, or an address.")
    scheduled_for = _moment("Not before", "UTC. Blank: now.")
    expires_at = _moment("Never after", "UTC. Blank: it stays.")
    requires_acknowledgment = forms.BooleanField(label="Insist until it is acknowledged", required=False)
    context = forms.JSONField(
        required=False,
        initial=dict,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The kind's variables, as JSON.",
    )
    more = ("priority", "channels", "link", "scheduled_for", "expires_at", "requires_acknowledgment", "context")

    verb = ""
    default_kind = ""

    @classmethod
    def fresh(cls, given: Mapping[str, Any]) -> "ByHandForm":
        return cls(initial={"kind": cls.default_kind, **given, "key": uuid.uuid4().hex})

    @property
    def says_more(self) -> bool:
        """Something is filled in, or wrong, among what is folded away."""
        return any(
            self[name].errors or (self.is_bound and self[name].value() not in ("", [], "{}", False))
            for name in self.more
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            body = EventSerializer(data=self._body(said))
            try:
                body.is_valid(raise_exception=True)
            except NotValid as refused:
                self._say(refused.detail)
            else:
                said["body"] = body.validated_data
        return said

    def _body(self, said: Mapping[str, Any]) -> dict[str, Any]:
        as_given = {
            name: said[name] for name in ("title", "message", "priority", "link", "scheduled_for", "expires_at")
        }
        return {
            **{name: value or None for name, value in as_given.items()},
            "notification_type": said["kind"],
            "to": self.to(said),
            "context": said["context"] or {},
            "channels": ["inbox", *said["channels"]] if said["channels"] else None,
            "requires_acknowledgment": said["requires_acknowledgment"] or None,
        }

    def to(self, said: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def event(self, *, actor_id: int) -> events.Event:
        """The value for `dispatch`; the form is valid."""
        body = self.cleaned_data["body"]
        return event(body, kind=body["notification_type"], to=body["to"], actor_id=actor_id)

    def _say(self, detail: Any) -> None:
        for name, messages in detail.items():
            if isinstance(messages, dict):
                self._say({f"{name}.{inner}": said for inner, said in messages.items()})
            else:
                self.add_refusal(name, " ".join(map(str, messages)))

    def add_refusal(self, field: str, message: str) -> None:
        """Beside the field that the API calls so; what has none here, above them all."""
        name = _FIELD_OF.get(field, field.partition(".")[0])
        if name in self.fields:
            self.add_error(name, f"{field.removeprefix('context.')}: {message}" if name == "context" else message)
        else:
            self.add_error(None, f"{field}: {message}")


class SendForm(ByHandForm):
    """A message to people by name."""

    people = PeopleField(label="To", help_text=PEOPLE_HELP)
    field_order = ("key", "people", "kind", "title", "message")
    verb, default_kind = "send", "admin_message"

    def to(self, said: Mapping[str, Any]) -> dict[str, Any]:
        return {"users": said["people"]}


class BroadcastForm(ByHandForm):
    """A message to everyone, or to many at once."""

    who = forms.ChoiceField(
        label="To",
        choices=[
            ("everyone", "Everyone"),
            ("staff", "All staff"),
            ("roles", "Everyone who has one of these roles"),
            ("room", "The members of a room"),
        ],
        widget=forms.RadioSelect,
        initial="everyone",
    )
    roles = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    room = forms.CharField(max_length=128, required=False, help_text="Its name.")
    exclude = PeopleField(label="But not", required=False, help_text=PEOPLE_HELP)
    field_order = ("key", "who", "roles", "room", "exclude", "kind", "title", "message")
    verb, default_kind = "broadcast", "system_announcement"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Group.objects.order_by("name").values_list("name", flat=True)[:ROLES_LISTED]
        self.fields["roles"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        who = self.cleaned_data.get("who")
        if who == "roles" and not self.cleaned_data.get("roles"):
            self.add_error("roles", "Tick at least one.")
        if who == "room" and not self.cleaned_data.get("room"):
            self.add_error("room", "Say which.")
        return super().clean()

    def to(self, said: Mapping[str, Any]) -> dict[str, Any]:
        ways: dict[str, dict[str, Any]] = {
            "everyone": {"everyone": True},
            "staff": {"namespace": ADMIN},
            "roles": {"roles": said["roles"]},
            "room": {"rooms": [said["room"]]},
        }
        return {**ways[said["who"]], "exclude": said["exclude"]}


def as_asked(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a repetition is recognised by."""
    plain = json.dumps({name: said[name] for name in said if name not in ("body", "key")}, default=str)
    return dict(json.loads(plain))
