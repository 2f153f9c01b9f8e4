"""What happened, once, whoever was told of it; and the page of each event."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ... import dispatch, inbox
from ...database import database_now
from ...events import Category, Priority
from ...models import Event
from ...words.catalogue import canonical
from ..links import link, to_event, to_person
from ..looking import NEWEST, Since, WordFilter, of_uuid, person
from ..pages import act, actor, require, stretch
from ..people import finding
from . import page
from .sending import Sending


def newest_events() -> Q:
    """By the index on created_at: beyond these, text is not searched."""
    ages = Event.objects.order_by("-created_at").values_list("created_at", flat=True)
    oldest = ages[NEWEST : NEWEST + 1].first()
    return Q(created_at__gt=oldest) if oldest else Q()


class AmongTheNewest(WordFilter):
    def pick(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        return super().pick(rows, word).filter(newest_events())


class StateFilter(AmongTheNewest):
    title = parameter_name = "state"
    words = tuple(Event.State.values)


class PriorityFilter(AmongTheNewest):
    title = parameter_name = "priority"
    words = tuple(Priority.values)


class CategoryFilter(AmongTheNewest):
    title = parameter_name = "category"
    words = tuple(Category.values)


@admin.register(Event)
class EventAdmin(Sending):
    heading = "Events"
    change_list_template = "admin/console/events.html"
    list_display = ("title", "kind", "priority", "stands", "recipients", "sender", "created_at")
    list_filter = (Since, StateFilter, PriorityFilter, CategoryFilter)
    list_select_related = ("actor",)
    ordering = ("-created_at",)
    search_fields = ("search",)  # shows the box; found_by() searches
    search_help_text = (
        "An id, a subject such as ticket:5, a username, a kind, or words. "
        f"Words and filters look through the newest {NEWEST:,}."
    )

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        kind, colon, key = word.partition(":")
        newest = Event.objects.order_by("-created_at")
        yield newest.filter(of_uuid(word, "pk"))
        yield newest.filter(person(word, "actor_id"))
        yield newest.filter(newest_events(), Q(search__contains=word.lower()) | Q(kind=canonical(word)))
        if colon:
            yield newest.filter(subject_kind=kind, subject_id=key)

    @admin.display(description="state")
    def stands(self, event: Event) -> SafeString:
        return format_html('<span class="pill {}">{}</span>', page.TONE_OF_STATE[event.state], event.state)

    @admin.display
    def sender(self, event: Event) -> SafeString | str:
        return link(to_person(event.actor_id), event.actor_name) if event.actor_id else "–"

    # --- its page -----------------------------------------------------------
    def get_urls(self) -> list[Any]:
        own = [
            path("<uuid:event_id>/progress/", self.admin_site.admin_view(self.progress), name="console_progress"),
            path("<uuid:event_id>/cancel/", self.admin_site.admin_view(self.cancel), name="console_cancel_event"),
        ]
        return [*own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> HttpResponseBase:
        word = request.GET.get("person", "").strip()
        asked_for = finding.exactly(word)[:1]
        part = stretch(row.rows.to_show(), "recipient_id", request, newest_first=False)
        return self.show(
            request,
            "event",
            row.title or row.kind,
            **page.progress(row, exactly=request.GET.get("count") == "all"),
            audience=page.audience(row),
            part=part,
            receipts=page.receipts(part.rows, now=database_now()),
            asked=word,
            asked_for=asked_for[0] if asked_for else None,
            found=page.why(row, asked_for[0]) if asked_for else None,
            may_stop=row.state != Event.State.CANCELLED,
        )

    def progress(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponseBase:
        """The part that changes by itself, for the script to put in its place."""
        require(request, "notifications.view_event")
        event = get_object_or_404(Event, pk=event_id)
        return TemplateResponse(request, "admin/console/_progress.html", page.progress(event))

    @act("notifications.change_event")
    def cancel(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event = get_object_or_404(Event, pk=event_id)
        try:
            dispatch.cancel(event.pk, actor=actor(request))
        except inbox.NothingToStop:
            self.message_user(request, "There is nothing left to stop: it has arrived everywhere.", messages.WARNING)
        else:
            said = "Cancelled. Whoever has it keeps it; from the others it is taken back."
            self.message_user(request, said, messages.SUCCESS)
        return redirect(to_event(event.pk))
