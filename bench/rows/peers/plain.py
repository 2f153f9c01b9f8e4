"""What one would write with Django and DRF alone: the same rows, plain ORM, ModelSerializers, offset paging."""

from typing import Any

from django.db import transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications.database import database_now
from notifications.events import Priority
from notifications.models import AuditEntry, Event, Inbox, NotificationLog


class PlainEventSerializer(serializers.ModelSerializer[Event]):
    to = serializers.ListField(child=serializers.IntegerField(), write_only=True)

    class Meta:
        model = Event
        fields = (
            *("id", "kind", "category", "priority", "title", "message", "data", "source", "tags", "actor_id"),
            *("actor_name", "subject_kind", "subject_id", "namespace", "room", "thread", "actions", "image", "link"),
            *("requires_acknowledgment", "expires_at", "to"),
        )
        read_only_fields = ("actor_id", "actor_name")


class PlainNotificationSerializer(serializers.ModelSerializer[NotificationLog]):
    """What Tidings' object holds."""

    event = PlainEventSerializer()

    class Meta:
        model = NotificationLog
        fields = (
            *("id", "seq", "event", "reason", "replaces", "is_read", "read_at", "seen_at", "archived_at"),
            *("snoozed_until", "sent_at", "delivered_at", "action_taken", "created_at"),
        )


class PlainPagination(LimitOffsetPagination):
    default_limit = 50


class PlainList(ListAPIView[NotificationLog]):
    serializer_class = PlainNotificationSerializer
    pagination_class = PlainPagination
    filter_backends = ()

    def get_queryset(self) -> Any:
        rows = NotificationLog.objects.filter(recipient=self.request.user, deleted_at=None, archived_at=None)
        return rows.select_related("event").order_by("-seq")


class PlainCreate(APIView):
    """One event for these people."""

    def post(self, request: Request) -> Response:
        body = PlainEventSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        event = create(request.user, said.pop("to"), **said)
        return Response(PlainEventSerializer(event).data, status=201)


@transaction.atomic
def create(sender: Any, to: list[int], **said: Any) -> Event:
    """The rows that Tidings writes: the event, a row and a counter for each, and the audit."""
    now = database_now()
    event = Event.objects.create(
        **said,
        actor=sender,
        actor_name=sender.get_full_name() or sender.get_username(),
        audience={"users": to},
        search=f"{said['title']}\n{said['message']}".lower(),
        state=Event.State.EXPANDING,
        created_at=now,
    )
    audit("event.created", event, sender, kind=event.kind)
    for user_id in to:
        inbox, _ = Inbox.objects.select_for_update().get_or_create(user_id=user_id)
        inbox.last_seq, inbox.unread_count = inbox.last_seq + 1, inbox.unread_count + 1
        inbox.listed_count, inbox.rev = inbox.listed_count + 1, inbox.rev + 1
        inbox.save()
        row(event, user_id, inbox.last_seq, now).save()
    audit("notification.created", event, None, count=len(to))
    event.state, event.recipients, event.position = Event.State.DONE, len(to), max(to)
    event.save()
    return event


def row(event: Event, user_id: int, seq: int, now: Any) -> NotificationLog:
    return NotificationLog(
        event=event,
        recipient_id=user_id,
        seq=seq,
        kind=event.kind,
        priority=Priority(event.priority).rank,
        reason="addressed",
        created_at=now,
        updated_at=now,
    )


def audit(action: str, event: Event, actor: Any, **said: Any) -> None:
    AuditEntry.objects.create(
        at=event.created_at,
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_username() if actor else "",
        action=action,
        entity_type="event",
        entity_id=str(event.pk),
        metadata=said,
    )


urlpatterns = [path("plain/", PlainList.as_view()), path("plain/events/", PlainCreate.as_view())]
