"""How a page stays fast on 1,000,000 rows: it reads along an index and counts no further than anybody pages."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from ..database import database_now

COUNTED = 5_000
FOUND = 1000  # by each way of finding a word
NEWEST = 5_000  # what a filter or a search without an index looks through


class BoundedPaginator(Paginator):
    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED].count())


class History(admin.ModelAdmin):
    """To be looked at, not to be changed."""

    heading = ""  # of its list; “”: as Django calls it
    change_list_template = "admin/console/list.html"
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Django's own compares every column of joined tables; here a word is looked up where an index has it.

        Each way of finding is a query of its own: no planner walks several indexes for one sorted page.
        """
        for word in search_term.replace("\0", " ").split():
            found = {key for rows in self.found_by(word) for key in rows.values_list("pk", flat=True)[:FOUND]}
            queryset = queryset.filter(pk__in=found)
        return queryset, False

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        """What a word may mean; the newest first, where there may be many."""
        yield self.model.objects.filter(number(word, "pk"))


def number(word: str, column: str) -> Q:
    return Q(**{column: int(word)}) if word.isascii() and word.isdecimal() and len(word) <= 18 else NOWHERE


def of_uuid(word: str, column: str) -> Q:
    try:
        return Q(**{column: uuid.UUID(word)})
    except ValueError:
        return NOWHERE


def person(word: str, column: str) -> Q:
    """By username; looked up first, so that the index on `column` is used."""
    people = get_user_model().objects.filter(**{get_user_model().USERNAME_FIELD: word})
    user_id = people.values_list("pk", flat=True).first()
    return Q(**{column: user_id}) if user_id else NOWHERE


def who(word: str, column: str) -> Q:
    """By username, or by number; of somebody who has been erased, the number alone is left."""
    found = person(word, column)
    return number(word, column) if found == NOWHERE else found


NOWHERE = Q(pk__in=())


class WordFilter(admin.SimpleListFilter):
    """A filter on a fixed list of words, where Django's own would first read them all from the table."""

    words: ClassVar[tuple[str, ...]] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word.replace("_", " ")) for word in self.words]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = self.value()
        return self.pick(queryset, word) if word in self.words else queryset

    def pick(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        return rows.filter(**{str(self.parameter_name): word})


class TypedFilter(admin.SimpleListFilter):
    """A filter into which a word is typed."""

    hint = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]  # without any Django would leave it out

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = (self.value() or "").strip().replace("\0", "")
        return queryset.filter(self.meaning(word)) if word else queryset

    def meaning(self, word: str) -> Q:
        raise NotImplementedError


class AmongTheNewest(WordFilter):
    """For a column without an index: a rare word would be looked for in the whole table."""

    def pick(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        newest = rows.model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
        return rows.filter(self.meaning(word), pk__gt=newest - NEWEST)

    def meaning(self, word: str) -> Q:
        return Q(**{str(self.parameter_name): word})


class Since(WordFilter):
    title = parameter_name = "since"
    hours: ClassVar[dict[str, int]] = {"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24}
    words = tuple(hours)
    column = "created_at"

    def pick(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        return rows.filter(**{f"{self.column}__gte": database_now() - timedelta(hours=self.hours[word])})
