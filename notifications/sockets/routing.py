"""Where live connections come in. Both spellings of each path, with and without the last slash."""

from django.urls import re_path

from ..events import ADMIN
from .consumer import NotificationConsumer
from .stream import stream

websocket_urlpatterns = [
    re_path(r"^ws/notifications/?$", NotificationConsumer.as_asgi()),
    re_path(r"^ws/admin/?$", NotificationConsumer.as_asgi(namespace=ADMIN)),
]
http_urlpatterns = [re_path(r"^(?:api/)?notifications/stream/?$", stream)]  # type: ignore[arg-type] # an ASGI application
