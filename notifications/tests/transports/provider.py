"""A real HTTP server that stands for Meta, Twilio, Google, a push service, another system: it answers as it is told."""

import json
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

RELEASED_WITHIN_S = 60


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class Provider:
    """Once its plan is used up, everything is accepted with `{}`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self._plan: deque[Callable[[BaseHTTPRequestHandler], None]] = deque()
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.netloc = f"127.0.0.1:{self.port}"
        self.url = f"http{'s' if tls else ''}://{self.netloc}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # --- what comes next ------------------------------------------------------
    def answers(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in (headers or {}).items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        self._plan.append(answer)

    def hangs(self) -> None:
        """It has read everything, and says nothing."""
        self._plan.append(lambda request: self._wait())

    def trickles(self) -> None:
        """A header without end, a byte now and then."""

        def trickle(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not self._released.wait(0.02):
                request.wfile.write(b"x")

        self._plan.append(trickle)

    def cuts(self) -> None:
        """It has read everything, and hangs up."""
        self._plan.append(lambda request: None)

    def cuts_in_its_answer(self, status: int) -> None:
        def cut(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(f"HTTP/1.1 {status} X\r\nContent-Length: 100\r\n\r\nhalf".encode())

        self._plan.append(cut)

    # --- the server -------------------------------------------------------------
    def _wait(self) -> None:
        self._released.wait(RELEASED_WITHIN_S)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                named = {name.lower(): value for name, value in self.headers.items()}
                provider.received.append(Received(self.path, named, body))
                self.close_connection = True
                if not provider._plan:
                    provider.answers(200)
                try:
                    provider._plan.popleft()(self)
                except OSError:
                    return  # the caller has had enough

            def do_GET(self) -> None:  # where a followed redirect would arrive
                self.headers["Content-Length"] = "0"
                self.do_POST()

            def log_message(self, *args: Any) -> None: ...

        return Handler
