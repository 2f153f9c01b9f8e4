"""The signed-in person's own inbox: every act is an action of its own, and one verb of `notifications.inbox`."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db.models import QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import inbox
from ...database import database_now
from ...deciding import wishes
from ...insight import explaining
from ...live.hub import read_epoch
from ...models import Inbox, NotificationLog
from ..explaining import ExplanationSerializer
from .action_serializers import (
    AckSerializer,
    ActSerializer,
    BulkSerializer,
    MarkAllSerializer,
    NothingSerializer,
    SeenSerializer,
    SnoozeSerializer,
)
from .filters import HIDDEN, InboxFilter, asked
from .listing import Listing
from .serializers import AcknowledgedSerializer, CountSerializer, NotificationSerializer, UnreadCountSerializer

LONGEST_ID = 18  # digits; more is no bigint
NOTHING: dict[str, Any] = {"serializer_class": NothingSerializer}


class NotificationViewSet(GenericViewSet[NotificationLog]):
    """Your notifications, the newest first; without the archived, snoozed, expired, cancelled and replaced ones."""

    queryset = NotificationLog.objects.to_show()
    serializer_class: type[BaseSerializer[Any]] = NotificationSerializer
    filterset_class = InboxFilter
    lookup_value_regex = "[0-9]+"  # the stream's address is not one of ours
    cursor = "seq"
    over_socket = True  # sockets/asking.py

    def get_queryset(self) -> QuerySet[NotificationLog]:
        return super().get_queryset().filter(recipient_id=self._user_id, deleted_at=None).order_by("-seq")

    @property
    def _user_id(self) -> int:
        return cast(int, self.request.user.pk)

    # --- to look ---------------------------------------------------------------------------------------------------

    def list(self, request: Request) -> Response:
        """Everything that is listed."""
        return self._page(Listing(self._user_id) if self._is_plain else self.filter_queryset(self.get_queryset()))

    @extend_schema(responses=NotificationSerializer(many=True))
    @action(detail=False)
    def unread(self, request: Request) -> Response:
        """What `unread_count` counts; with the filters of the list."""
        if self._is_plain:
            return self._page(Listing(self._user_id, is_unread=True))
        rows = self.get_queryset().filter(is_read=False)
        if not asked(request.query_params) & set(HIDDEN):
            floor = Inbox.objects.filter(pk=self._user_id).values("read_floor")
            rows = rows.filter(seq__gt=Subquery(floor))
        return self._page(self.filter_queryset(rows))

    @extend_schema(responses=UnreadCountSerializer, filters=False)
    @action(detail=False, filterset_class=None, serializer_class=UnreadCountSerializer)
    def unread_count(self, request: Request) -> Response:
        """How many are unread, by kind and by priority."""
        whose = {"user_id": self._user_id, "epoch": str(read_epoch())}  # for who polls and has no other word of it
        return Response({**inbox.unread_counts(self._user_id), **whose})

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of yours, listed or not."""
        return self._shown(self._id(pk))

    # --- one -------------------------------------------------------------------------------------------------------

    @extend_schema(responses=ExplanationSerializer, filters=False)
    @action(detail=True, serializer_class=ExplanationSerializer, filterset_class=None)
    def explain(self, request: Request, pk: str) -> Response:
        """Why I got it, on which channels, why not on the others, and what came of it."""
        row = self.get_queryset().filter(pk=self._id(pk)).first()
        if row is None:
            raise NotFound
        return Response(ExplanationSerializer(explaining.explain(row.event, self._user_id)).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Gone from the inbox; the audit keeps it."""
        inbox.delete(self._user_id, [self._id(pk)])
        return Response(status=204)

    @extend_schema(responses=NotificationSerializer)
    @action(detail=True, methods=["post"], **NOTHING)
    def mark_as_read(self, request: Request, pk: str) -> Response:
        """Read, on all of your devices. Repeating it changes nothing."""
        return self._marked(inbox.mark_as_read, pk)

    @extend_schema(responses=NotificationSerializer)
    @action(detail=True, methods=["post"], **NOTHING)
    def mark_as_unread(self, request: Request, pk: str) -> Response:
        """Unread again."""
        return self._marked(inbox.mark_as_unread, pk)

    @extend_schema(responses=NotificationSerializer)
    @action(detail=True, methods=["post"], **NOTHING)
    def archive(self, request: Request, pk: str) -> Response:
        """Out of the list, still to be found."""
        return self._marked(inbox.archive, pk)

    @extend_schema(responses=NotificationSerializer)
    @action(detail=True, methods=["post"], **NOTHING)
    def unarchive(self, request: Request, pk: str) -> Response:
        """Back in the list."""
        return self._marked(inbox.unarchive, pk)

    @extend_schema(responses=NotificationSerializer)
    @action(detail=True, methods=["post"], serializer_class=SnoozeSerializer)
    def snooze(self, request: Request, pk: str) -> Response:
        """Out of sight until then; it comes back unread, as if new. Once more moves the time."""
        row_id = self._id(pk)
        self._shown(row_id)  # somebody else's is 404 whatever is asked
        inbox.snooze(self._user_id, row_id, until=self._body()["until"])
        return self._shown(row_id)

    @extend_schema(responses=NotificationSerializer)
    @action(detail=True, methods=["post"], **NOTHING)
    def unsnooze(self, request: Request, pk: str) -> Response:
        """Back in the list at once, in its old place and as it was."""
        row_id = self._id(pk)
        self._shown(row_id)  # somebody else's is 404
        inbox.unsnooze(self._user_id, row_id)
        return self._shown(row_id)

    @extend_schema(responses=NotificationSerializer)
    @action(detail=True, methods=["post"], serializer_class=ActSerializer)
    def act(self, request: Request, pk: str) -> Response:
        """Choose one of its actions, once: whoever sent it can hear of it. Who chooses has read it."""
        row_id = self._id(pk)
        self._shown(row_id)  # somebody else's is 404 whatever is asked
        inbox.act(self._user_id, row_id, self._body()["action"])
        return self._shown(row_id)

    # --- many ------------------------------------------------------------------------------------------------------

    @extend_schema(responses=CountSerializer)
    @action(detail=False, methods=["post"], serializer_class=BulkSerializer)
    def bulk(self, request: Request) -> Response:
        """The same to many at once: all of them, or (when one is not yours) none."""
        body = self._body()
        return Response({"count": BulkSerializer.VERBS[body["action"]](self._user_id, body["ids"])})

    @extend_schema(responses=CountSerializer)
    @action(detail=False, methods=["post"], serializer_class=SeenSerializer)
    def seen(self, request: Request) -> Response:
        """The list was opened; nothing is read by that."""
        return Response({"count": inbox.mark_seen(self._user_id, **self._body())})

    @extend_schema(responses=CountSerializer)
    @action(detail=False, methods=["post"], serializer_class=MarkAllSerializer)
    def mark_all_as_read(self, request: Request) -> Response:
        """All that exist when the request arrives, or up to and including `up_to_seq`."""
        head = Inbox.objects.filter(pk=self._user_id).values_list("last_seq", flat=True).first() or 0
        body = self._body()
        up_to = head if body.get("up_to_seq") is None else body["up_to_seq"]
        kind = body.get("notification_type")
        return Response({"count": inbox.mark_all_as_read(self._user_id, up_to_seq=up_to, kind=kind)})

    @extend_schema(responses=AcknowledgedSerializer)
    @action(detail=False, methods=["post"], serializer_class=AckSerializer)
    def ack(self, request: Request) -> Response:
        """This device has them: for clients without a socket."""
        return Response({"acknowledged": inbox.acknowledge(self._user_id, **self._body())})

    # ---------------------------------------------------------------------------------------------------------------

    @property
    def _is_plain(self) -> bool:
        return not any(self.request.query_params.get(name) for name in InboxFilter.base_filters)

    def count_of(self, rows: QuerySet[NotificationLog]) -> int:
        """Of a plain list in another order from the inbox's counters: a person may have 100,000 rows."""
        if asked(self.request.query_params):
            return rows.count()
        return len(Listing(self._user_id, is_unread=self.action == "unread"))

    def _page(self, rows: Listing | QuerySet[NotificationLog]) -> Response:
        shown: Any = self.paginate_queryset(rows)  # type: ignore[arg-type]  # DRF's hint knows querysets alone
        return self.get_paginated_response(NotificationSerializer(shown, many=True, context=self._context).data)

    def _marked(self, verb: Callable[[int, Sequence[int]], int], pk: str) -> Response:
        row_id = self._id(pk)
        verb(self._user_id, [row_id])
        return self._shown(row_id)

    def _shown(self, row_id: int) -> Response:
        row = self.get_queryset().filter(pk=row_id).first()
        if row is None:
            raise NotFound
        return Response(NotificationSerializer(row, context=self._context).data)

    @property
    def _context(self) -> dict[str, Any]:
        now = database_now()
        return {"now": now, "is_quiet": wishes.is_quiet(self._user_id, now=now)}

    def _id(self, pk: str) -> int:
        if len(pk) > LONGEST_ID:
            raise NotFound
        return int(pk)

    def _body(self) -> dict[str, Any]:
        body = self.get_serializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)
