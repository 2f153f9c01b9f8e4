"""The inbox in the pages of another site: http://localhost shows what http://127.0.0.1 keeps (examples/shop.py)."""

import importlib.util
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from ..waiting import until
from .page import WITHIN_MS, Inbox
from .server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
REACHES = """async (address) => {
  try { await (await fetch(address, { credentials: "include" })).json(); return true; } catch { return false; }
}"""


def kept(server: Server, username: str) -> dict[str, Any]:
    """{title: what was chosen} of what is in the list."""
    rows = server.call("GET", "/api/notifications/?page_size=100", by=username)["results"]
    return {row["title"]: row["action_taken"] for row in rows}


def load_shop() -> Any:
    spec = importlib.util.spec_from_file_location("shop", EXAMPLES / "shop.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[str]:
    """The address of a shop whose customer `rider` is, and which has a key for tickets and nothing else."""
    if not server.answers():
        server.start()
    key = server.manage("create_api_key", "shop", "--scope", "tickets:issue", "--people", "rider").split()[-1]
    port = urlsplit(server.more["CORS_ALLOWED_ORIGINS"]).port
    house = load_shop().serve(port, tidings=server.url, key=key, user_id=server.person("rider"))
    threading.Thread(target=house.serve_forever, daemon=True).start()
    yield server.more["CORS_ALLOWED_ORIGINS"]
    house.shutdown()
    house.server_close()


async def bell(browser: Browser, address: str) -> Inbox:
    """A customer who has never signed in at Tidings: the shop's page alone."""
    page = await (await browser.new_context(viewport={"width": 1100, "height": 800})).new_page()
    tab = Inbox(page)
    await page.goto(address)
    await expect(page.locator("button.bell")).to_have_attribute("data-state", "online", timeout=WITHIN_MS)
    return tab


async def open_panel(page: Page) -> None:
    await page.locator("button.bell").click()
    await expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()


async def test_a_ticket_from_the_hosts_backend_is_all_that_another_origin_needs(
    server: Server, browser: Browser, shop: str
) -> None:
    server.send("rider", "Before the visit")
    tab = await bell(browser, f"{shop}/html/")
    server.send("rider", "During the visit", actions=[{"id": "keep", "label": "Keep"}])
    await open_panel(tab.page)
    await tab.act("Before the visit", "More: Before the visit")
    await tab.page.get_by_role("menuitem", name="Archive").click()
    await expect(tab.entry("Before the visit")).to_have_count(0)
    await tab.act("During the visit", "Keep: During the visit")
    await expect(tab.entry("During the visit").get_by_text("Chosen: Keep")).to_be_visible()
    await until(lambda: kept(server, "rider") == {"During the visit": "keep"}, "both deeds")
    assert not await tab.page.context.cookies(server.url), "no session of ours was needed"
    assert tab.complaints == [], "the shop's own strict policy allows all of it"
    await tab.page.context.close()


async def test_the_same_page_at_an_origin_that_is_not_named_gets_nothing(
    server: Server, browser: Browser, shop: str
) -> None:
    stranger = shop.replace("localhost", "127.0.0.1")
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{stranger}/html/")
    await expect(page.locator("button.bell")).not_to_have_attribute("data-state", "online")
    assert await page.evaluate(REACHES, f"{server.url}/api/notifications/") is False
    await page.context.close()


@pytest.fixture(scope="module")
def packages() -> None:
    """React and Vue, as examples/package-lock.json pins them."""
    if (EXAMPLES / "node_modules" / "vue").is_dir():
        return
    npm = shutil.which("npm")
    command = [npm or "", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    if not npm or subprocess.run(command, cwd=EXAMPLES, capture_output=True, timeout=100).returncode:
        pytest.skip("No npm, or no registry: the React and Vue examples did not run.")


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("framework", ["react", "vue"])
async def test_it_runs_in_a_framework(server: Server, browser: Browser, shop: str, framework: str) -> None:
    server.send("rider", f"For {framework}")
    tab = await bell(browser, f"{shop}/{framework}/")
    says = tab.page.locator("#says")
    await expect(says).to_have_text(re.compile("^[1-9]"), timeout=WITHIN_MS)
    await open_panel(tab.page)
    await tab.entry(f"For {framework}").locator("a.open").click()
    await expect(says).to_contain_text(f"opened: For {framework}")
    assert tab.complaints == []
    await tab.page.context.close()
