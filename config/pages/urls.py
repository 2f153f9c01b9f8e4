"""The pages, from the root."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from . import views

inbox = login_required(TemplateView.as_view(template_name="inbox.html"))
preferences = login_required(TemplateView.as_view(template_name="preferences/page.html"))
urlpatterns = [
    path("", inbox, name="inbox"),
    path("preferences/", preferences, name="preferences"),
    path("preferences", preferences),
    path("service-worker.js", views.service_worker, name="service-worker"),
]
