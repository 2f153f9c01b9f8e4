"""Lists in three styles, told apart by the parameters: pages, limit and offset, or a cursor (docs/protocol.md §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from django.db import connection, models
from django.db.models import QuerySet
from django.template import loader
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

PAGE_SIZE, LIMIT, MOST = 20, 50, 100
COUNTED = 10_000  # of a list that has no end an exact count takes longer than the page
_LARGEST = 2**63 - 1


class Listing(Protocol):
    """Rows that know by themselves how they are counted, and what lies beside a place."""

    def __len__(self) -> int: ...

    def __getitem__(self, wanted: slice, /) -> list[Any]: ...

    def beside(self, place: int, *, older: bool) -> "Listing": ...


Rows = QuerySet[Any] | Sequence[Any] | Listing


@dataclass(frozen=True)
class Page:
    """What is shown, and the parameters that lead on and back."""

    rows: list[Any]
    count: int | None
    next: Mapping[str, int] | None
    previous: Mapping[str, int] | None


class ThreeStylePagination(BasePagination):
    """`next` follows from the rows that are there, not from the count, which may be older or an estimate.

    A view may have `count_of(queryset)`, cheaper than COUNT(*), and `cursor`, the column of `before` and `after`.
    """

    template = "rest_framework/pagination/previous_and_next.html"

    def paginate_queryset(self, queryset: Rows, request: Request, view: APIView | None = None) -> list[Any] | None:
        self.request = request
        given = {name: str(value) for name, value in request.query_params.items() if value}
        if "before" in given or "after" in given:
            self.page = _by_cursor(queryset, given, view)
        elif "limit" in given or "offset" in given:
            self.page = _by_offset(queryset, given, view)
        else:
            self.page = _by_page(queryset, given, view)
        self.display_page_controls = bool(self.page.next or self.page.previous)
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        next_url, previous_url = self._url(self.page.next), self._url(self.page.previous)
        return Response({"count": self.page.count, "next": next_url, "previous": previous_url, "results": data})

    def _url(self, changes: Mapping[str, int] | None) -> str | None:
        if changes is None:
            return None
        url = self.request.build_absolute_uri()
        for name, value in changes.items():
            url = replace_query_param(url, name, value)
        return str(url)

    def to_html(self) -> str:
        urls = {"previous_url": self._url(self.page.previous), "next_url": self._url(self.page.next)}
        return loader.get_template(self.template).render(urls)

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": ["integer", "null"], "description": "How many there are; null behind a cursor."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        rows = getattr(view, "queryset", None)
        has_cursor = _cursor_of([] if rows is None else rows, view) is not None
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": _whole_number(name)}
            for name, text in _PARAMETERS.items()
            if has_cursor or name not in ("before", "after")
        ]


def _whole_number(name: str) -> dict[str, Any]:
    least = 0 if name in ("offset", "before", "after") else 1
    return {"type": "integer", "minimum": least, "maximum": _LARGEST - MOST - 1 if name == "offset" else _LARGEST}


_PARAMETERS = {
    "page": "The page, from 1.",
    "page_size": f"Default {PAGE_SIZE}, at most {MOST}.",
    "limit": f"Instead of pages: default {LIMIT}, at most {MOST}.",
    "offset": "How many to leave out.",
    "before": "A cursor: what lies before it, the newest first. `count` is null.",
    "after": "A cursor: what lies after it, the oldest first. `count` is null.",
}


def _by_page(rows: Rows, given: Mapping[str, str], view: APIView | None) -> Page:
    number, size = _whole(given, "page", 1, least=1), _size(given, "page_size", PAGE_SIZE)
    first = (number - 1) * size
    shown = list(rows[first : first + size + 1]) if first < _LARGEST - size else []
    if not shown and number > 1:
        raise NotFound("There is no such page.")
    return Page(
        shown[:size],
        _count(rows, view),
        {"page": number + 1} if len(shown) > size else None,
        {"page": number - 1} if number > 1 else None,
    )


def _by_offset(rows: Rows, given: Mapping[str, str], view: APIView | None) -> Page:
    limit, offset = _size(given, "limit", LIMIT), _whole(given, "offset", 0, most=_LARGEST - MOST - 1)
    shown = list(rows[offset : offset + limit + 1])
    return Page(
        shown[:limit],
        _count(rows, view),
        {"limit": limit, "offset": offset + limit} if len(shown) > limit else None,
        {"limit": limit, "offset": max(0, offset - limit)} if offset else None,
    )


def _by_cursor(rows: Rows, given: Mapping[str, str], view: APIView | None) -> Page:
    name = "before" if "before" in given else "after"
    column = _cursor_of(rows, view)
    if column is None:
        raise ValidationError({name: ["This list has no cursor; use page or limit."]})
    if "before" in given and "after" in given:
        raise ValidationError({"after": ["Either before or after."]})
    if "ordering" in given:
        raise ValidationError({"ordering": ["A cursor has its own order."]})
    size = _size(given, "limit" if "limit" in given else "page_size", LIMIT)
    place = _whole(given, name, 0)
    older = name == "before"
    if isinstance(rows, QuerySet):
        rows = rows.filter(**{f"{column}__{'lt' if older else 'gt'}": place})
        rows = rows.order_by(f"-{column}" if older else column)
    else:
        rows = cast(Listing, rows).beside(place, older=older)
    shown = list(rows[: size + 1])
    more = {name: getattr(shown[size - 1], column)} if len(shown) > size else None
    return Page(shown[:size], None, more, None)


def _cursor_of(rows: Rows, view: APIView | None) -> str | None:
    named: str | None = getattr(view, "cursor", None)
    if named or not isinstance(rows, QuerySet):
        return named
    return "pk" if isinstance(rows.model._meta.pk, models.AutoField | models.BigAutoField) else None


def _size(given: Mapping[str, str], name: str, default: int) -> int:
    return min(_whole(given, name, default, least=1), MOST)


def _whole(given: Mapping[str, str], name: str, default: int, *, least: int = 0, most: int = _LARGEST) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or not least <= int(text) <= most:
        raise ValidationError({name: [f"A whole number, at least {least}."]})
    return int(text)


def _count(rows: Rows, view: APIView | None) -> int:
    if not isinstance(rows, QuerySet):
        return len(rows)
    counted = getattr(view, "count_of", None)
    return int(counted(rows) if counted else rows.count())


def bounded_count(rows: QuerySet[Any]) -> int:
    """Exact up to 10,000. Beyond that an estimate of the whole table, or 10,000 for part of one, meaning “or more”."""
    counted = rows.order_by()[: COUNTED + 1].count()
    if counted <= COUNTED:
        return counted
    return COUNTED if rows.query.where else max(COUNTED, _estimate(rows.model))


def _estimate(model: type[models.Model]) -> int:
    """Postgres keeps one; elsewhere the span of the keys, where they are numbers: both cost nothing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
            return int(cursor.fetchone()[0])
    if not isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
        return model._default_manager.count()
    keys = model._default_manager.values_list("pk", flat=True)
    first, last = keys.order_by("pk").first(), keys.order_by("-pk").first()  # MIN and MAX in one query read all rows
    return int(last - first + 1) if first and last else 0
