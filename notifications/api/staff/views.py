"""What staff see of everybody's, and what they send by hand. Everything they do is in the audit."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.db.models.functions import Now
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import audit, events, inbox
from ...database import database_now
from ...delivery import retrying
from ...inbox import pruning
from ...insight import explaining
from ...models import AuditEntry, Connection, Event, NotificationLog
from ..deliveries.serializers import RetriedSerializer, RetrySerializer
from ..events.action_serializers import event
from ..events.sending import KEY_PARAMETER, TRIAL_PARAMETER, accept, accepted, is_trial, rehearsed, sender_id
from ..events.serializers import AcceptedSerializer
from ..explaining import ExplanationSerializer, RehearsalSerializer
from ..inbox.action_serializers import NothingSerializer
from ..paging import bounded_count
from .action_serializers import BroadcastSerializer, SendSerializer
from .filters import AuditFilter, ConnectionFilter, StaffFilter
from .serializers import AuditSerializer, ConnectionSerializer, DeletedSerializer, StaffNotificationSerializer

ACCEPTED: dict[str, Any] = {
    "responses": {202: AcceptedSerializer, 200: RehearsalSerializer},
    "parameters": [KEY_PARAMETER, TRIAL_PARAMETER],
}


class StaffNotificationViewSet(GenericViewSet[NotificationLog]):
    """Everybody's notifications, the newest first."""

    queryset = (
        NotificationLog.objects.to_show()
        .select_related("recipient")
        .prefetch_related("deliveries__tries")
        .order_by("-pk")
    )
    lookup_value_regex = "[0-9]{1,18}"
    serializer_class: type[BaseSerializer[Any]] = StaffNotificationSerializer
    permission_classes = [IsAdminUser]
    limits = {"send": "send", "broadcast": "broadcast", "retry": "upkeep", "cleanup": "upkeep"}
    filterset_class = StaffFilter

    def list(self, request: Request) -> Response:
        """With filters; `count` is exact up to 10,000 and for one user."""
        shown: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        context = {"now": database_now()}
        return self.get_paginated_response(StaffNotificationSerializer(shown, many=True, context=context).data)

    @extend_schema(**ACCEPTED)
    @action(detail=False, methods=["post"], serializer_class=SendSerializer)
    def send(self, request: Request) -> Response:
        """A message to one person."""
        return self._by_hand("send", lambda said: {"users": [said["user_id"]]})

    @extend_schema(**ACCEPTED)
    @action(detail=False, methods=["post"], serializer_class=BroadcastSerializer)
    def broadcast(self, request: Request) -> Response:
        """A message to everyone, or to everyone who has one of these roles."""
        return self._by_hand("broadcast", _broadcast_audience)

    @extend_schema(responses=StaffNotificationSerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def cancel(self, request: Request, pk: str) -> Response:
        """Take one person's notification back; what still waits to be sent of it is not."""
        inbox.cancel_one(self.get_object().pk, actor=(sender_id(request), request.user.get_username()))
        return Response(StaffNotificationSerializer(self.get_object(), context={"now": database_now()}).data)

    @extend_schema(responses=ExplanationSerializer)
    @action(detail=True, serializer_class=ExplanationSerializer, filterset_class=None)
    def explain(self, request: Request, pk: str) -> Response:
        """Why this person got it, on which channels, why not on the others, and what came of it."""
        row = self.get_object()
        return Response(ExplanationSerializer(explaining.explain(row.event, row.recipient_id)).data)

    @extend_schema(responses=RetriedSerializer)
    @action(detail=False, methods=["post"], serializer_class=RetrySerializer, filterset_class=None)
    def retry(self, request: Request) -> Response:
        """Another round of attempts for outward deliveries that have failed: of these notifications, or of all."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        which = {_WHICH[name]: said[name] for name in _WHICH if name in said}
        actor = (sender_id(request), request.user.get_username())
        retried = retrying.order(said.get("ids"), actor=actor, asked=body.data, **which)
        return Response({"retried": retried})

    @extend_schema(responses=DeletedSerializer)
    @action(detail=False, methods=["post"], serializer_class=NothingSerializer, filterset_class=None)
    def cleanup(self, request: Request) -> Response:
        """Retention and cap now: read ones that are kept no longer, expired ones, read ones beyond the cap."""
        actor = (sender_id(request), request.user.get_username())
        deleted = sum(pruning.prune_all(pruning.By("staff.cleanup", actor)))
        if not deleted:  # else each batch has its entry
            audit.record("staff.cleanup", "notification", actor=actor, count=0)
        return Response({"deleted": deleted})

    def _by_hand(self, verb: str, to: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Response:
        def wanted() -> events.Event:
            body = self.get_serializer(data=self.request.data)
            body.is_valid(raise_exception=True)
            said = body.validated_data
            return event(said, kind=said["notification_type"], to=to(said), actor_id=sender_id(self.request))

        def note(row: Event) -> None:
            actor = (sender_id(self.request), self.request.user.get_username())
            target = row.audience["users"][0] if verb == "send" else None
            audit.record(f"staff.{verb}", "event", row.pk, actor=actor, target_user_id=target, at=row.created_at)

        try:
            if is_trial(self.request):
                return rehearsed(wanted())
            return accepted(accept(self.request, path=f"/api/admin/notifications/{verb}", event=wanted, note=note))
        except events.Refused as refused:
            raise events.Refused(_NAMES.get(refused.field, refused.field), refused.message, refused.code) from refused

    def count_of(self, rows: QuerySet[NotificationLog]) -> int:
        return rows.count() if self.request.query_params.get("user_id") else bounded_count(rows)


_WHICH = {"channel": "channel", "user_id": "recipient_id", "since": "created_at__gte"}
_NAMES = {"to.users": "user_id", "to.roles": "roles", "to.exclude": "exclude"}  # as these two requests call them


def _broadcast_audience(said: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"roles": said["roles"] or (), "everyone": said["roles"] is None, "exclude": said["exclude"]}


class ConnectionViewSet(mixins.ListModelMixin, GenericViewSet[Connection]):
    """Who is connected now: connections whose server has not stopped renewing its lease."""

    queryset = Connection.objects.select_related("user", "server").order_by("-connected_at", "pk")
    serializer_class = ConnectionSerializer
    permission_classes = [IsAdminUser]
    filterset_class = ConnectionFilter

    def get_queryset(self) -> QuerySet[Connection]:
        return super().get_queryset().filter(server__lease_until__gt=Now())


class AuditViewSet(GenericViewSet[AuditEntry]):
    """Every act, the newest first."""

    queryset = AuditEntry.objects.order_by("-pk")
    serializer_class = AuditSerializer
    permission_classes = [IsAdminUser]
    filterset_class = AuditFilter

    def list(self, request: Request) -> Response:
        """With a filter on each field; `count` is exact up to 10,000."""
        shown: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        people = get_user_model().objects.filter(pk__in={entry.actor_id for entry in shown if entry.actor_id})
        names = dict(people.values_list("pk", get_user_model().USERNAME_FIELD))
        return self.get_paginated_response(AuditSerializer(shown, many=True, context={"names": names}).data)

    def count_of(self, rows: QuerySet[AuditEntry]) -> int:
        return bounded_count(rows)
