"""What people and staff say about where they and other systems are reached."""

from typing import Any

from rest_framework import serializers

from ... import reaching
from ...models import Device
from .fields import BytesField, CodeField, OutsideUrlField, PhoneField, PointField

LONGEST_ADDRESS = 1000  # of an endpoint or a token; it is in an index
_NEEDED = {Device.Kind.WEBPUSH: ("endpoint", "keys"), Device.Kind.FCM: ("token",)}


class KeysSerializer(serializers.Serializer[Any]):
    p256dh = PointField(allow_blank=True, default="")
    auth = BytesField(16, allow_blank=True, default="")


class AddDeviceSerializer(serializers.Serializer[Any]):
    """`webpush` with `endpoint` and `keys`, as a PushSubscription's toJSON() has them; `fcm` with `token`."""

    kind = serializers.ChoiceField(choices=Device.Kind.choices)
    endpoint = OutsideUrlField(max_length=LONGEST_ADDRESS, allow_blank=True, allow_null=True, default="")
    keys = KeysSerializer(allow_null=True, default=dict)
    token = serializers.RegexField(
        "^[A-Za-z0-9_:.-]*$", max_length=LONGEST_ADDRESS, allow_blank=True, allow_null=True, default=""
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What `reaching.add_device` takes."""
        kind, keys = attrs["kind"], attrs["keys"] or {}
        given = {"endpoint": attrs["endpoint"], "token": attrs["token"], "keys": any(keys.values())}
        for name, is_given in given.items():
            if is_given and name not in _NEEDED[kind]:
                raise serializers.ValidationError({name: [f"A device of kind {kind} has none."]})
            if not is_given and name in _NEEDED[kind] and name != "keys":
                raise serializers.ValidationError({name: [f"A device of kind {kind} needs it."]})
        if kind == Device.Kind.FCM:
            return {"kind": kind, "address": attrs["token"], "keys": {}}
        if missing := [name for name in ("p256dh", "auth") if not keys.get(name)]:
            raise serializers.ValidationError({f"keys.{name}": ["Web push needs it."] for name in missing})
        return {"kind": kind, "address": attrs["endpoint"], "keys": dict(keys)}


class VerifyPhoneSerializer(serializers.Serializer[Any]):
    phone = PhoneField()


class ConfirmPhoneSerializer(serializers.Serializer[Any]):
    phone = PhoneField()
    code = CodeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["code"]:
            raise serializers.ValidationError("The code has six digits.")
        return attrs


class AddWebhookSerializer(serializers.Serializer[Any]):
    url = OutsideUrlField(max_length=500)
    types = serializers.MultipleChoiceField(choices=reaching.TYPES, allow_empty=False)

    def validate_types(self, types: set[str]) -> list[str]:
        return [name for name in reaching.TYPES if name in types]
