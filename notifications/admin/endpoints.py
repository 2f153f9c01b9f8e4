"""Where people and systems are reached, and what people want.

What would let somebody send in our name, or to a person, is not shown.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db.models import QuerySet

from ..events import Channel
from ..models import Device, PausedChannel, Preference, Suppression, Webhook
from .looking import History, WordFilter, person

SHOWN = 4  # letters of an endpoint or token, at its end: whoever has all of it can push


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
        return f"{urlsplit(device.address).hostname or ''} …{device.address[-SHOWN:]}".strip()


class ChannelFilter(WordFilter):
    title = parameter_name = "channel"
    words = tuple(Channel.values)


@admin.register(Suppression)
class SuppressionAdmin(History):
    list_display = ("id", "channel", "address", "why", "since")
    list_filter = (ChannelFilter,)
    ordering = ("-pk",)
    search_fields = ("address",)
    search_help_text = "The whole address, as it is sent to."

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        for channel in Channel.values:  # the index is on both
            yield Suppression.objects.filter(channel=channel, address=word.lower())


@admin.register(Webhook)
class WebhookAdmin(History):
    list_display = ("id", "url", "types", "created_at", "old_until", "disabled_at")
    fields = list_display
    ordering = ("-pk",)
    search_fields = ("url",)
    search_help_text = "Its number, or a part of its address."

    def found_by(self, word: str) -> Iterator[QuerySet[Any]]:
        yield from super().found_by(word)
        yield Webhook.objects.filter(url__contains=word).order_by("-pk")


@admin.register(PausedChannel)
class PausedChannelAdmin(History):
    list_display = ("channel", "since", "by_name")
    ordering = ("channel",)


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
