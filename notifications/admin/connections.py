"""Who is connected now: connections whose server has not stopped renewing its lease."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.safestring import SafeString

from ..models import Connection
from .links import link, to_person
from .looking import History, TypedFilter, WordFilter, of_uuid, person, who

SORTED = 2_000


class TransportFilter(WordFilter):
    title = parameter_name = "transport"
    words = ("websocket", "sse")


class WhoFilter(TypedFilter):
    title, parameter_name = "who", "who"
    hint = "username or number"

    def meaning(self, word: str) -> Q:
        return who(word, "user_id")


@admin.register(Connection)
class ConnectionAdmin(History):
    heading = "Connections live"
    list_display = ("who", "transport", "ip", "browser", "connected_at", "last_seen_at", "server")
    list_display_links = ("connected_at",)
    list_filter = (TransportFilter, WhoFilter)
    list_select_related = ("user", "server")
    search_fields = ("ip",)
    search_help_text = f"A username or an address. The newest first, as long as there are fewer than {SORTED:,}."

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """There is no index by age."""
        return ("-connected_at",) if Connection.objects.all()[:SORTED].count() < SORTED else ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        connections: QuerySet[Any] = super().get_queryset(request).filter(server__lease_until__gt=Now())
        return connections

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield Connection.objects.filter(of_uuid(word, "pk") | person(word, "user_id") | Q(ip=word))

    @admin.display
    def who(self, row: Connection) -> SafeString:
        return link(to_person(row.user_id), row.user.get_username())

    @admin.display
    def browser(self, row: Connection) -> str:
        return row.user_agent[:60]
