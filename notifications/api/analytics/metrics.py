"""Metric snapshots over HTTP."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from ... import metrics
from ...events import Subject
from ...models import MetricSnapshot
from ..filtering import Moment
from ..paging import bounded_count

SUBJECT_SCHEMA = {
    "type": "object",
    "properties": {"kind": {"type": "string"}, "id": {"type": "string"}},
    "required": ["kind", "id"],
}


@extend_schema_field(SUBJECT_SCHEMA)
class SubjectField(serializers.Field[Subject | None, Any, Any, Any]):
    """{"kind": "project", "id": "7"}, or "project:7"."""

    def to_internal_value(self, data: Any) -> Subject:
        if isinstance(data, str):
            name, _, number = data.partition(":")
            data = {"kind": name, "id": number}
        kind, entity = (data.get("kind"), data.get("id")) if isinstance(data, dict) else (None, None)
        if not (isinstance(kind, str) and isinstance(entity, str) and kind and entity):
            raise serializers.ValidationError('{"kind": "project", "id": "7"} or "project:7".')
        return Subject(kind, entity)

    def to_representation(self, value: Any) -> Any:
        return value


class MetricSerializer(serializers.ModelSerializer[MetricSnapshot]):
    """A value at a time, of the whole or of one subject."""

    subject = SubjectField(required=False, allow_null=True, default=None)
    value = serializers.FloatField()

    class Meta:
        model = MetricSnapshot
        fields = ("id", "name", "value", "subject", "recorded_at")
        read_only_fields = ("id", "recorded_at")


class MetricFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(label="Name", max_length=64)
    subject = django_filters.CharFilter(method="about", label="Subject, such as project:7", max_length=130)
    since = Moment(field_name="recorded_at", lookup_expr="gte", label="Since")
    until = Moment(field_name="recorded_at", lookup_expr="lte", label="Until")

    class Meta:
        model = MetricSnapshot
        fields: tuple[str, ...] = ()

    def about(self, rows: QuerySet[Any], name: str, given: str) -> QuerySet[Any]:
        kind, _, entity = given.partition(":")
        return rows.filter(subject_kind=kind, subject_id=entity)


class MetricViewSet(mixins.ListModelMixin, GenericViewSet[MetricSnapshot]):
    """Numbers that hosts hand in, the newest first."""

    queryset = MetricSnapshot.objects.order_by("-pk")
    serializer_class = MetricSerializer
    permission_classes = [IsAdminUser]
    filterset_class = MetricFilter

    @extend_schema(responses={201: MetricSerializer})
    def create(self, request: Request) -> Response:
        """Record what a metric's value is now."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = metrics.record_metric(**body.validated_data)
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    def count_of(self, rows: QuerySet[MetricSnapshot]) -> int:
        return bounded_count(rows)
