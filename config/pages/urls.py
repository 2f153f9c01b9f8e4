"""The pages, from the root."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from . import views

urlpatterns = [
    path("", login_required(TemplateView.as_view(template_name="inbox.html")), name="inbox"),
    path(
        "preferences/", login_required(TemplateView.as_view(template_name="preferences/page.html")), name="preferences"
    ),
    path("preferences", login_required(TemplateView.as_view(template_name="preferences/page.html"))),
    path("service-worker.js", views.service_worker, name="service-worker"),
]
