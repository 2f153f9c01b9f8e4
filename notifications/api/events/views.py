"""Sending, and what became of what was sent."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import audience, dispatch, events, rooming
from ...database import database_now
from ...insight import explaining
from ...models import Event
from ...words import catalogue, templates
from ..explaining import ExplanationSerializer, RehearsalSerializer
from ..inbox.action_serializers import NothingSerializer
from ..paging import bounded_count
from ..permissions import EVENTS_SEND, StaffOrProgram, is_program
from .action_serializers import EventSerializer, ExplainedSerializer, event
from .counting import counts
from .filters import EventFilter
from .sending import KEY_PARAMETER, TRIAL_PARAMETER, accept, accepted, is_trial, rehearsed, sender_id
from .serializers import (
    AcceptedSerializer,
    CountedEventSerializer,
    KindSerializer,
    ReceiptSerializer,
    SentEventSerializer,
)

USER_PARAMETER = OpenApiParameter(
    "user_id", {"type": "integer", "minimum": 1}, required=True, description="Whose share is asked for."
)


class EventViewSet(mixins.ListModelMixin, GenericViewSet[Event]):
    """Events: staff and programs send them, and see how far they have come; a program sees its own."""

    queryset = Event.objects.order_by("-created_at", "-pk")
    serializer_class: type[BaseSerializer[Any]] = SentEventSerializer
    permission_classes = [StaffOrProgram]
    scopes = dict.fromkeys(("list", "retrieve", "create", "cancel", "recipients", "explain"), EVENTS_SEND)
    limits = {"create": "send"}
    filterset_class = EventFilter

    def get_queryset(self) -> QuerySet[Event]:
        rows = super().get_queryset()
        return rows if self.request.user.is_staff else rows.filter(actor_id=sender_id(self.request))

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        if self.action == "create":
            return EventSerializer
        return super().get_serializer_class()

    @extend_schema(
        request=EventSerializer,
        responses={202: AcceptedSerializer, 200: RehearsalSerializer},
        parameters=[KEY_PARAMETER, TRIAL_PARAMETER],
    )
    def create(self, request: Request) -> Response:
        """Tell an audience. Accepted means stored: small audiences are told at once, large ones in the background."""
        if is_trial(request):
            return rehearsed(self._event())
        return accepted(accept(request, path="/api/events", event=self._event))

    @extend_schema(responses=CountedEventSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One event, with how many were sent it, have it and read it."""
        row = self.get_object()
        return Response({**self.get_serializer(row).data, "counts": counts(row)})

    @extend_schema(responses=CountedEventSerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingSerializer, permission_classes=[IsAuthenticated])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop what has not begun, and take it back from whoever does not have it yet. Its sender may, and staff."""
        row = self.get_object()
        dispatch.cancel(row.pk, actor=(sender_id(request), request.user.get_username()))
        row.refresh_from_db()
        sent: Any = SentEventSerializer(row).data  # it has a field that is called `data`
        return Response({**sent, "counts": counts(row)})

    @extend_schema(responses=ReceiptSerializer(many=True), filters=False)
    @action(detail=True, serializer_class=ReceiptSerializer, filterset_class=None, cursor="recipient_id")
    def recipients(self, request: Request, pk: str) -> Response:
        """Who was told, and has it, and read it."""
        rows: QuerySet[Any] = self.get_object().rows.to_show().order_by("recipient_id")
        shown: Any = self.paginate_queryset(rows)
        context = {"now": database_now()}
        return self.get_paginated_response(ReceiptSerializer(shown, many=True, context=context).data)

    @extend_schema(responses=ExplanationSerializer, parameters=[USER_PARAMETER], filters=False)
    @action(detail=True, serializer_class=ExplanationSerializer, filterset_class=None)
    def explain(self, request: Request, pk: str) -> Response:
        """Why this person got it, on which channels, and why not on the others; or why they got nothing."""
        asked = ExplainedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = explaining.explain(self.get_object(), asked.validated_data["user_id"])
        return Response(ExplanationSerializer(found).data)

    cursor: str | None = None

    def count_of(self, rows: QuerySet[Any]) -> int:
        return rows.count() if self.action == "recipients" else bounded_count(rows)

    def _event(self) -> events.Event:
        body = self.get_serializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        made = event(said, kind=said["notification_type"], to=said["to"], actor_id=sender_id(self.request))
        if is_program(self.request):  # of rooms that are neither its own nor open it learns nothing
            audience.check_rooms(made.audience, rooming.visible_to(sender_id(self.request)))
        return made


class KindViewSet(GenericViewSet[Any]):
    """The catalogue: every kind of notification there is."""

    serializer_class = KindSerializer
    queryset = Event.objects.none()
    scopes = {"list": EVENTS_SEND}
    filter_backends = ()

    def list(self, request: Request) -> Response:
        """All kinds, by name."""
        kinds = sorted(catalogue.kinds().values(), key=lambda kind: kind.name)
        shown: Any = self.paginate_queryset(kinds)
        context = {"templates": templates.in_use()}
        return self.get_paginated_response(KindSerializer(shown, many=True, context=context).data)
