"""Sending by hand: fill in, try it without sending, confirm what was tried."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from ... import audit, dispatch
from ...events import KeyReused, Refused
from ..links import to_event
from ..pages import Paged, actor, require
from .audience import in_words
from .forms import BroadcastForm, ByHandForm, SendForm, as_asked
from .trial import trial

ADD = "notifications.add_event"
TITLES = {"send": "Send a message", "broadcast": "Broadcast a message"}
SENT_BEFORE = "This form was sent before, and said something else then. Open a new one to send this too."


class Sending(Paged):
    """Two pages, one way: `step` is what the button said; nothing is written before the last."""

    def get_urls(self) -> list[Any]:
        own = [
            path("send/", self.admin_site.admin_view(self.send), name="console_send"),
            path("broadcast/", self.admin_site.admin_view(self.broadcast), name="console_broadcast"),
        ]
        return [*own, *super().get_urls()]

    def send(self, request: HttpRequest) -> HttpResponseBase:
        return self._by_hand(request, SendForm)

    def broadcast(self, request: HttpRequest) -> HttpResponseBase:
        return self._by_hand(request, BroadcastForm)

    def _by_hand(self, request: HttpRequest, kind_of_form: type[ByHandForm]) -> HttpResponseBase:
        require(request, ADD)
        if request.method != "POST":
            return self._ask(request, kind_of_form.fresh(request.GET.dict()))
        form = kind_of_form(request.POST)
        step = request.POST.get("step")
        if step == "change" or not form.is_valid():
            return self._ask(request, form)
        try:
            return self._accept(request, form) if step == "confirm" else self._try(request, form)
        except Refused as refused:
            form.add_refusal(refused.field, refused.message)
        except KeyReused:
            form.add_error(None, SENT_BEFORE)
        return self._ask(request, form)

    def _ask(self, request: HttpRequest, form: ByHandForm) -> HttpResponseBase:
        return self.show(request, "send", TITLES[form.verb], form=form)

    def _try(self, request: HttpRequest, form: ByHandForm) -> HttpResponseBase:
        event = form.event(actor_id=actor(request)[0])
        made = trial(event)
        return self.show(request, "trial", TITLES[form.verb], form=form, trial=made, audience=in_words(event.audience))

    def _accept(self, request: HttpRequest, form: ByHandForm) -> HttpResponse:
        """Once per key: a double click leads to the same event."""
        by, path = actor(request), f"/admin/{form.verb}"

        def act() -> str:
            row = dispatch.notify(form.event(actor_id=by[0]))
            one = row.audience["users"][0] if len(row.audience["users"]) == 1 else None
            audit.record(f"staff.{form.verb}", "event", row.pk, actor=by, target_user_id=one, at=row.created_at)
            return str(row.pk)

        said = form.cleaned_data
        made = dispatch.act_once(act, sender_id=by[0], key=said["key"], path=path, body=as_asked(said))
        self.message_user(request, "Accepted: it is stored and on its way.", messages.SUCCESS)
        return redirect(to_event(made))
