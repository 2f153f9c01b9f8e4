"""Ending e-mail without signing in: one kind by one click (RFC 8058), or kind by kind on a page."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from ... import links, preferring
from ...deciding import policies, wishes
from ...deciding.preferences import DEFAULTS, EVERY_KIND, Preferences
from ...events import Channel, Refused
from ...models import NotificationLog
from ...words import catalogue
from ...words.catalogue import Kind
from .signed import SignedPage

ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058 §3.1: what a mail program posts, and our own form too


def in_words(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


class UnsubscribePage(SignedPage):
    """One kind, one channel. To look changes nothing: mail programs and scanners follow every link."""

    reads = staticmethod(links.read_unsubscribe)
    holds: links.Unsubscribing

    @property
    def user_id(self) -> int:
        return self.holds.user_id

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page("ask", is_mandatory=preferring.is_mandatory(catalogue.find(self.holds.kind)))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Repeating it changes nothing. No redirect: RFC 8058 forbids it."""
        kind, said = self.holds.kind, {"channel": self.holds.channel, "via": "unsubscribe_link"}
        if "undo" in request.POST:
            preferring.resubscribe(self.user_id, kind, **said)
            return self._page("done", is_undone=True)
        if request.POST.get(ONE_CLICK[0]) != ONE_CLICK[1]:
            return self._page("ask", status=400)
        try:
            preferring.unsubscribe(self.user_id, kind, **said)
        except Refused:
            return self._page("ask", status=400, is_mandatory=True)
        return self._page("done")

    def _page(self, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        return self.page(name, status=status, kind=in_words(self.holds.kind), **context)


class PreferencesPage(SignedPage):
    """A person's e-mail, kind by kind."""

    reads = staticmethod(links.read_preferences)
    holds: int

    @property
    def user_id(self) -> int:
        return self.holds

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._form()

    def post(self, request: HttpRequest) -> HttpResponse:
        """`all` is off or on; else each `kind` that is ticked is wanted, and the others that were `listed` are not."""
        said = {"channel": Channel.EMAIL, "via": "preferences_link"}
        match request.POST.get("all"):
            case "off":
                preferring.unsubscribe(self.user_id, EVERY_KIND, **said)
            case "on":
                preferring.resubscribe(self.user_id, EVERY_KIND, **said)
            case _:
                on, listed = set(request.POST.getlist("kind")), set(request.POST.getlist("listed"))
                known = set(catalogue.kinds())
                preferring.choose(self.user_id, on=on & listed & known, off=(listed - on) & known, **said)
        return self._form(is_saved=True)

    def _form(self, *, is_saved: bool = False) -> HttpResponse:
        wish = wishes.of([self.user_id]).get(self.user_id, DEFAULTS)
        had = set(NotificationLog.objects.filter(recipient_id=self.user_id).values_list("kind", flat=True).distinct())
        cells = list(_cells(wish, had))
        return self.page(
            "preferences",
            is_saved=is_saved,
            all_off=(EVERY_KIND, Channel.EMAIL) in wish.unsubscribed,
            groups=[(title, group) for title, group in _grouped(cells, had) if group],
        )


def _cells(wish: Preferences, had: set[str]) -> Iterator[dict[str, Any]]:
    for name, kind in sorted(catalogue.kinds().items()):
        if name in had or _can_be_mailed(kind):
            yield {
                "name": name,
                "words": in_words(name),
                "is_on": preferring.is_on(wish, name, Channel.EMAIL),
                "is_mandatory": kind.is_mandatory,
            }


def _can_be_mailed(kind: Kind) -> bool:
    """By itself or by fallback; a sender may name the channel for others too."""
    return Channel.EMAIL in kind.channels or Channel.EMAIL in policies.ladder(kind.priority, used=())


def _grouped(cells: list[dict[str, Any]], had: set[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield "What you have had so far", [cell for cell in cells if cell["name"] in had]
    yield "Other things", [cell for cell in cells if cell["name"] not in had]
