"""The console in Chromium: nothing to complain about in light and dark, on a desk and in a hand; keys alone will do."""

from itertools import product
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from ...transports.browser import Browser
from ...transports.provider import Provider
from ...waiting import until
from ..page import SCHEMES, Scheme, Visit
from ..server import Server
from .test_accessible import LOOKS, complaints_of_axe

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
CHIEF = (  # in every look
    "",
    "notifications/inbox/{person}/change/",
    "notifications/event/{event}/change/",
    "notifications/event/send/",
)
PAGES = (
    "notifications/notificationlog/{row}/change/",
    "notifications/event/broadcast/",
    "notifications/pausedchannel/",
    "notifications/connection/",
    "notifications/auditentry/",
    "notifications/template/{template}/change/",
    "analytics/",
)
EVERY_LOOK: list[tuple[int, Scheme]] = list(product((1100, 768, 375), SCHEMES))
# cells that do not fill their row: the line under it is broken there
RAGGED = """() => [...document.querySelectorAll("tr")].filter((row) => getComputedStyle(row).display === "table-row"
  && [...row.cells].some((cell) => Math.abs(cell.offsetHeight - row.offsetHeight) > 1)).map((row) => row.innerText)"""


@pytest.fixture(scope="module")
def told(server: Server) -> dict[str, object]:
    """Something on every page: a person who was told by e-mail, an event, a template by staff."""
    person = server.person("engineer")
    server.send("engineer", "A lift is out of order", channels=["email"])
    words: dict[str, Any] = {"notification_type": "general", "channel": "email", "locale": "nl"}
    written = server.call("POST", "/api/admin/templates/", **words, title="{{ title }}", message="*{{ message }}*")
    [row] = server.call("GET", f"/api/admin/notifications/?user_id={person}&limit=1")["results"]
    return {"person": person, "row": row["id"], "event": row["event_id"], "template": written["id"]}


async def test_every_page_is_accessible_and_fits(visit: Visit, told: dict[str, object]) -> None:
    found = []
    tab = await visit("/admin/", by="admin")
    for path in CHIEF + PAGES:
        await tab.open("/admin/" + path.format(**told))
        for width, scheme in EVERY_LOOK if path in CHIEF else LOOKS:
            await tab.look(width, scheme)
            wrong = await complaints_of_axe(tab.page)
            wide = await tab.page.evaluate("document.documentElement.scrollWidth")
            wrong += [f"{wide} px wide"] if wide > width else []
            wrong += [f"ragged: {row}" for row in await tab.page.evaluate(RAGGED)]
            found += [f"/admin/{path}, {width} px, {scheme}: {one}" for one in wrong]
    assert found == []


async def tab_to(page: Page, wanted: Locator) -> None:
    """By the keyboard alone: from here on, forwards, until it has the focus."""

    async def is_there() -> bool:
        if await wanted.evaluate("(one) => one === document.activeElement"):
            return True
        await page.keyboard.press("Tab")
        return False

    await until(is_there, "the focus")


async def test_without_a_mouse_a_message_is_tried_and_sent(server: Server, visit: Visit) -> None:
    tab = await visit("/admin/notifications/event/send/", by="admin")
    page = tab.page
    for field, words in (("people", "volunteer"), ("title", "By keys alone"), ("message", "It went well.")):
        await tab_to(page, page.locator(f"#id_{field}"))
        await page.keyboard.type(words)
    await tab_to(page, page.get_by_role("button", name="Try it"))
    await page.keyboard.press("Enter")
    await expect(page.locator(".summary")).to_contain_text("1 person")
    assert await complaints_of_axe(page) == [], "the trial run, too"
    await tab_to(page, page.get_by_role("button", name="Send it now"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Accepted: it is stored and on its way.")).to_be_visible()
    told = server.call("GET", "/api/notifications/", by="volunteer")["results"]
    assert [one["title"] for one in told] == ["By keys alone"]


async def test_without_a_mouse_what_has_failed_is_tried_again(server: Server, visit: Visit, outside: Provider) -> None:
    device = Browser(f"{outside.url}/push/retried")
    keys = {"endpoint": device.endpoint, "keys": dict(device.address.keys)}
    server.call("POST", "/api/notifications/devices/", by="vendor", kind="webpush", **keys)
    outside.answers(400)
    server.send("vendor", "Refused at first", channels=["inbox", "push"])
    [row] = server.call("GET", f"/api/admin/notifications/?user_id={server.person('vendor')}&limit=1")["results"]

    def is_now(state: str) -> bool:
        rows = server.call("GET", f"/api/admin/deliveries/?channel=push&notification_id={row['id']}")["results"]
        return [one["state"] for one in rows] == [state]

    await until(lambda: is_now("failed"), "the refusal")
    tab = await visit(f"/admin/notifications/notificationlog/{row['id']}/change/", by="admin")
    await tab_to(tab.page, tab.page.get_by_role("button", name="Try again"))
    await tab.page.keyboard.press("Enter")
    await until(lambda: is_now("sent"), "another round")
