"""Who did what, found by any of its fields; and what was found, as a file."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import path
from django.utils.safestring import SafeString

from ... import audit
from ...models import AuditEntry
from ..links import link, to_event, to_notification, to_person
from ..looking import History, Since, TypedFilter, WordFilter, person, who
from ..pages import act, actor
from ..people.finding import names
from .csv import MOST, parts, without_blocking


class SinceAt(Since):
    column = "at"


class EntityFilter(WordFilter):
    title, parameter_name = "about a", "entity_type"
    words = (
        *("event", "notification", "connection", "delivery", "device", "phone", "channel", "suppression", "webhook"),
        *("room", "service_account", "api_key", "audit"),
    )


class ActionFilter(TypedFilter):
    title, parameter_name = "action", "action"
    hint = "staff.send"

    def meaning(self, word: str) -> Q:
        return Q(action=word)


class ActorFilter(TypedFilter):
    title, parameter_name = "by", "actor"
    hint = "username or number"

    def meaning(self, word: str) -> Q:
        return who(word, "actor_id")


class TargetFilter(TypedFilter):
    title, parameter_name = "whose", "target"
    hint = "username or number"

    def meaning(self, word: str) -> Q:
        return who(word, "target_user_id")


class AboutFilter(TypedFilter):
    title, parameter_name = "id", "entity_id"
    hint = "of what it is about"

    def meaning(self, word: str) -> Q:
        return audit.about(word)


class Named(ChangeList):
    """With the names of those it was about, as far as they still exist; one query more."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        known = names([entry.target_user_id for entry in self.result_list if entry.target_user_id])
        for entry in self.result_list:
            entry.target_name = known.get(entry.target_user_id)


@admin.register(AuditEntry)
class AuditEntryAdmin(History):
    heading = "Audit"
    change_list_template = "admin/console/audit.html"
    list_display = ("at", "did", "what", "about", "whose", "id")
    list_display_links = ("id",)
    list_filter = (SinceAt, ActionFilter, EntityFilter, AboutFilter, ActorFilter, TargetFilter)
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

    @admin.display(description="by")
    def did(self, entry: AuditEntry) -> SafeString | str:
        return link(to_person(entry.actor_id), entry.actor_name or entry.actor_id) if entry.actor_id else "the system"

    @admin.display(description="action")
    def what(self, entry: AuditEntry) -> str:
        return entry.action

    @admin.display
    def about(self, entry: AuditEntry) -> SafeString | str:
        said = f"{entry.entity_type} {entry.entity_id}".strip()
        if entry.entity_type == "event" and entry.entity_id:
            return link(to_event(entry.entity_id), said)
        if entry.entity_type == "notification" and entry.entity_id.isdecimal():
            return link(to_notification(int(entry.entity_id)), said)
        return said

    @admin.display
    def whose(self, entry: Any) -> SafeString | str:
        user_id = entry.target_user_id
        return link(to_person(user_id), entry.target_name or f"user {user_id}") if user_id else "–"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Named

    # --- as a file ------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        return [path("csv/", self.admin_site.admin_view(self.csv), name="console_audit_csv"), *super().get_urls()]

    @act("notifications.view_auditentry")
    def csv(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows under these filters, the newest first; who took it is in the audit, too."""
        found = self.get_changelist_instance(request).get_queryset(request)
        asked = request.GET.urlencode()
        audit.record("staff.audit_export", "audit", actor=actor(request), asked=asked, most=MOST)
        said = without_blocking(parts(found)) if isinstance(request, ASGIRequest) else parts(found)
        answer = StreamingHttpResponse(said, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return answer
