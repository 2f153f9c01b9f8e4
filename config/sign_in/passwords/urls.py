"""The pages' addresses; the names are Django's own."""

from typing import Any

from django.urls import path

from . import views

urlpatterns: list[Any] = [
    path("password/reset", views.ForgottenPage.as_view(), name="admin_password_reset"),  # the admin's sign-in links it
    path("password/reset/", views.ForgottenPage.as_view(), name="password_reset"),
    path("password/reset/sent/", views.SentPage.as_view(), name="password_reset_done"),
    path("password/reset/done/", views.SetDonePage.as_view(), name="password_reset_complete"),
    path("password/reset/<uidb64>/<token>/", views.SetPage.as_view(), name="password_reset_confirm"),
    path("password/change", views.ChangePage.as_view()),
    path("password/change/", views.ChangePage.as_view(), name="password_change"),
    path("password/change/done/", views.ChangeDonePage.as_view(), name="password_change_done"),
]
