"""What happened, once, whoever was told of it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet

from ...events import Category, Priority
from ...models import Event
from ...words.catalogue import canonical
from ..looking import NEWEST, History, Since, WordFilter, of_uuid, person


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
