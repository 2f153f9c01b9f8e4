"""What stands in the logs of a real server and a real worker, and what never does."""

import contextlib
import json
import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.running.tests.conftest import place, prepared, prepared_once  # noqa: F401
from config.running.tests.trees import Place, Running, until
from config.watching.logs import formatter

SECRET = "marker"  # in everything that must not be seen
ADDRESS, PHONE, PASSWORD = f"{SECRET}-mail@example.org", "+491510000007", f"{SECRET}-password"
LIVE = {
    "DEBUG": "false",
    "SECRET_KEY": f"{SECRET}-{'0123456789' * 6}",
    "ALLOWED_HOSTS": "127.0.0.1",
    "LOG_LEVEL": "DEBUG",
}


def tell_it_secrets(running: Running, http: httpx.Client) -> list[str]:
    """Everything in every way; the answer: what was made up on the way and must not be seen either."""
    access = http.post("/api/token/", json={"username": "admin", "password": PASSWORD}).json()["access"]
    bearer = {"Authorization": f"Bearer {access}"}
    ticket = http.post("/api/socket-ticket/", headers=bearer).json()["ticket"]
    in_headers: list[dict[str, str]] = [
        {"Authorization": f"Bearer {SECRET}-token"},
        {"Authorization": f"Api-Key {SECRET}-key"},
        {"Cookie": f"sessionid={SECRET}session; csrftoken={SECRET}"},
        {"X-Request-ID": f"{SECRET}-request", "User-Agent": f"{SECRET}-agent", "Referer": f"https://{SECRET}.example/"},
        {"Host": f"{SECRET}.example"},
        {"Origin": f"https://{SECRET}.example"},
    ]
    for headers in in_headers:
        http.get(f"/api/notifications/?search={SECRET}-query", headers=headers)
        http.post("/login/", data={"username": f"{SECRET}-name", "password": f"{SECRET}-word"}, headers=headers)
    for path in (
        f"nothing/{SECRET}-path",
        f"api/{SECRET}-path/",
        f"unsubscribe/{SECRET}-link/",
        f"preferences/{SECRET}/",
    ):
        http.get(f"/{path}?token={SECRET}-query")
        http.post(f"/{path}", content=f"{SECRET}-body")
    for path in (f"api/notifications/stream/?token={SECRET}", f"notifications/stream?ticket={SECRET}-ticket"):
        http.get(f"/{path}")
    http.post("/api/events/", headers=bearer, content=f'{{"broken": "{SECRET}-json')
    http.post("/callbacks/whatsapp/", json={"from": PHONE}, headers={"X-Hub-Signature-256": f"sha256={SECRET}"})
    http.post("/api/notifications/preferences/verify_phone/", json={"phone": PHONE}, headers=bearer)
    person = {"users": [1]}
    said = {"notification_type": "general", "to": person, "title": f"{SECRET}-title", "message": f"{SECRET}-text"}
    said |= {"data": {"note": f"{SECRET}-data"}, "channels": ["email"], "tags": [f"{SECRET}-tag"]}
    accepted = http.post("/api/events/", json=said, headers={**bearer, "Idempotency-Key": f"{SECRET}-idempotent"})
    assert accepted.status_code == 202, accepted.text
    for query in (f"?token={SECRET}-token", f"?ticket={SECRET}-ticket", f"?ticket={ticket}", f"?token={access}"):
        speak_to_it(f"ws://127.0.0.1:{running.port}/ws/notifications/{query}")
    return [access, ticket, access.split(".")[2]]


def speak_to_it(url: str) -> None:
    with contextlib.suppress(ConnectionClosed), connect(url) as socket:
        for frame in (
            f"{SECRET} no json",
            f'{{"event": "{SECRET}"}}',
            f'{{"event": "ack", "data": {{"id": "{SECRET}"}}}}',
        ):
            socket.send(frame)
        socket.send(json.dumps({"event": "authenticate", "data": {"token": f"{SECRET}-token"}}))
        for _ in range(6):
            socket.recv(timeout=10)


@pytest.mark.once
def test_no_log_of_server_or_worker_holds_a_secret_and_each_outcome_has_a_line_with_ids(prepared: Place) -> None:  # noqa: F811
    who = ("--username", "admin", "--email", ADDRESS)
    made = prepared.run("createsuperuser", "--noinput", *who, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    assert made.returncode == 0, made.stderr
    with prepared.running("up", under=None, **LIVE) as running:
        running.wait_until_it_answers()
        with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=30) as http:
            secrets = tell_it_secrets(running, http)
        mailed = Path(prepared.folder) / "mail"
        assert until(lambda: '"attempt ended"' in running.output(), 60), running.output()
        assert any(SECRET in letter.read_text() for letter in mailed.rglob("*") if letter.is_file()), "it was sent"
        running.child.terminate()
        running.child.wait()
        output = running.output()
    for secret in (SECRET, PHONE, *secrets):
        assert secret.lower() not in output.lower(), [line for line in output.splitlines() if secret in line]
    assert not re.search(r"Traceback", output)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    told = {line["event"]: line for line in lines}
    sent = told["attempt ended"]
    assert {"event_id", "notification_id", "delivery_id", "user_id", "channel", "outcome", "seconds"} <= set(sent)
    assert sent["event_id"] == told["event accepted"]["event_id"] == told["notifications created"]["event_id"]
    accepting = [line for line in lines if line.get("route") == "/notifications/" or "events" in str(line.get("route"))]
    assert told["event accepted"]["request_id"] in {line.get("request_id") for line in accepting}
    assert told["connection opened"]["connection_id"] in {
        line["connection_id"] for line in lines if line["event"] == "connection closed"
    }
    assert {line["logger"] for line in lines} >= {"tidings.http", "tidings.delivery", "tidings.sockets"}


def record(**extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("tidings.delivery", logging.INFO, __file__, 1, "attempt ended", (), None)
    vars(made).update(extra)
    return made


@pytest.mark.once
def test_only_named_fields_get_into_a_line() -> None:
    line = json.loads(formatter(form="json").format(record(delivery_id=7, message_text="Dear Ann", seconds=0.5)))
    assert (line["event"], line["delivery_id"], line["seconds"]) == ("attempt ended", 7, 0.5)
    assert "Dear Ann" not in str(line)


@pytest.mark.once
def test_for_people_it_is_one_readable_line() -> None:
    line = formatter(form="console").format(record(delivery_id=7))
    assert "attempt ended" in line
    assert "delivery_id" in line
    assert "\n" not in line


@pytest.mark.once
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variables(form: str) -> None:
    def fail() -> None:
        secret = "hunter2"  # noqa: F841
        raise ValueError("it broke")

    try:
        fail()
    except ValueError as error:
        broken = record()
        broken.exc_info = (type(error), error, error.__traceback__)
    text = formatter(form=form).format(broken)
    assert "it broke" in text
    assert "test_logs.py" in text
    assert text.count("hunter2") <= 1, "in the source line at most"
