"""Notifications and inboxes, person by person."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from ..api.staff.filters import having_status
from ..events import Priority
from ..models import Inbox, NotificationLog
from ..wire import STATUS, status
from .looking import FOUND, NEWEST, History, WordFilter, of_uuid, person


class AmongTheNewest(WordFilter):
    """These columns change and have no index: a rare word would be looked for in the whole table."""

    def pick(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        newest = NotificationLog.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        return rows.filter(self.meaning(word), pk__gt=newest - NEWEST)

    def meaning(self, word: str) -> Q:
        return having_status([word])


class StatusFilter(AmongTheNewest):
    title, parameter_name = f"status (newest {NEWEST:,})", "status"
    words = tuple(STATUS)


class PriorityFilter(AmongTheNewest):
    title, parameter_name = f"priority (newest {NEWEST:,})", "priority"
    words = tuple(Priority.values)

    def meaning(self, word: str) -> Q:
        return Q(priority=Priority(word).rank)


@admin.register(NotificationLog)
class NotificationLogAdmin(History):
    list_display = ("id", "recipient", "seq", "kind", "title", "status", "created_at", "delivered_at", "read_at")
    list_filter = (StatusFilter, PriorityFilter)
    list_select_related = ("event", "recipient")
    ordering = ("-pk",)
    search_fields = ("id",)  # shows the box; found_by() searches
    search_help_text = f"A notification's number, an event's id, or a username: the newest {FOUND:,} of theirs."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(now=Now())
        return rows

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


@admin.register(Inbox)
class InboxAdmin(History):
    list_display = ("user", "unread_count", "listed_count", "last_seq", "rev")
    list_select_related = ("user",)
    ordering = ("-pk",)
    search_fields = ("user",)
    search_help_text = "A user's number or username."

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        yield Inbox.objects.filter(person(word, "pk"))
