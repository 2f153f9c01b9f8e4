"""Who is connected."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from ..models import Connection
from .looking import History, WordFilter, of_uuid, person


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
