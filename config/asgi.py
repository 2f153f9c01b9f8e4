"""What uvicorn and Daphne run. The live paths sign in for themselves: no session is read for them on the way."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()  # before anything that needs the models

from collections.abc import Awaitable, Callable  # noqa: E402
from typing import Any  # noqa: E402

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from notifications.sockets.routing import http_urlpatterns, websocket_urlpatterns  # noqa: E402


async def unknown_socket(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """No such path: refused at the handshake, with a 404 where the server can say so."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close"})


application = ProtocolTypeRouter(
    {
        "http": URLRouter([*http_urlpatterns, re_path("", pages)]),  # type: ignore[arg-type]
        "websocket": URLRouter([*websocket_urlpatterns, re_path("", unknown_socket)]),  # type: ignore[arg-type]
    }
)
