"""Each address with and without its slash; the OpenAPI document names the one with it."""

from typing import Any

from django.urls import URLPattern, include, path
from rest_framework.views import APIView

from . import views


def both(route: str, view: type[APIView], name: str) -> list[URLPattern]:
    return [path(f"{route}/", view.as_view(), name=name), path(route, view.as_view(schema=None))]


pages: list[Any] = [
    path("login", views.LoginPage.as_view()),
    path("login/", views.LoginPage.as_view(), name="login"),
    path("logout", views.LogoutPage.as_view()),
    path("logout/", views.LogoutPage.as_view(), name="logout"),
]
urlpatterns = [
    *both("api/token", views.TokenView, "token"),
    *both("api/token/refresh", views.RefreshView, "token-refresh"),
    *both("api/token/revoke", views.RevokeView, "token-revoke"),
    *both("api/socket-ticket", views.SocketTicketView, "socket-ticket"),
    *pages,
    path("", include("config.sign_in.passwords.urls")),
    path("", include((pages, "rest_framework"))),  # the names that DRF's own pages link to
]
