"""Every path. `/healthz` and `/readyz` are for load balancers; the stream and the sockets are in config/asgi.py."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from config.documents.views import DocsView, asyncapi
from config.running import health
from config.watching import scraping
from notifications.api.errors import NoSuchPath

urlpatterns = [
    path("", include("config.pages.urls")),
    path("", include("config.sign_in.urls")),
    path("api/", include("core.urls")),
    path("", include("notifications.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
    path("api/asyncapi.yaml", asyncapi, name="asyncapi"),
    path("admin/analytics/", include("notifications.admin.analytics.urls")),
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    re_path("^healthz/?$", health.healthz),
    re_path("^readyz/?$", health.readyz),
    re_path("^metrics/?$", scraping.metrics),
    re_path("^api/", NoSuchPath.as_view()),  # last: whatever else is asked for there gets a 404 that a program can read
]
