"""What went out, and what came of it: each delivery with its attempts."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from ...events import Channel
from ...models import Attempt, Delivery
from ..links import link, to_notification, to_person
from ..looking import FOUND, NEWEST, AmongTheNewest, History, number, of_uuid, person


class StateFilter(AmongTheNewest):
    title = parameter_name = "state"
    words = tuple(Delivery.State.values)


class ChannelFilter(AmongTheNewest):
    title = parameter_name = "channel"
    words = tuple(Channel.values)


class AttemptInline(admin.TabularInline):
    """When, how long, what the provider said, and when the next was planned."""

    model = Attempt
    fields = ("number", "started_at", "ended_at", "outcome", "answer", "provider_id", "retry_at")
    readonly_fields = fields
    ordering = ("number",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(History):
    heading = "Deliveries"
    list_display = ("id", "to", "of", "channel", "rung", "state", "reason", "attempts", "due_at", "last_error")
    list_filter = (StateFilter, ChannelFilter)
    list_select_related = ("recipient",)
    inlines = (AttemptInline,)
    ordering = ("-pk",)
    search_fields = ("id",)  # shows the box; found_by() searches
    search_help_text = (
        f"A number of a delivery or a notification, an event's id, or a username: the newest {FOUND:,}. "
        f"The filters look through the newest {NEWEST:,}."
    )

    @admin.display(description="for")
    def to(self, one: Delivery) -> SafeString | str:
        return link(to_person(one.recipient.pk), one.recipient.get_username()) if one.recipient else "–"

    @admin.display(description="notification")
    def of(self, one: Delivery) -> SafeString | str:
        return link(to_notification(one.notification_id), one.notification_id) if one.notification_id else "–"

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        yield Delivery.objects.filter(number(word, "notification_id"))
        yield Delivery.objects.filter(of_uuid(word, "event_id")).order_by("-pk")
        yield Delivery.objects.filter(person(word, "notification__recipient_id")).order_by("-notification__seq")
