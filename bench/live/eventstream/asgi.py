"""One path, as the package's README has it."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.live.eventstream.settings"

from django.core.asgi import get_asgi_application
from django.urls import include, path

urlpatterns = [path("events/", include("django_eventstream.urls"))]
application = get_asgi_application()
