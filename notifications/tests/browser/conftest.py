"""A real Chromium on the real product. Whatever the console complains about fails the test."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from ..transports.provider import Provider
from .page import Inbox, OpenInbox, Tab, Visit
from .server import Server

expect.set_options(timeout=20_000)  # a busy machine draws slowly: what is expected is waited for
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def outside() -> Iterator[Provider]:
    """Stands for the push services of browsers, and for Twilio."""
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, outside: Provider) -> Iterator[Server]:
    if not chromium():
        pytest.skip("No Chromium here: the browser tests did not run (install chromium, or set CHROMIUM).")
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, neighbour = int(one.getsockname()[1]), int(other.getsockname()[1])
    ways_out = {"OUTBOUND_ALLOW": outside.netloc, "SMS_URL": f"twilio://AC1:token@+15005550006?base={outside.url}"}
    ways_out["CORS_ALLOWED_ORIGINS"] = f"http://localhost:{neighbour}"  # another site that embeds the inbox
    server = Server(Path(tmp_path_factory.mktemp("browser")), port, ways_out)
    server.manage("prepare")
    server.manage("seed_demo")
    server.start()
    yield server
    server.http.close()
    server.kill()


@pytest.fixture(autouse=True, scope="module")
def _a_new_leaf(server: Server) -> None:
    server.forget()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(server: Server) -> AsyncIterator[Browser]:
    # the asynchronous API: the synchronous one leaves a running loop behind, in which no other test can start its own
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to sandbox root
        browser = await playwright.chromium.launch(executable_path=chromium(), args=sandbox)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def open_inbox(browser: Browser, server: Server) -> AsyncIterator[OpenInbox]:
    """`await open_inbox("engineer")`: a signed-in tab. The same person again: another tab of the same browser."""
    if not server.answers():  # a test that killed it failed before it was up again
        server.start()
    contexts: dict[str, BrowserContext] = {}
    tabs: list[Inbox] = []

    async def opened(username: str, *, width: int = 1100) -> Inbox:
        if username not in contexts:
            contexts[username] = await browser.new_context(
                base_url=server.url, viewport={"width": width, "height": 800}
            )
        tab = Inbox(await contexts[username].new_page())
        tabs.append(tab)
        await tab.visit(username)
        return tab

    yield opened
    for context in contexts.values():
        await context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, server: Server) -> AsyncIterator[Visit]:
    """`await visit("/preferences/", by="rider", width=375, scheme="dark")`: a tab of a browser of its own."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    async def visited(path: str, *, by: str | None = None, width: int = 1100, scheme: str = "light") -> Tab:
        window: Any = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
        contexts.append(await browser.new_context(base_url=server.url, **window))
        tabs.append(Tab(await contexts[-1].new_page()))
        await tabs[-1].open(path, by=by)
        return tabs[-1]

    yield visited
    for context in contexts:
        await context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []
