"""Where people are reached, and what they want. What would let somebody push to them is not shown."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from ...models import Device, Preference
from ..looking import History, WordFilter, person
from .page import masked_device


class KindFilter(WordFilter):
    title = parameter_name = "kind"
    words = tuple(Device.Kind.values)


@admin.register(Device)
class DeviceAdmin(History):
    list_display = ("id", "user", "kind", "masked", "created_at", "gone_at")
    fields = list_display
    list_filter = (KindFilter,)
    list_select_related = ("user",)
    ordering = ("-pk",)
    search_fields = ("user",)  # shows the box; found_by() searches
    search_help_text = "A device's number or a username."

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        yield Device.objects.filter(person(word, "user_id")).order_by("-pk")

    @admin.display(description="address")
    def masked(self, device: Device) -> str:
        return masked_device(device)


@admin.register(Preference)
class PreferenceAdmin(History):
    """Each change is in the audit, as `preferences.changed`."""

    list_display = ("user", "timezone", "locale", "quiet_start", "quiet_end", "min_priority", "updated_at")
    list_select_related = ("user",)
    ordering = ("-pk",)
    search_fields = ("user",)  # shows the box; found_by() searches
    search_help_text = "A username."

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield Preference.objects.filter(person(word, "user_id"))
