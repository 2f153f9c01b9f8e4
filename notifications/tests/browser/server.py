"""The real product as processes: prepared, with the demo's people, on a port of its own."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

MANAGE = [sys.executable, str(Path(__file__).resolve().parents[3] / "manage.py")]
START_S = 180  # of a busy machine


@dataclass
class Server:
    """`manage.py serve`; the test run's Valkey rings its bell."""

    folder: Path
    port: int
    more: dict[str, str] = field(default_factory=dict)  # of its environment
    process: "subprocess.Popen[bytes] | None" = None
    tokens: dict[str, str] = field(default_factory=dict)
    # one for all calls: each new client reads all certificates of the machine, which a starting server pays for
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        ours = {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": "",
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "TIDINGS_LAYER_PREFIX": f"browser-{self.port}",
            "THROTTLE_SIGN_IN": "1000/min",
        }
        return {**os.environ, **ours, **self.more}

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [*MANAGE, *words], env=self.environment(), capture_output=True, text=True, timeout=START_S
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen([*MANAGE, "serve"], env=self.environment(), stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not self.answers():
            healthy = self.process.poll() is None and time.monotonic() < deadline
            assert healthy, (self.folder / "serve.log").read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return self.http.get(f"{self.url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def call(self, method: str, path: str, *, by: str = "admin", **body: Any) -> Any:
        answer = self.http.request(
            method,
            f"{self.url}{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {self.token(by)}"},
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def token(self, username: str) -> str:
        if username not in self.tokens:
            credentials = {"username": username, "password": "demo"}
            self.tokens[username] = self.http.post(f"{self.url}/api/token/", json=credentials).json()["access"]
        return self.tokens[username]

    def send(self, username: str, title: str, **event: Any) -> None:
        """Through the API, by the admin."""
        to = {"users": [self.person(username)]}
        said = {"notification_type": "general", "to": to, "title": title, "message": f"About {title}"}
        self.call("POST", "/api/events/", **said | event)

    def forget(self) -> None:
        """As if nobody had ever been told or had wished for anything: the tests share one server and its people."""
        with closing(sqlite3.connect(self.folder / "tidings.sqlite3", timeout=30)) as database, database:
            database.execute("UPDATE notifications_notificationlog SET deleted_at = COALESCE(deleted_at, created_at)")
            database.execute("UPDATE notifications_inbox SET unread_count = 0, listed_count = 0, rev = rev + 1")
            database.execute("DELETE FROM notifications_preference")

    def person(self, username: str) -> int:
        claims = self.token(username).split(".")[1]
        return int(json.loads(base64.urlsafe_b64decode(claims + "=="))["user_id"])

    def send_while_down(self, username: str, title: str) -> None:
        """From another process of the same installation: the row is committed, and no server hears a bell."""
        self.manage("notify", f"About {title}", "--title", title, "--user", username, "--type", "general")
