"""Inboxes, person by person."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from ...models import Inbox
from ..looking import History, person


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
