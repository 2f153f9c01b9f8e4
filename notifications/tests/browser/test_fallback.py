"""Sockets blocked, then streams too, a server killed in between, then all of it free again: each is shown once."""

import contextlib
import re

import pytest
from playwright.async_api import Browser, expect

from .gate import Gate
from .page import WITHIN_MS, Inbox
from .server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
HURRY = "document.dispatchEvent(new Event('visibilitychange'))"  # as if the tab were looked at again
RESUMES = """async (address) => {
  const source = new EventSource(address);
  await new Promise((done) => source.addEventListener("ping", done, { once: true }));
  source.addEventListener("notification", ({ data, lastEventId }) => {
    const heard = Object.assign(document.createElement("output"), { textContent: JSON.parse(data).title });
    heard.dataset.seq = lastEventId;
    document.body.append(heard);
  });
}"""


async def is_by(tab: Inbox, via: str, *, within_ms: int = 40_000) -> None:
    await expect(tab.page.locator("#connection")).to_have_attribute("data-via", via, timeout=within_ms)


async def climbs_to(tab: Inbox, via: str) -> None:
    """Looked at until it is so: a look that meets an attempt on its way changes nothing, and the next pause is long."""
    for _ in range(8):
        await tab.page.evaluate(HURRY)
        with contextlib.suppress(AssertionError):
            return await is_by(tab, via, within_ms=10_000)
    await is_by(tab, via)


async def test_down_the_ladder_and_up_again_each_is_shown_once(server: Server, browser: Browser) -> None:
    if not server.answers():
        server.start()
    async with Gate(server.port) as gate:
        context = await browser.new_context(base_url=gate.url)
        tab = Inbox(await context.new_page())
        tab.expected = re.compile(r"failed|net::ERR|40[013]|50\d")
        await tab.visit("outsider")
        await is_by(tab, "websocket")
        sent = ["By socket", "By stream", "By asking", "While it was down", "By socket again"]
        server.send("outsider", sent[0])
        await tab.shows(*sent[0::-1])

        gate.block("websocket")
        await is_by(tab, "sse")
        server.send("outsider", sent[1])
        await tab.shows(*sent[1::-1])

        gate.block("websocket", "stream")
        await is_by(tab, "polling")
        await tab.says(re.compile("looking every 15 seconds"))
        server.send("outsider", sent[2])
        await tab.page.evaluate(HURRY)
        await tab.shows(*sent[2::-1])

        server.kill()
        await tab.page.evaluate(HURRY)
        server.send_while_down("outsider", sent[3])
        server.start()
        await tab.shows(*sent[3::-1], within_ms=60_000)

        gate.block()
        await climbs_to(tab, "websocket")
        server.send("outsider", sent[4])
        await tab.shows(*sent[::-1])
        await tab.counts(5)
        await tab.toasted(*sent)
        assert {"websocket", "stream"} <= set(gate.refused)
        await context.close()


async def test_the_browsers_own_event_source_resumes_by_itself(server: Server, browser: Browser) -> None:
    if not server.answers():
        server.start()
    async with Gate(server.port) as gate:
        context = await browser.new_context(base_url=gate.url)
        tab = Inbox(await context.new_page())
        await tab.visit("requester")
        await tab.page.evaluate(RESUMES, "/api/notifications/stream/")
        server.send("requester", "Before the cut")
        heard = tab.page.locator("output")
        await expect(heard).to_have_text(["Before the cut"], timeout=WITHIN_MS)
        gate.block("stream")
        server.send("requester", "During the cut")
        gate.blocks = set()  # before the browser comes back: a refusal would end its EventSource for good
        await expect(heard).to_have_text(["Before the cut", "During the cut"], timeout=20_000)
        first, second = [int(await heard.nth(n).get_attribute("data-seq") or 0) for n in (0, 1)]
        assert second > first
        await context.close()
