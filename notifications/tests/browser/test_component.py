"""What `<tidings-inbox>` can do beside showing and marking: snooze, threads, filters, undo, bell, languages, themes."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from .page import Inbox, OpenInbox
from .server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
BELL = """([lang, dir, user, attributes]) => {
  Object.assign(document.documentElement, { lang, dir });
  const bell = document.createElement("tidings-inbox");
  for (const [name, value] of Object.entries({ "user-id": user, ...attributes })) bell.setAttribute(name, value);
  document.querySelector("main").replaceChildren(bell);
}"""


def titles(inbox: Inbox) -> Locator:
    return inbox.page.locator("li.entry a.open")


async def show(inbox: Inbox, view: str) -> None:
    await inbox.filter(view)


async def test_what_is_snoozed_leaves_waits_elsewhere_and_can_be_taken_back(
    server: Server, open_inbox: OpenInbox
) -> None:
    server.send("volunteer", "Can wait")
    tab = await open_inbox("volunteer")
    await tab.act("Can wait", "Snooze: Can wait")
    await tab.page.get_by_role("menuitem", name="Tomorrow morning").click()
    await tab.undo("Snoozed until")
    await expect(tab.entry("Can wait")).to_be_visible()
    await tab.act("Can wait", "Snooze: Can wait")
    await tab.page.get_by_role("menuitem", name="Tomorrow morning").click()
    await expect(tab.entry("Can wait")).to_have_count(0)
    await show(tab, "Snoozed")
    await tab.shows("Can wait")
    await expect(tab.entry("Can wait").locator(".until")).to_have_text(re.compile("^Until .*9:00"))
    await tab.act("Can wait", "Bring back now: Can wait")
    await expect(tab.entry("Can wait")).to_have_count(0)
    await show(tab, "All")
    await expect(tab.entry("Can wait")).to_have_attribute("data-read", "false")
    assert (await tab.toasts()).count("Can wait") <= 1, "it is not announced anew"


async def test_a_thread_is_one_entry_until_it_is_unfolded(server: Server, open_inbox: OpenInbox) -> None:
    for number in range(3):
        server.send("vendor", f"Reply {number}", thread="ticket:7")
    server.send("vendor", "Alone")
    tab = await open_inbox("vendor")
    await expect(titles(tab).first).to_have_text("Alone")
    head = tab.entry("Reply 2")
    await expect(tab.entry("Reply 1")).to_have_count(0)
    await head.get_by_role("button", name="2 earlier: Reply 2").click()
    for title in ("Reply 1", "Reply 0"):
        await expect(tab.entry(title)).to_be_visible()
    await head.get_by_role("button", name="Fold: Reply 2").click()
    await tab.act("Reply 2", "Archive: Reply 2")
    await tab.undo("3 notifications archived", gone=head)
    await expect(head.get_by_role("button", name="2 earlier: Reply 2")).to_be_visible()


async def test_filters_and_search_narrow_the_list_and_what_comes_in(server: Server, open_inbox: OpenInbox) -> None:
    server.send("reviewer", "Quiet one", category="info")
    server.send("reviewer", "Loud one", category="alert", priority="urgent")
    tab = await open_inbox("reviewer")
    await tab.press("Filter")
    await tab.page.get_by_label("Priority").select_option("high")
    await expect(tab.entry("Quiet one")).to_have_count(0)
    await expect(tab.entry("Loud one")).to_be_visible()
    server.send("reviewer", "Quiet too")
    server.send("reviewer", "Loud too", priority="critical")
    await expect(tab.entry("Loud too")).to_be_visible()
    await expect(tab.entry("Quiet too")).to_have_count(0)
    await tab.press("Clear filters")
    await expect(tab.entry("Quiet too")).to_be_visible()
    await tab.page.get_by_role("searchbox", name="Search").fill("loud")
    await expect(titles(tab)).to_have_text(["Loud too", "Loud one"])
    await tab.page.get_by_role("searchbox", name="Search").fill("nothing like it")
    await expect(tab.page.get_by_text("Nothing matches")).to_be_visible()


async def test_what_is_deleted_can_be_undone_and_is_gone_when_the_page_is(
    server: Server, open_inbox: OpenInbox
) -> None:
    server.send("rider", "Not this one")
    server.send("rider", "This one")
    tab = await open_inbox("rider")
    for title in ("Not this one", "This one"):
        await tab.act(title, f"Delete: {title}")
        if title == "Not this one":
            await tab.undo("deleted", gone=tab.entry(title))
            await expect(tab.entry(title)).to_be_visible()
    await expect(tab.entry("This one")).to_have_count(0)
    await tab.page.reload()
    await tab.is_live()
    await expect(tab.entry("Not this one")).to_be_visible()
    await expect(tab.entry("This one")).to_have_count(0)
    listed: Any = server.call("GET", "/api/notifications/?page_size=100", by="rider")
    assert "This one" not in {row["title"] for row in listed["results"]}


async def test_an_image_is_shown_and_a_picture_that_is_no_picture_leaves(server: Server, open_inbox: OpenInbox) -> None:
    server.send("driver", "Look", image="/static/notifications/icon.svg")
    tab = await open_inbox("driver")
    await expect(tab.entry("Look").locator("img.image")).to_have_js_property("complete", True)


async def bell(server: Server, inbox: Inbox, lang: str = "en", direction: str = "ltr", **attributes: str) -> None:
    """The bell in the place of the page's whole inbox."""
    await inbox.page.evaluate(BELL, [lang, direction, str(server.person("manager")), attributes])


async def test_the_bell_opens_a_panel_that_the_keyboard_can_use_and_leave(
    server: Server, open_inbox: OpenInbox
) -> None:
    server.send("manager", "In the panel")
    tab = await open_inbox("manager")
    await bell(server, tab)
    button = tab.page.locator("button.bell")
    await expect(button).to_have_attribute("aria-label", re.compile(r"^Notifications, \d+ unread$"))
    await button.focus()
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("dialog", name="Notifications")).to_be_visible()
    await expect(tab.entry("In the panel").locator("article")).to_be_focused()
    await tab.page.keyboard.press("e")
    await expect(tab.entry("In the panel")).to_have_count(0)
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_role("dialog", name="Notifications")).to_be_hidden()
    await expect(button).to_be_focused()


async def test_it_speaks_german_from_right_to_left_in_a_dark_theme_on_a_phone(
    server: Server, open_inbox: OpenInbox
) -> None:
    server.send("manager", "Eins")
    tab = await open_inbox("manager", width=375)
    await bell(server, tab, "de-AT", "rtl", theme="dark")
    await tab.page.get_by_role("button", name="Mitteilungen").click()
    panel = tab.page.get_by_role("dialog", name="Mitteilungen")
    await expect(panel.get_by_role("heading", name="Eingang")).to_be_visible()
    await expect(panel.get_by_text("Alle gelesen")).to_be_attached()
    box = await panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 375
    dot, title = panel.locator("svg.kind").first, panel.locator("a.open").first
    left, right = await title.bounding_box(), await dot.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] < right["x"], "the icon is at the right, where the line begins"
    colour = await panel.evaluate("(panel) => getComputedStyle(panel).backgroundColor")
    assert colour == "rgb(23, 27, 35)"
