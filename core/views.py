"""The desk over HTTP: each act is an action of its own, checked in the order 401, 404, 403, 400, 409."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.contrib.auth.models import User
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from notifications.dispatch import LONGEST_KEY
from notifications.events import KeyReused

from . import workflow
from .action_serializers import (
    TicketAssignmentSerializer,
    TicketCommentSerializer,
    TicketFinishWorkSerializer,
    TicketMoveSerializer,
    TicketRejectSerializer,
)
from .filters import TicketFilter
from .idempotent import once
from .models import Ticket, TicketQuerySet, WrongState
from .permissions import MayAct
from .serializers import TicketSerializer


class WrongStateAnswer(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "The ticket's status does not allow this."
    default_code = "wrong_state"


class KeyReusedAnswer(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"


def _answer_for(exc: Exception) -> Exception:
    """What the workflow refuses, in HTTP's words."""
    if isinstance(exc, WrongState):
        return WrongStateAnswer(str(exc))
    if isinstance(exc, workflow.NotAllowed):
        return PermissionDenied(MayAct.message)
    if isinstance(exc, KeyReused):
        return KeyReusedAnswer("This Idempotency-Key was used before, with another request.")
    return exc


ACT = extend_schema(
    responses=TicketSerializer,
    parameters=[
        OpenApiParameter(
            "Idempotency-Key",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description=f"At most {LONGEST_KEY} characters. The same request sent again with it acts once.",
        )
    ],
)


@extend_schema_view(create=ACT)
class TicketViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Ticket]):
    """Incident tickets: requesters see their own, engineers those they were given, managers and admins all."""

    queryset = Ticket.objects.all()
    serializer_class: type[Serializer[Any]] = TicketSerializer
    permission_classes = [IsAuthenticated, MayAct]
    filterset_class = TicketFilter

    def get_queryset(self) -> TicketQuerySet:
        return Ticket.objects.visible_to(self._actor).with_details()

    def create(self, request: Request) -> Response:
        """Report something that is wrong. Managers are told."""

        def act() -> Ticket:
            return workflow.create(actor=self._actor, **self._body())

        return Response(self._shown(once(request, act)), status=status.HTTP_201_CREATED)

    @ACT
    @action(detail=True, methods=["post"], serializer_class=TicketMoveSerializer)
    def open_ticket(self, request: Request, pk: str) -> Response:
        """Accept a new ticket. Its requester is told."""
        return self._act(workflow.open_ticket)

    @ACT
    @action(detail=True, methods=["post"], serializer_class=TicketAssignmentSerializer)
    def assign(self, request: Request, pk: str) -> Response:
        """Hand the ticket to one or more engineers. Those who did not have it are told."""
        return self._act(workflow.assign)

    @ACT
    @action(detail=True, methods=["post"], serializer_class=TicketMoveSerializer)
    def start_work(self, request: Request, pk: str) -> Response:
        """Begin, as one of its assignees. Its requester is told."""
        return self._act(workflow.start_work)

    @ACT
    @action(detail=True, methods=["post"], serializer_class=TicketFinishWorkSerializer)
    def finish_work(self, request: Request, pk: str) -> Response:
        """Hand the work in, as one of its assignees. Managers and the requester are told."""
        return self._act(workflow.finish_work)

    @ACT
    @action(detail=True, methods=["post"], serializer_class=TicketMoveSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Close finished work. Assignees and the requester are told."""
        return self._act(workflow.approve)

    @ACT
    @action(detail=True, methods=["post"], serializer_class=TicketRejectSerializer)
    def reject(self, request: Request, pk: str) -> Response:
        """Send finished work back. Assignees are told."""
        return self._act(workflow.reject)

    @ACT
    @action(detail=True, methods=["post"], serializer_class=TicketCommentSerializer)
    def add_comment(self, request: Request, pk: str) -> Response:
        """Say something about a ticket that you see. The requester and the assignees are told."""
        return self._act(workflow.add_comment)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_answer_for(exc))

    def _act(self, verb: Callable[..., Ticket]) -> Response:
        ticket = self.get_object()

        def act() -> Ticket:
            return verb(ticket.pk, actor=self._actor, **self._body())

        return Response(self._shown(once(self.request, act)))

    def _body(self) -> Mapping[str, Any]:
        body = self.get_serializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        return cast(Mapping[str, Any], body.validated_data)

    def _shown(self, ticket_id: int) -> Mapping[str, Any]:
        """The ticket as it is now, also to an actor who no longer sees it by the time of the answer."""
        ticket = Ticket.objects.with_details().get(pk=ticket_id)
        return TicketSerializer(ticket, context=self.get_serializer_context()).data

    @property
    def _actor(self) -> User:
        return cast(User, self.request.user)
