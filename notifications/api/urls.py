"""Every path of the engine, from the root; and the other systems' spellings of the same actions, as a table."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.routers import Route, SimpleRouter
from rest_framework.viewsets import GenericViewSet

from .analytics.metrics import MetricViewSet
from .analytics.views import AnalyticsViewSet, OwnAnalyticsViewSet
from .callbacks.views import CallbackView
from .deliveries.views import DeliveryViewSet
from .events.views import EventViewSet, KindViewSet
from .inbox.views import NotificationViewSet
from .preferences.views import PreferencesViewSet
from .privacy.views import ExportViewSet
from .reaching.own import OwnChannelViewSet
from .reaching.staff import ChannelViewSet, SuppressionViewSet, WebhookViewSet
from .reaching.views import DeviceViewSet, PhoneViewSet
from .rooms.staff import StaffRoomViewSet
from .rooms.views import RoomViewSet
from .staff.views import AuditViewSet, ConnectionViewSet, StaffNotificationViewSet
from .templates.views import TemplateViewSet
from .unsubscribing.views import PreferencesPage, UnsubscribePage

View = Callable[..., HttpResponseBase]


class BareRouter(SimpleRouter):
    """Without the last slash: the same, and left out of the OpenAPI document."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)

    def get_routes(self, viewset: Any) -> list[Route]:
        return [
            route._replace(initkwargs={**route.initkwargs, "schema": None}) for route in super().get_routes(viewset)
        ]


def _routes(router: SimpleRouter) -> list[URLPattern | URLResolver]:
    router.register("notifications/analytics", OwnAnalyticsViewSet, basename="own-analytics")
    router.register("notifications", NotificationViewSet, basename="notification")
    router.register("events", EventViewSet, basename="event")
    router.register("notification-types", KindViewSet, basename="notification-type")
    router.register("admin/notifications/analytics", AnalyticsViewSet, basename="analytics")
    router.register("admin/metrics", MetricViewSet, basename="metric")
    router.register("admin/notifications", StaffNotificationViewSet, basename="staff-notification")
    router.register("admin/deliveries", DeliveryViewSet, basename="delivery")
    router.register("admin/connections", ConnectionViewSet, basename="connection")
    router.register("admin/audit", AuditViewSet, basename="audit")
    router.register("notifications/devices", DeviceViewSet, basename="device")
    router.register("notifications/preferences", PhoneViewSet, basename="phone")
    router.register("notifications/channels", OwnChannelViewSet, basename="own-channel")
    router.register("notifications/rooms", RoomViewSet, basename="room")
    router.register("notifications/export", ExportViewSet, basename="export")
    router.register("admin/rooms", StaffRoomViewSet, basename="staff-room")
    router.register("admin/channels", ChannelViewSet, basename="channel")
    router.register("admin/suppressions", SuppressionViewSet, basename="suppression")
    router.register("admin/webhooks", WebhookViewSet, basename="webhook")
    router.register("admin/templates", TemplateViewSet, basename="template")
    return router.urls


Spelling = Mapping[str, tuple[type[GenericViewSet[Any]], str]]  # HTTP method → viewset, action
PREFERENCES: Spelling = {  # one row per person: no router has that
    "get": (PreferencesViewSet, "retrieve"),
    "put": (PreferencesViewSet, "update"),
    "patch": (PreferencesViewSet, "partial_update"),
}
ALIASES: Mapping[str, Spelling] = {
    # 003, and 004's create
    "notifications": {"get": (NotificationViewSet, "list"), "post": (EventViewSet, "create")},
    # 004
    "notifications/(?P<pk>[0-9]+)": {
        "get": (NotificationViewSet, "retrieve"),
        "delete": (NotificationViewSet, "destroy"),
    },
    # 000
    "notifications/(?P<pk>[0-9]+)/mark-read": {"patch": (NotificationViewSet, "mark_as_read")},
    # 003 says PATCH, 004 PUT
    "notifications/(?P<pk>[0-9]+)/read": {
        "patch": (NotificationViewSet, "mark_as_read"),
        "put": (NotificationViewSet, "mark_as_read"),
    },
    # 003
    "notifications/unread-count": {"get": (NotificationViewSet, "unread_count")},
    "notifications/mark-all-read": {"post": (NotificationViewSet, "mark_all_as_read")},
    # 004
    "notifications/read-all": {"put": (NotificationViewSet, "mark_all_as_read")},
    "notifications/templates": {"get": (TemplateViewSet, "list"), "post": (TemplateViewSet, "create")},
    "notifications/broadcast": {"post": (StaffNotificationViewSet, "broadcast")},
    "notifications/retry": {"post": (StaffNotificationViewSet, "retry")},
    "notifications/cleanup": {"post": (StaffNotificationViewSet, "cleanup")},
    "notifications/preferences": PREFERENCES,
    "notifications/connection-status": {"get": (ConnectionViewSet, "list")},
    # one's own: what staff see of everybody is under /api/admin/
    "notifications/analytics": {"get": (OwnAnalyticsViewSet, "list")},
}


def _aliases() -> list[URLPattern]:
    return [re_path(rf"^(?:api/)?{spelling}/?$", _view(methods)) for spelling, methods in ALIASES.items()]


def _view(methods: Spelling) -> View:
    """One path may lead to several viewsets; whatever is asked for besides goes to the first, which answers 405."""
    by_viewset: dict[type[GenericViewSet[Any]], dict[str, str]] = {}
    for method, (viewset, action) in methods.items():
        by_viewset.setdefault(viewset, {})[method] = action
    views = {method: view for viewset, actions in by_viewset.items() for method, view in _each(viewset, actions)}
    first = next(iter(views.values()))

    @csrf_exempt  # as every view of DRF is: its session authentication checks
    def by_method(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return views.get((request.method or "").lower(), first)(request, **kwargs)

    by_method.views = views  # type: ignore[attr-defined]  # for who asks on another way: sockets/asking.py
    page: Any = views.get("get", first)
    by_method.cls, by_method.initkwargs = page.cls, page.initkwargs  # type: ignore[attr-defined]  # for the way up to it
    return by_method


def _each(viewset: type[GenericViewSet[Any]], actions: Mapping[str, str]) -> list[tuple[str, View]]:
    main = next(iter(actions.values()))
    extra: Mapping[str, Any] = getattr(getattr(viewset, main), "kwargs", {"suffix": "List"} if main == "list" else {})
    view = viewset.as_view(dict(actions), **{**extra, "schema": None})
    return [(method, view) for method in actions]


urlpatterns: list[URLPattern | URLResolver] = [
    *_aliases(),  # first: /api/notifications/ takes a POST only here
    path("api/notifications/preferences/", PreferencesViewSet.as_view({m: a for m, (_, a) in PREFERENCES.items()})),
    path("api/", include([*_routes(BareRouter()), *_routes(SimpleRouter())])),  # of two with one name the last is shown
    re_path("^unsubscribe/(?P<token>[^/]+)/?$", UnsubscribePage.as_view()),
    re_path("^preferences/(?P<token>[^/]+)/?$", PreferencesPage.as_view()),
    re_path("^callbacks/(?P<channel>[a-z]+)/?$", CallbackView.as_view()),
]
