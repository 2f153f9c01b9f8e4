"""A page whose address is the authority: no sign-in, no cookie, and no search engine finds it."""

import logging
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Protocol, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.log import log_response
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from ... import links

log = logging.getLogger("tidings.links")


class Throttle(Protocol):
    """The host's: how many wrong links an address may show. DRF's, where only `count` counts."""

    def allow_request(self, request: HttpRequest, view: View) -> bool: ...
    def wait(self) -> float | None: ...
    def count(self) -> None: ...


@method_decorator([csrf_exempt, never_cache], name="dispatch")  # nobody who lacks the link can make the form
class SignedPage(View):
    """Who shows too many wrong links is not listened to for a while, or the right one could be looked for."""

    http_method_names = ["get", "head", "post"]
    reads: Callable[[str], Any]  # what a token says: raises links.Broken or links.Expired

    def dispatch(self, request: HttpRequest, token: str) -> HttpResponseBase:
        throttle = cast(Throttle, import_string(settings.NOTIFICATION_LINK_THROTTLE)())
        if not throttle.allow_request(request, self):
            answer = self.page("wrong", status=429, why="too_many")
            answer["Retry-After"] = str(int(throttle.wait() or 60) + 1)
            return answer
        try:
            self.holds = type(self).reads(token)
        except links.Expired:
            return self.page("wrong", status=410, why="expired")
        except links.Broken:
            throttle.count()
            return self.page("wrong", status=404, why="broken")
        if not get_user_model().objects.filter(pk=self.user_id, is_active=True).exists():
            return self.page("wrong", status=410, why="expired")
        return super().dispatch(request)

    @property
    @abstractmethod
    def user_id(self) -> int:
        """Whose link it is."""

    def page(self, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        answer = render(self.request, f"unsubscribing/{name}.html", context, status=status)
        answer["Referrer-Policy"] = "no-referrer"  # the address must not travel on
        answer["X-Robots-Tag"] = "noindex, nofollow"
        if status >= 400:  # Django's own line would name the address, and that is a key
            log_response("link refused: %s", status, response=answer, request=self.request, logger=log, level="info")
        return answer
