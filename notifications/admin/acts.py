"""Events, the audit, and who is connected."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from .. import audit
from ..events import Category, Priority
from ..models import AuditEntry, Connection, Event
from ..words.catalogue import canonical
from .looking import NEWEST, History, Since, WordFilter, of_uuid, person


def newest_events() -> Q:
    """By the index on created_at: beyond these, text is not searched."""
    ages = Event.objects.order_by("-created_at").values_list("created_at", flat=True)
    oldest = ages[NEWEST : NEWEST + 1].first()
    return Q(created_at__gt=oldest) if oldest else Q()


class AmongTheNewest(WordFilter):
    def pick(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        return super().pick(rows, word).filter(newest_events())


class StateFilter(AmongTheNewest):
    title, parameter_name = f"state (newest {NEWEST:,})", "state"
    words = tuple(Event.State.values)


class PriorityFilter(AmongTheNewest):
    title, parameter_name = f"priority (newest {NEWEST:,})", "priority"
    words = tuple(Priority.values)


class CategoryFilter(AmongTheNewest):
    title, parameter_name = f"category (newest {NEWEST:,})", "category"
    words = tuple(Category.values)


@admin.register(Event)
class EventAdmin(History):
    list_display = ("id", "kind", "title", "priority", "state", "recipients", "actor", "created_at")
    list_filter = (Since, StateFilter, PriorityFilter, CategoryFilter)
    list_select_related = ("actor",)
    ordering = ("-created_at",)
    search_fields = ("search",)  # shows the box; found_by() searches
    search_help_text = f"An id, a subject such as ticket:5, a username, a kind, or words (of the newest {NEWEST:,})."

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        kind, colon, key = word.partition(":")
        newest = Event.objects.order_by("-created_at")
        yield newest.filter(of_uuid(word, "pk"))
        yield newest.filter(person(word, "actor_id"))
        yield newest.filter(newest_events(), Q(search__contains=word.lower()) | Q(kind=canonical(word)))
        if colon:
            yield newest.filter(subject_kind=kind, subject_id=key)


class SinceAt(Since):
    column = "at"


class EntityFilter(WordFilter):
    title, parameter_name = "entity", "entity_type"
    words = (
        *("event", "notification", "connection", "delivery", "device", "phone", "channel", "suppression", "webhook"),
        *("room", "service_account", "api_key"),
    )


@admin.register(AuditEntry)
class AuditEntryAdmin(History):
    list_display = ("id", "at", "actor_id", "actor_name", "action", "entity_type", "entity_id", "target_user_id")
    list_filter = (SinceAt, EntityFilter)
    ordering = ("-pk",)
    search_fields = ("action",)
    search_help_text = "An entry's or an entity's id, a username, or an action such as event.created."

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        newest = AuditEntry.objects.order_by("-pk")
        yield from super().found_by(word)
        yield newest.filter(audit.about(word))
        yield newest.filter(person(word, "actor_id"))
        yield newest.filter(person(word, "target_user_id"))
        yield newest.filter(action=word)


class TransportFilter(WordFilter):
    title = parameter_name = "transport"
    words = ("websocket", "sse")


@admin.register(Connection)
class ConnectionAdmin(History):
    list_display = ("id", "user", "transport", "ip", "server", "connected_at", "last_seen_at", "is_live")
    list_filter = (TransportFilter,)
    list_select_related = ("user", "server")
    ordering = ("-connected_at",)
    search_fields = ("ip",)
    search_help_text = "A username or an address."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        connections: QuerySet[Any] = super().get_queryset(request).annotate(live=Q(server__lease_until__gt=Now()))
        return connections

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield Connection.objects.filter(of_uuid(word, "pk") | person(word, "user_id") | Q(ip=word))

    @admin.display(boolean=True, description="live")
    def is_live(self, row: Any) -> bool:
        return bool(row.live)
