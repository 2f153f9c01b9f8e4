"""What is stuck or dead, attempt by attempt; and another round for it."""

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from ...events import Channel
from ...models import Attempt, Delivery
from ..filtering import AnyOf, Moment, Number
from ..paging import bounded_count
from .serializers import DeliverySerializer, DeliveryWithTriesSerializer


class DeliveryFilter(django_filters.FilterSet):
    state = AnyOf("state", label="State", known=Delivery.State.values)
    channel = AnyOf("channel", label="Channel", known=Channel.values)
    reason = AnyOf("reason", label="Reason")
    user_id = Number(field_name="recipient_id", label="User")
    notification_id = Number(field_name="notification_id", label="Notification")
    event_id = django_filters.UUIDFilter(field_name="event_id", label="Event")
    since = Moment(field_name="created_at", lookup_expr="gte", label="Since")
    until = Moment(field_name="created_at", lookup_expr="lte", label="Until")

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = ()


class DeliveryViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericViewSet[Delivery]):
    """Outward deliveries, the newest first."""

    queryset = Delivery.objects.order_by("-pk")
    permission_classes = [IsAdminUser]
    filterset_class = DeliveryFilter
    serializer_class = DeliverySerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        if self.action == "retrieve":
            return super().get_queryset().prefetch_related(Prefetch("tries", Attempt.objects.order_by("number")))
        return super().get_queryset()

    @extend_schema(responses=DeliveryWithTriesSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One, with each of its attempts."""
        return Response(DeliveryWithTriesSerializer(self.get_object()).data)

    def count_of(self, rows: QuerySet[Delivery]) -> int:
        return bounded_count(rows)
