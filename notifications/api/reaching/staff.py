"""Channels, suppressed addresses and webhooks: for staff. Everything they do is in the audit."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import reaching
from ...models import PausedChannel, Suppression, Webhook
from ..filtering import AnyOf
from ..inbox.action_serializers import NothingSerializer
from .action_serializers import AddWebhookSerializer
from .serializers import ChannelSerializer, SuppressionSerializer, WebhookSecretSerializer, WebhookSerializer
from .views import ID, actor


class ChannelViewSet(GenericViewSet[PausedChannel]):
    """The channels that lead outside, and how they are just now."""

    queryset = PausedChannel.objects.none()
    serializer_class: type[BaseSerializer[Any]] = ChannelSerializer
    permission_classes = [IsAdminUser]
    filter_backends = ()
    lookup_url_kwarg = "channel"
    lookup_value_regex = "[a-z]+"

    def list(self, request: Request) -> Response:
        """All of them, configured or not."""
        shown: Any = self.paginate_queryset(reaching.overview())
        return self.get_paginated_response(ChannelSerializer(shown, many=True).data)

    @extend_schema(responses=ChannelSerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def pause(self, request: Request, channel: str) -> Response:
        """Its deliveries wait. Repeating it changes nothing."""
        reaching.pause(_outward(channel), actor=actor(request))
        return _shown(channel)

    @extend_schema(responses=ChannelSerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def resume(self, request: Request, channel: str) -> Response:
        """What waited goes out. Repeating it changes nothing."""
        reaching.resume(_outward(channel), actor=actor(request))
        return _shown(channel)


def _outward(channel: str) -> str:
    if channel not in reaching.OUTWARD:
        raise NotFound(f"There is no such channel to pause; there are {', '.join(reaching.OUTWARD)}.")
    return channel


def _shown(channel: str) -> Response:
    [one] = [one for one in reaching.overview() if one.channel == channel]
    return Response(ChannelSerializer(one).data)


class SuppressionFilter(django_filters.FilterSet):
    channel = AnyOf("channel", label="Channel", known=reaching.OUTWARD)

    class Meta:
        model = Suppression
        fields: tuple[str, ...] = ()


class SuppressionViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, GenericViewSet[Suppression]):
    """Addresses that bounced or complained: nothing is sent there. To delete one is to release it."""

    queryset = Suppression.objects.order_by("-pk")
    serializer_class = SuppressionSerializer
    permission_classes = [IsAdminUser]
    filterset_class = SuppressionFilter
    lookup_value_regex = ID

    def perform_destroy(self, instance: Suppression) -> None:
        reaching.release(instance.pk, actor=actor(self.request))


class WebhookViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, GenericViewSet[Webhook]):
    """Other systems that are told. Secrets are shown when they are made, and never again."""

    queryset = Webhook.objects.order_by("-pk")
    serializer_class: type[BaseSerializer[Any]] = WebhookSerializer
    permission_classes = [IsAdminUser]
    lookup_value_regex = ID

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return AddWebhookSerializer if self.action == "create" else super().get_serializer_class()

    @extend_schema(responses={201: WebhookSecretSerializer})
    def create(self, request: Request) -> Response:
        """Tell this address of these types, signed as Standard Webhooks has it."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        webhook = reaching.add_webhook(**body.validated_data, actor=actor(request))
        return Response(WebhookSecretSerializer(webhook).data, status=201)

    @extend_schema(responses=WebhookSecretSerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def rotate(self, request: Request, pk: str) -> Response:
        """A new secret; the old one signs beside it for 24 h."""
        try:
            webhook = reaching.rotate_secret(self.get_object().pk, actor=actor(request))
        except Webhook.DoesNotExist as gone:
            raise NotFound from gone
        return Response(WebhookSecretSerializer(webhook).data)

    def perform_destroy(self, instance: Webhook) -> None:
        reaching.remove_webhook(instance.pk, actor=actor(self.request))
