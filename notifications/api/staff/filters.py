"""The filters of the staff's lists."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from ... import audit
from ...events import Channel, Priority
from ...models import AuditEntry, Connection, NotificationLog
from ...wire import STATUS
from ..filtering import AnyOf, Kinds, Moment, Number, YesNo, channels, priorities


def having_status(names: Iterable[str]) -> Q:
    found = Q(pk__in=[])
    for name in names:
        found |= STATUS[name]
    return found


class StaffFilter(django_filters.FilterSet):
    user_id = Number(method="of_one", label="User")
    notification_type = Kinds(label="Kinds, in any spelling")
    delivered = YesNo(method="was_delivered", label="Delivered")
    status = AnyOf(method="by_status", label="Status", known=list(STATUS))
    channel = AnyOf(method="by_channel", label="Channel", known=Channel.values)
    priority = AnyOf(method="by_priority", label="Priority", known=Priority.values)
    since = Moment(field_name="created_at", lookup_expr="gte", label="Since")
    until = Moment(field_name="created_at", lookup_expr="lte", label="Until")

    class Meta:
        model = NotificationLog
        fields: tuple[str, ...] = ()

    def of_one(self, rows: QuerySet[Any], name: str, user_id: int) -> QuerySet[Any]:
        return rows.filter(recipient_id=user_id).order_by("-seq")  # newest first too, and along the person's index

    def was_delivered(self, rows: QuerySet[Any], name: str, wanted: bool) -> QuerySet[Any]:
        return rows.filter(delivered_at__isnull=not wanted)

    def by_status(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(having_status(given))

    def by_channel(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(channels(given))

    def by_priority(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(priorities(given))


class ConnectionFilter(django_filters.FilterSet):
    user_id = Number(field_name="user_id", label="User")
    transport = AnyOf("transport", label="Transport", known=["websocket", "sse"])

    class Meta:
        model = Connection
        fields: tuple[str, ...] = ()


class AuditFilter(django_filters.FilterSet):
    id = Number(field_name="pk", label="Entry")
    actor = Number(field_name="actor_id", label="Actor's id")
    action = AnyOf("action", label="Action")
    entity_type = AnyOf("entity_type", label="Entity type", method="of_type")
    entity_id = django_filters.CharFilter(method="about", label="Entity id", max_length=64)
    target_user_id = Number(field_name="target_user_id", label="Target user")
    since = Moment(field_name="at", lookup_expr="gte", label="Since")
    until = Moment(field_name="at", lookup_expr="lte", label="Until")

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()

    def of_type(self, entries: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        """What became of many notifications of one event at once is written under the event."""
        in_batches = Q(entity_type="event", action__startswith="notification.") if "notification" in given else Q()
        return entries.filter(Q(entity_type__in=given) | in_batches)

    def about(self, entries: QuerySet[Any], name: str, given: str) -> QuerySet[Any]:
        """Acts on many rows are found by each of them."""
        return entries.filter(audit.about(given))
