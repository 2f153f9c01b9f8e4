"""Rooms and their members, for staff and for programs with `rooms:manage`. A program sees the rooms it made."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import rooming
from ...models import Room
from ..permissions import ROOMS_MANAGE, StaffOrProgram, is_program
from ..reaching.views import actor
from .action_serializers import AddMemberSerializer, MakeSerializer, RemoveMemberSerializer
from .serializers import MemberSerializer, StaffRoomSerializer


class RoomTaken(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "Somebody else made a room of this name."
    default_code = "room_taken"


class StaffRoomViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Room]):
    """All rooms, by name; a program's own."""

    queryset = rooming.with_people(Room.objects.order_by("name"))
    serializer_class: type[BaseSerializer[Any]] = StaffRoomSerializer
    permission_classes = [StaffOrProgram]
    scopes = dict.fromkeys(
        ("list", "retrieve", "create", "destroy", "members", "add_member", "remove_member"), ROOMS_MANAGE
    )
    filter_backends = ()
    lookup_field = "name"
    lookup_url_kwarg = "room"
    lookup_value_regex = rooming.NAME

    def get_queryset(self) -> QuerySet[Room]:
        rooms = super().get_queryset()
        return rooms.filter(created_by=actor(self.request)[0]) if is_program(self.request) else rooms

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return MakeSerializer if self.action == "create" else super().get_serializer_class()

    @extend_schema(responses={200: StaffRoomSerializer, 201: StaffRoomSerializer})
    def create(self, request: Request) -> Response:
        """Make a room (201), or open or close the one of this name (200). 409: another program's, or staff's."""
        said = self._body()
        try:
            room, is_new = rooming.make(
                said["room"], is_open=said["open"], actor=actor(request), only_own=is_program(request)
            )
        except rooming.Taken as taken:
            raise RoomTaken from taken
        return Response(StaffRoomSerializer(self.get_queryset().get(pk=room.pk)).data, status=201 if is_new else 200)

    def destroy(self, request: Request, room: str) -> Response:
        """The room goes; what was said to it stays in the inboxes."""
        rooming.remove(self.get_object().pk, actor=actor(request))
        return Response(status=204)

    @extend_schema(responses=MemberSerializer(many=True))
    @action(detail=True, serializer_class=AddMemberSerializer)
    def members(self, request: Request, room: str) -> Response:
        """Who is in it, and as what."""
        rows: Any = self.get_object().members.select_related("user").order_by("user_id", "role")
        shown: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(MemberSerializer(shown, many=True).data)

    @extend_schema(responses={200: MemberSerializer, 201: MemberSerializer})
    @members.mapping.post
    def add_member(self, request: Request, room: str) -> Response:
        """Put somebody in, as something or simply so. One who is that there already: 200."""
        room_id, said = self.get_object().pk, self._body()
        try:
            member, is_new = rooming.add_member(room_id, said["user_id"], role=said["as"], actor=actor(request))
        except Room.DoesNotExist as gone:
            raise NotFound from gone
        return Response(MemberSerializer(member).data, status=201 if is_new else 200)

    @extend_schema(parameters=[RemoveMemberSerializer], responses={204: None})
    @members.mapping.delete
    def remove_member(self, request: Request, room: str) -> Response:
        """Take somebody out: what `as` names, or altogether. In the body, or in the query."""
        room_id = self.get_object().pk
        body: Any = request.data
        asked = RemoveMemberSerializer(data={**request.query_params.dict(), **dict(body.items())})
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        try:
            gone = rooming.remove_member(room_id, said["user_id"], role=said["as"], actor=actor(request))
        except Room.DoesNotExist:
            gone = 0
        if not gone:
            raise NotFound("They are not that in this room.")
        return Response(status=204)

    def _body(self) -> dict[str, Any]:
        body = self.get_serializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)
