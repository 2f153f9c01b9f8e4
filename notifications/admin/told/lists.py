"""Notifications, and the page of each: what became of it, and the buttons to stop it or to try again."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ... import inbox
from ...api.staff.filters import having_status
from ...delivery import retrying
from ...events import Priority
from ...insight import explaining
from ...models import Attempt, Delivery, NotificationLog
from ...wire import STATUS, status
from ..links import link, to_event, to_notification, to_person
from ..looking import FOUND, NEWEST, AmongTheNewest, of_uuid, person
from ..pages import Paged, act, actor
from .ways import TONE, TONE_OF_STATUS


class StatusFilter(AmongTheNewest):
    title, parameter_name = "status", "status"
    words = tuple(STATUS)

    def meaning(self, word: str) -> Q:
        return having_status([word])


class PriorityFilter(AmongTheNewest):
    title, parameter_name = "priority", "priority"
    words = tuple(Priority.values)

    def meaning(self, word: str) -> Q:
        return Q(priority=Priority(word).rank)


@admin.register(NotificationLog)
class NotificationLogAdmin(Paged):
    heading = "Notifications"
    list_display = ("id", "to", "seq", "kind", "title", "status", "created_at", "delivered_at", "read_at")
    list_display_links = ("id", "title")
    list_filter = (StatusFilter, PriorityFilter)
    ordering = ("-pk",)
    search_fields = ("id",)  # shows the box; found_by() searches
    search_help_text = (
        f"A notification's number, an event's id, or a username: the newest {FOUND:,} of theirs. "
        f"The filters look through the newest {NEWEST:,}."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        shown: QuerySet[Any] = rows.to_show().select_related("recipient").annotate(now=Now())
        return shown

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        yield NotificationLog.objects.filter(of_uuid(word, "event_id")).order_by("recipient_id")
        yield NotificationLog.objects.filter(person(word, "recipient_id")).order_by("-seq")

    @admin.display(description="for")
    def to(self, row: NotificationLog) -> SafeString:
        return link(to_person(row.recipient_id), row.recipient.get_username())

    @admin.display
    def title(self, row: NotificationLog) -> str:
        return row.event.title

    @admin.display
    def status(self, row: Any) -> SafeString:
        word = status(row, now=row.now)
        return format_html('<span class="pill {}">{}</span>', TONE_OF_STATUS.get(word, "quiet"), word)

    # --- its page -----------------------------------------------------------
    def get_urls(self) -> list[Any]:
        acts = [
            path("<int:row_id>/cancel/", self.admin_site.admin_view(self.cancel), name="console_cancel_one"),
            path("<int:row_id>/retry/", self.admin_site.admin_view(self.retry), name="console_retry_one"),
        ]
        return [*acts, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> HttpResponseBase:
        found = explaining.explain(row.event, row.recipient_id)
        tries = Prefetch("tries", Attempt.objects.order_by("number"))
        outward = Delivery.objects.filter(notification=row).order_by("rung", "pk").prefetch_related(tries)
        shown = [(one, TONE.get(Delivery.State(one.state), "quiet")) for one in outward]
        word = status(row, now=row.now)
        title, message = row.event.words_in(row.locale)
        return self.show(
            request,
            "notification",
            title,
            row=row,
            message=message,
            status=word,
            tone=TONE_OF_STATUS.get(word, "quiet"),
            priority=Priority.of_rank(row.priority).value,
            found=found,
            deliveries=shown,
            may_stop=_may_stop(row, [one for one, _ in shown]),
            may_retry=any(one.state in retrying.RETRIABLE for one, _ in shown),
            person_page=to_person(row.recipient_id),
            event_page=to_event(row.event_id),
        )

    @act("notifications.change_notificationlog")
    def cancel(self, request: HttpRequest, row_id: int) -> HttpResponse:
        row = get_object_or_404(NotificationLog, pk=row_id)
        try:
            inbox.cancel_one(row.pk, actor=actor(request))
        except inbox.NothingToStop:
            self.message_user(
                request, "There is nothing left to stop: it has arrived, or was stopped.", messages.WARNING
            )
        else:
            self.message_user(request, "Taken back. What was already under way may still arrive.", messages.SUCCESS)
        return redirect(to_notification(row.pk))

    @act("notifications.change_delivery")
    def retry(self, request: HttpRequest, row_id: int) -> HttpResponse:
        row = get_object_or_404(NotificationLog, pk=row_id)
        count = retrying.order([row.pk], actor=actor(request), asked={"ids": [row.pk]})
        if count:
            self.message_user(request, f"Another round has been ordered for {_deliveries(count)}.", messages.SUCCESS)
        else:
            self.message_user(request, "None of its deliveries has failed.", messages.WARNING)
        return redirect(to_notification(row.pk))


def _may_stop(row: NotificationLog, outward: list[Delivery]) -> bool:
    """As `inbox.cancel_one` sees it, near enough for a button; the verb has the last word."""
    is_untouched = not (row.is_read or row.delivered_at or row.withdrawn or row.deleted_at)
    return is_untouched or any(one.state in ("waiting", "held") for one in outward)


def _deliveries(count: int) -> str:
    return "one delivery" if count == 1 else f"{count:,} deliveries"
