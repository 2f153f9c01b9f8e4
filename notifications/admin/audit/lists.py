"""Who did what, found by whatever is at hand."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from ... import audit
from ...models import AuditEntry
from ..looking import History, Since, WordFilter, person


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
