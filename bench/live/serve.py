"""`manage.py serve` whose heartbeat waits: it would show the rows that are written before the clock starts.

`--plain` takes the server's extension away, so that frames go by ASGI's `send`, as on any other server.
"""

import sys

import django
from django.core.management import call_command
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if __name__ == "__main__":
    django.setup()
    from config.running import serving
    from notifications.live import hub

    hub.HEARTBEAT_S = 3600
    if "--plain" in sys.argv:
        sys.argv.remove("--plain")
        serving.FramingProtocol = WebSocketsSansIOProtocol  # type: ignore[assignment,misc]
    call_command("serve", *sys.argv[1:])
