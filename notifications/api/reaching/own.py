"""The signed-in person's own channels, and a test on each."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import dispatch, reaching
from ...models import Event
from ..events.sending import recipients
from ..inbox.action_serializers import NothingSerializer
from .serializers import OwnChannelSerializer, TestSentSerializer
from .views import actor


class OwnChannelViewSet(GenericViewSet[Event]):
    """Where you are reached, and where not and why."""

    queryset = Event.objects.none()
    serializer_class: type[BaseSerializer[Any]] = OwnChannelSerializer
    filter_backends = ()
    lookup_url_kwarg = "channel"
    lookup_value_regex = "[a-z]+"

    def list(self, request: Request) -> Response:
        """All channels that lead to people: the open page first."""
        shown: Any = self.paginate_queryset(reaching.own_channels(actor(request)[0]))
        return self.get_paginated_response(OwnChannelSerializer(shown, many=True).data)

    @extend_schema(responses={202: TestSentSerializer})
    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def test(self, request: Request, channel: str) -> Response:
        """Send yourself a test there, at most six a minute. What became of it: the notification's explain/."""
        person = actor(request)
        if channel not in {one.channel for one in reaching.own_channels(person[0])}:
            raise NotFound("There is no such channel to people.")
        try:
            sent = dispatch.try_channel(person, channel)
        except dispatch.TooManyTests as too_many:
            raise Throttled(too_many.wait_s) from too_many
        row = Event.objects.get(pk=sent.pk)  # told by now, most times
        notification_id = row.rows.filter(recipient_id=person[0]).values_list("pk", flat=True).first()
        accepted = {"event_id": row.pk, "status": row.state, "recipients": recipients(row)}
        return Response(TestSentSerializer({**accepted, "notification_id": notification_id}).data, status=202)
