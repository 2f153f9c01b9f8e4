"""From one page of the console to another."""

import uuid

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def to_person(user_id: int) -> str:
    return reverse("admin:notifications_inbox_change", args=[user_id])


def to_notification(row_id: int) -> str:
    return reverse("admin:notifications_notificationlog_change", args=[row_id])


def to_event(event_id: uuid.UUID | str) -> str:
    return reverse("admin:notifications_event_change", args=[event_id])


def link(url: str, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)
