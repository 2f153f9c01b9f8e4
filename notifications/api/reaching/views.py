"""Where the signed-in person is reached outside: their browsers, apps and phone."""

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import reaching
from ...audit import Actor
from ...models import Device, Phone
from ..errors import Refusal
from ..paging import ThreeStylePagination
from .action_serializers import AddDeviceSerializer, ConfirmPhoneSerializer, VerifyPhoneSerializer
from .serializers import CodeSentSerializer, DeviceSerializer, PhoneSerializer

ID = "[0-9]{1,18}"  # more digits are no bigint


def actor(request: Request) -> Actor:
    """Who did it, as the audit names them."""
    return cast(int, request.user.pk), request.user.get_username()


class DevicePagination(ThreeStylePagination):
    """With the key that a browser subscribes with; null: push is not configured."""

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        answer.data = {"vapid_public_key": reaching.vapid_public_key(), **answer.data}
        return answer

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"] = {"vapid_public_key": {"type": ["string", "null"]}, **page["properties"]}
        return page


class DeviceViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, GenericViewSet[Device]):
    """Your browsers and apps that notifications are pushed to; those that are gone are not listed."""

    queryset = Device.objects.order_by("-pk")
    serializer_class: type[BaseSerializer[Any]] = DeviceSerializer
    pagination_class = DevicePagination
    lookup_value_regex = ID

    def get_queryset(self) -> QuerySet[Device]:
        return super().get_queryset().filter(user_id=actor(self.request)[0], gone_at=None)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return AddDeviceSerializer if self.action == "create" else super().get_serializer_class()

    @extend_schema(responses={200: DeviceSerializer, 201: DeviceSerializer})
    def create(self, request: Request) -> Response:
        """Push here. The same endpoint or token again is the same device (200), and the last person's to add it."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        device, is_new = reaching.add_device(actor(request), **body.validated_data)
        return Response(DeviceSerializer(device).data, status=201 if is_new else 200)

    def perform_destroy(self, instance: Device) -> None:
        reaching.remove_device(actor(self.request), instance.pk)


def _answer_for(exc: Exception) -> Exception:
    """What the phone's verbs refuse, in HTTP's words."""
    match exc:
        case reaching.NoWay():
            return Refusal(409, exc.code, "No code can be sent: neither SMS nor WhatsApp can be used now.")
        case reaching.TooSoon():
            return Throttled(exc.wait_s)
        case reaching.NotSent(permanent=True):
            return ValidationError({"phone": ["No code can be sent to this number."]})
        case reaching.NotSent():
            said = "The provider did not take the message. Ask for another code later."
            return Refusal(503, "not_sent", said, wait=reaching.PAUSE.total_seconds())
        case reaching.NoCode():
            return Refusal(409, "no_code", "No code waits for this number: ask for one.")
    return exc


class PhoneViewSet(GenericViewSet[Phone]):
    """Your phone number, which is used once you have typed the code that was sent to it."""

    queryset = Phone.objects.none()
    limits = {"verify_phone": "phone_code", "confirm_phone": "phone_code"}

    @extend_schema(responses=CodeSentSerializer)
    @action(detail=False, methods=["post"], serializer_class=VerifyPhoneSerializer)
    def verify_phone(self, request: Request) -> Response:
        """Send a code of six digits by SMS, or by WhatsApp where SMS is not set up."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        channel, expires_at = reaching.ask_for_code(actor(request), body.validated_data["phone"])
        return Response(CodeSentSerializer({"channel": channel, "expires_at": expires_at}).data)

    @extend_schema(responses=PhoneSerializer)
    @action(detail=False, methods=["post"], serializer_class=ConfirmPhoneSerializer)
    def confirm_phone(self, request: Request) -> Response:
        """Say the code: the number is yours."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        try:
            phone = reaching.confirm_code(actor(request), said["phone"], said["code"])
        except reaching.WrongCode as wrong:
            tries_left = f"Not the code that was sent. Tries left: {wrong.tries_left}."
            raise Refusal(400, "wrong_code", tries_left) from wrong
        return Response(PhoneSerializer(phone).data)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_answer_for(exc))
