"""Pages of our own inside the admin, the buttons on them, and how they walk through long lists."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from ..audit import Actor
from .looking import History

SHOWN = 25  # rows of a list on a page
View = Callable[..., HttpResponseBase]


def actor(request: HttpRequest) -> Actor:
    """Who did it, as the audit names them."""
    return cast(int, request.user.pk), request.user.get_username()


def require(request: HttpRequest, *permissions: str) -> None:
    """Raises PermissionDenied: a page with 403."""
    if not all(request.user.has_perm(permission) for permission in permissions):
        raise PermissionDenied


def act(permission: str) -> Callable[[View], View]:
    """A button: it posts, and whoever lacks the permission gets 403. The admin checks the CSRF token."""

    def guarded(view: View) -> View:
        @wraps(view)
        def answer(admin: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            require(request, permission)
            return view(admin, request, *args, **kwargs)

        return answer

    return guarded


class Paged(History):
    """Its rows have a page of ours in place of Django's form."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id}.")
        return self.page(request, row)

    def page(self, request: HttpRequest, row: Any) -> HttpResponseBase:
        raise NotImplementedError

    def show(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/console/{template}.html", {**frame, **context})


@dataclass(frozen=True)
class Stretch:
    """A part of a long list. `before` and `after`: where it goes on downwards and upwards; None: there it ends."""

    rows: list[Any]
    before: int | None
    after: int | None


def stretch(rows: QuerySet[Any], column: str, request: HttpRequest, *, newest_first: bool = True) -> Stretch:
    """The rows below `?before=`, above `?after=`, or the first ones: a walk along the index on `column`."""
    before, after = _place(request, "before"), _place(request, "after")
    upwards = after is not None or (before is None and not newest_first)
    if after is not None:
        rows = rows.filter(**{f"{column}__gt": after})
    elif before is not None:
        rows = rows.filter(**{f"{column}__lt": before})
    found = list(rows.order_by(column if upwards else f"-{column}")[: SHOWN + 1])
    goes_on, came_from = len(found) > SHOWN, before is not None or after is not None
    shown = sorted(found[:SHOWN], key=lambda row: getattr(row, column), reverse=newest_first)
    places = [getattr(row, column) for row in shown]
    has_lower, has_higher = (came_from, goes_on) if upwards else (goes_on, came_from)
    return Stretch(
        shown,
        min(places) if places and has_lower else None,
        max(places) if places and has_higher else None,
    )


def _place(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= 18 else None
