"""Notifications and inboxes, person by person."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from ...api.staff.filters import having_status
from ...events import Priority
from ...models import NotificationLog
from ...wire import STATUS, status
from ..looking import FOUND, NEWEST, AmongTheNewest, History, of_uuid, person


class StatusFilter(AmongTheNewest):
    title, parameter_name = f"status (newest {NEWEST:,})", "status"
    words = tuple(STATUS)

    def meaning(self, word: str) -> Q:
        return having_status([word])


class PriorityFilter(AmongTheNewest):
    title, parameter_name = f"priority (newest {NEWEST:,})", "priority"
    words = tuple(Priority.values)

    def meaning(self, word: str) -> Q:
        return Q(priority=Priority(word).rank)


@admin.register(NotificationLog)
class NotificationLogAdmin(History):
    list_display = ("id", "recipient", "seq", "kind", "title", "status", "created_at", "delivered_at", "read_at")
    list_filter = (StatusFilter, PriorityFilter)
    ordering = ("-pk",)
    search_fields = ("id",)  # shows the box; found_by() searches
    search_help_text = f"A notification's number, an event's id, or a username: the newest {FOUND:,} of theirs."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        shown: QuerySet[Any] = rows.to_show().select_related("recipient").annotate(now=Now())
        return shown

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        yield NotificationLog.objects.filter(of_uuid(word, "event_id")).order_by("recipient_id")
        yield NotificationLog.objects.filter(person(word, "recipient_id")).order_by("-seq")

    @admin.display
    def title(self, row: NotificationLog) -> str:
        return row.event.title

    @admin.display
    def status(self, row: Any) -> str:
        return status(row, now=row.now)
