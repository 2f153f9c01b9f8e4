"""A shop of another origin that shows its customers' inbox: the pages here, and the one call that needs the API key.

    python examples/shop.py --tidings http://127.0.0.1:8000 --key "$KEY" --user 12     then http://localhost:8900/html/

A real shop takes the person from its own session; here it is the one of `--user`.
"""

import argparse
import json
import urllib.request
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent


class Shop(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, tidings: str, key: str, user_id: int, **options: object) -> None:
        self.tidings, self.key, self.user_id = tidings.rstrip("/"), key, user_id
        super().__init__(*args, directory=str(HERE), **options)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        page = HERE / path.strip("/") / "index.html"
        if not path.endswith("/") or not page.is_file() or HERE not in page.resolve().parents:
            return super().do_GET()
        text = page.read_text().replace("{{ tidings }}", self.tidings).replace("{{ user_id }}", str(self.user_id))
        return self.answer(200, text.encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """A ticket for whoever is signed in here: single use, 30 seconds. The key never reaches the page."""
        if self.path != "/ticket" or self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return self.answer(404, b"{}", "application/json")
        ask = urllib.request.Request(  # noqa: S310  # the address is our own setting
            f"{self.tidings}/api/socket-ticket/",
            data=json.dumps({"user_id": self.user_id}).encode(),
            headers={"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(ask, timeout=10) as found:  # noqa: S310
            return self.answer(200, found.read(), "application/json")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", self.policy())
        self.end_headers()
        self.wfile.write(body)

    def policy(self) -> str:
        """What the component needs of a strict host, and no more: docs/embedding.md."""
        socket = self.tidings.replace("http", "ws", 1)
        scripts, styles = f"script-src 'self' {self.tidings}", f"style-src 'self' {self.tidings}"
        return f"default-src 'self'; {scripts}; {styles}; connect-src 'self' {self.tidings} {socket}; img-src * data:"

    def log_message(self, *said: object) -> None:
        """Quiet."""


def serve(port: int, *, tidings: str, key: str, user_id: int) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), partial(Shop, tidings=tidings, key=key, user_id=user_id))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tidings", default="http://127.0.0.1:8000")
    parser.add_argument("--key", required=True)
    parser.add_argument("--user", type=int, required=True)
    parser.add_argument("--port", type=int, default=8900)
    given = parser.parse_args()
    serve(given.port, tidings=given.tidings, key=given.key, user_id=given.user).serve_forever()
