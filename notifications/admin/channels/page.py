"""The channels at a glance: pause, resume, and another round for what is dead."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from ... import reaching
from ...database import database_now
from ...delivery import retrying
from ...models import PausedChannel
from ..pages import Paged, act, actor
from ..told.ways import LABELS
from .queues import DEAD_SHOWN, dead, queues

RETRIED = timedelta(hours=24)
HERE = "admin:notifications_pausedchannel_changelist"


@admin.register(PausedChannel)
class ChannelAdmin(Paged):
    """In place of the list of those that are paused: all of them."""

    def get_urls(self) -> list[Any]:
        acts = {"pause": self.pause, "resume": self.resume, "retry": self.retry}
        own = [
            path(f"<slug:channel>/{name}/", self.admin_site.admin_view(view), name=f"console_{name}")
            for name, view in acts.items()
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        sees_dead = request.user.has_perm("notifications.view_delivery")
        return self.show(
            request,
            "channels",
            "Channels",
            queues=queues(),
            dead=dead() if sees_dead else None,
            dead_shown=DEAD_SHOWN,
        )

    def page(self, request: HttpRequest, row: Any) -> HttpResponseBase:
        return redirect(HERE)

    @act("notifications.change_pausedchannel")
    def pause(self, request: HttpRequest, channel: str) -> HttpResponse:
        reaching.pause(_outward(channel), actor=actor(request))
        self.message_user(request, f"{LABELS[_outward(channel)]} is paused: its deliveries wait.")
        return redirect(HERE)

    @act("notifications.change_pausedchannel")
    def resume(self, request: HttpRequest, channel: str) -> HttpResponse:
        reaching.resume(_outward(channel), actor=actor(request))
        self.message_user(request, f"{LABELS[_outward(channel)]} goes on: what waited is sent.")
        return redirect(HERE)

    @act("notifications.change_delivery")
    def retry(self, request: HttpRequest, channel: str) -> HttpResponse:
        """Whatever failed on it within a day."""
        since = database_now() - RETRIED
        asked = {"channel": _outward(channel), "since": since.isoformat()}
        count = retrying.order(actor=actor(request), asked=asked, channel=channel, created_at__gte=since)
        said = f"Another round for {count:,} that had failed on {LABELS[_outward(channel)]} in the last 24 hours."
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)
        return redirect(HERE)


def _outward(channel: str) -> Any:
    if channel not in reaching.OUTWARD:
        raise Http404(f"There is no such channel; there are {', '.join(reaching.OUTWARD)}.")
    return channel
