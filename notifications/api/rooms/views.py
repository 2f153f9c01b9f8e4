"""The rooms that the signed-in person is in."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import rooming
from ...models import Member, Room
from ..reaching.views import actor
from .action_serializers import JoinSerializer
from .serializers import RoomSerializer


class RoomViewSet(mixins.ListModelMixin, GenericViewSet[Room]):
    """Rooms you are in: you are told what is said to them. Open ones may be joined by whoever knows their name."""

    queryset = Room.objects.order_by("name")
    serializer_class: type[BaseSerializer[Any]] = RoomSerializer
    filter_backends = ()
    lookup_field = "name"
    lookup_url_kwarg = "room"
    lookup_value_regex = rooming.NAME

    def get_queryset(self) -> QuerySet[Room]:
        mine = Member.objects.filter(user_id=actor(self.request)[0])
        rooms = super().get_queryset().filter(pk__in=mine.values("room_id"))
        return rooms.prefetch_related(Prefetch("members", queryset=mine, to_attr="mine"))

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return JoinSerializer if self.action == "create" else super().get_serializer_class()

    @extend_schema(responses={200: RoomSerializer, 201: RoomSerializer})
    def create(self, request: Request) -> Response:
        """Join an open room (201); one you are in already is answered as it is (200). Any other name is a 403."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            room, is_new = rooming.join(body.validated_data["room"], person=actor(request))
        except rooming.NoEntry as refused:
            raise PermissionDenied("There is no open room of this name.", "no_entry") from refused
        return Response(RoomSerializer(self.get_queryset().get(pk=room.pk)).data, status=201 if is_new else 200)

    def destroy(self, request: Request, room: str) -> Response:
        """Leave it: you are told nothing more that is said to it."""
        if not rooming.leave(room, person=actor(request)):
            raise NotFound("You are in no room of this name.")
        return Response(status=204)
