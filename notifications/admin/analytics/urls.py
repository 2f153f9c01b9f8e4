"""The page and its downloads, for staff as the admin knows them."""

from django.contrib import admin
from django.urls import path

from . import page

urlpatterns = [
    path("", admin.site.admin_view(page.page), name="analytics"),
    path("by-<slug:by>.csv", admin.site.admin_view(page.download), name="analytics_csv"),
]
