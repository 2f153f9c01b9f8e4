"""Whatever anybody writes into a text is shown as text: in the inbox, in the admin, in an e-mail.

The browser is told to ignore the Content-Security-Policy: what keeps scripts from running must not be that alone.
"""

import email
import email.policy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from ..waiting import until
from .server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.once]
RAN = "window.top.ran = (window.top.ran || 0) + 1"
ATTEMPTS = (
    f"<script>{RAN}</script>",
    f'"><img src=x onerror="{RAN}">',
    f"'><svg onload='{RAN}'>",
    f"</textarea></title></style></script><script>{RAN}</script>",
    f"<iframe srcdoc='<script>{RAN}</script>'></iframe>",
    f"[link](javascript:{RAN.replace(' ', '')}) ![image](x&quot;onerror=&quot;{RAN}) <details open ontoggle='{RAN}'>",
    f"{{{{ constructor.constructor('{RAN}')() }}}} ${{{RAN}}} {{% raw %}}<b onmouseover='{RAN}'>",
)
EVIL = " ".join(ATTEMPTS)
ADMIN_PAGES = (
    "event/",
    "event/{event}/change/",
    "notificationlog/",
    "notificationlog/{row}/change/",
    "inbox/{person}/change/",
    "delivery/",
    "auditentry/",
    "connection/",
    "template/",
    "template/{template}/change/",
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def told(server: Server) -> dict[str, object]:
    """An event, a ticket and a template whose every text is an attempt."""
    person = server.person("engineer")
    at_most = {"source": 64, "tag": 64}
    said: dict[str, Any] = {
        "notification_type": "general",
        "to": {"users": [person]},
        "title": EVIL[:255],
        "message": EVIL,
        "data": {EVIL: EVIL, "ticket": {"title": EVIL}},
        "source": ATTEMPTS[0][: at_most["source"]],
        "tags": [ATTEMPTS[0][: at_most["tag"]]],
        "subject": {"kind": ATTEMPTS[0][:64], "id": ATTEMPTS[0][:64]},
        "thread": ATTEMPTS[1],
        "actions": [{"id": "yes", "label": ATTEMPTS[0][:64]}],
        "channels": ["email"],
    }
    event = server.call("POST", "/api/events/", **said)["event_id"]
    server.call("POST", "/api/tickets/", by="requester", title=EVIL[:200], description=EVIL)
    words: dict[str, Any] = {
        "notification_type": "general",
        "channel": None,
        "locale": "fr",
        "title": EVIL[:200],
        "message": ATTEMPTS[1],
    }
    template = server.call("POST", "/api/admin/templates/", **words)["id"]
    [row] = server.call("GET", f"/api/admin/notifications/?user_id={person}&limit=1")["results"]
    return {"event": event, "person": person, "row": row["id"], "template": template}


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """A page that notes every dialog, signed in by the test; no script may have run when it is left."""
    context = await browser.new_context(base_url=server.url, bypass_csp=True)
    page = await context.new_page()
    dialogs: list[str] = []

    async def note(dialog: object) -> None:
        dialogs.append(str(dialog))
        await dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", note)
    yield page
    assert dialogs == []
    await context.close()


async def signed_in(page: Page, username: str) -> None:
    await page.goto("/login/")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", "demo")
    await page.click("button[type=submit]")
    await page.wait_for_url("**/")


async def test_a_script_that_does_run_is_noticed(page: Page) -> None:
    await page.set_content(f"<script>{RAN}</script>")
    assert await page.evaluate("window.ran") == 1


async def test_the_inbox_shows_it_as_text(page: Page, told: dict[str, object]) -> None:
    await signed_in(page, "engineer")
    await page.get_by_text("<script>").first.wait_for()
    assert await page.evaluate("window.ran") is None


async def test_the_admin_shows_it_as_text(page: Page, told: dict[str, object]) -> None:
    await signed_in(page, "admin")
    for path in ADMIN_PAGES:
        answer = await page.goto("/admin/notifications/" + path.format(**told))
        assert answer
        assert answer.status == 200, path
        assert await page.evaluate("window.ran") is None, path
    await page.goto("/admin/core/ticket/")
    assert await page.evaluate("window.ran") is None


def letters(server: Server) -> list[str]:
    """Those with an attempt in them, as HTML."""
    files = Path(server.folder, "mail").glob("*.eml")
    read = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    bodies = [body.get_content() for letter in read if (body := letter.get_body(("html",)))]
    return [body for body in bodies if "ran" in body]


async def test_an_e_mail_shows_it_as_text(page: Page, server: Server, told: dict[str, object]) -> None:
    await until(lambda: bool(letters(server)), "a letter")
    for body in letters(server):
        await page.set_content(body)
        assert await page.evaluate("window.ran") is None


async def test_swagger_works_offline_under_its_policy(browser: Browser, server: Server) -> None:
    context = await browser.new_context(base_url=server.url)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    elsewhere = []
    page.on(
        "request",
        lambda asked: elsewhere.append(asked.url) if not asked.url.startswith((server.url, "data:")) else None,
    )
    await signed_in(page, "admin")
    for path, seen in (("/api/docs/", ".opblock"), ("/api/events/", "form"), ("/admin/", "#content")):
        complaints.clear()
        await page.goto(path)
        await page.locator(seen).first.wait_for()
        assert [one for one in complaints if "Content Security Policy" in one] == [], path
    assert elsewhere == []
    await context.close()
