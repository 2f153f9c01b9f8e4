"""People by their inboxes; and the page of each, whether they were ever told anything or not."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils.safestring import SafeString

from ... import reaching
from ...database import database_now
from ...models import Inbox, NotificationLog
from ..links import link, to_person
from ..looking import number, person
from ..pages import Paged, act, actor, require, stretch
from ..told.ways import with_deliveries
from . import finding, page
from .filters import LOOKED_THROUGH, ToldFilter


@admin.register(Inbox)
class InboxAdmin(Paged):
    heading = "People"
    list_display = ("whose", "unread_count", "listed_count", "last_seq", "rev")
    list_display_links = None
    list_select_related = ("user",)
    ordering = ("-pk",)
    search_fields = ("user",)
    search_help_text = "A user's number or username."

    def __init__(self, model: type[Inbox], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        self.opts.verbose_name_plural = "people"  # by itself Django says “inboxs”; in Meta it would be a migration

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        yield Inbox.objects.filter(person(word, "pk"))

    @admin.display(description="person")
    def whose(self, inbox: Inbox) -> SafeString:
        return link(to_person(inbox.user_id), inbox.user.get_username())

    # --- a person's page ----------------------------------------------------
    def get_urls(self) -> list[Any]:
        own = [
            path("find/", self.admin_site.admin_view(self.find), name="console_find"),
            path(
                "<int:user_id>/release/<int:suppression_id>/",
                self.admin_site.admin_view(self.release),
                name="console_release",
            ),
        ]
        return [*own, *super().get_urls()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return get_user_model()._default_manager.filter(number(object_id, "pk")).first()

    def page(self, request: HttpRequest, row: Any) -> HttpResponseBase:
        require(request, "notifications.view_notificationlog")
        inbox = page.counters(row.pk)
        asked = ToldFilter(request.GET, queryset=self._told(row.pk, inbox))
        part = stretch(asked.qs if asked.is_used else self._told(row.pk), "seq", request)
        return self.show(
            request,
            "person",
            row.get_username(),
            person=row,
            inbox=inbox,
            asked=asked,
            looked_through=LOOKED_THROUGH,
            part=part,
            told=page.told(part.rows, now=database_now()),
            roles=list(row.groups.values_list("name", flat=True)[: page.LISTED]),
            addresses=page.addresses(row) if request.user.has_perm("notifications.view_device") else None,
            wanted=page.wanted(row.pk) if request.user.has_perm("notifications.view_preference") else None,
            connections=list(page.live_connections(row.pk))
            if request.user.has_perm("notifications.view_connection")
            else None,
        )

    def _told(self, user_id: int, inbox: Inbox | None = None) -> QuerySet[Any]:
        """With an inbox: its newest, for a filter to look through."""
        rows = with_deliveries(NotificationLog.objects.to_show().filter(recipient_id=user_id))
        return rows.filter(seq__gt=inbox.last_seq - LOOKED_THROUGH) if inbox else rows

    def find(self, request: HttpRequest) -> HttpResponseBase:
        """One person: their page. Several, or nobody: a list."""
        require(request, "notifications.view_inbox")
        word = request.GET.get("q", "")
        people = finding.find(word)
        if len(people) == 1:
            return redirect(to_person(people[0].pk))
        return self.show(request, "people", "Find a person", word=word, people=people, most=finding.FOUND)

    @act("notifications.delete_suppression")
    def release(self, request: HttpRequest, user_id: int, suppression_id: int) -> HttpResponse:
        reaching.release(suppression_id, actor=actor(request))
        self.message_user(request, "The address is written to again.")
        return redirect(to_person(user_id))
