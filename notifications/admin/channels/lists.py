"""Where not to send any more, and which other systems are told. No secret is shown."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from ...events import Channel
from ...models import Suppression, Webhook
from ..looking import History, WordFilter


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
