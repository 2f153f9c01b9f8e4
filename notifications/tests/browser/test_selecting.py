"""Many at once: selected by mouse and by keys, then one deed for all of them."""

import re

import pytest
from playwright.async_api import Locator, Request, expect

from .page import Inbox, OpenInbox
from .pages.test_accessible import complaints_of_axe
from .server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]


def sent(server: Server, username: str, *titles: str) -> None:
    """So that the list shows them in this order."""
    for title in reversed(titles):
        server.send(username, title)


def bar(tab: Inbox) -> Locator:
    return tab.page.get_by_role("group", name="Selected notifications")


async def has_selected(tab: Inbox, *titles: str) -> None:
    await expect(tab.page.locator("li.entry.selected a.open")).to_have_text(list(titles))
    await expect(tab.page.get_by_role("status").filter(has_text="selected")).to_have_text(f"{len(titles)} selected")


async def choose(tab: Inbox, title: str) -> None:
    await tab.entry(title).hover()
    await tab.page.get_by_role("checkbox", name=f"Select: {title}").click()


async def test_what_the_mouse_selects_is_archived_by_one_request_in_all_tabs_and_comes_back(
    server: Server, open_inbox: OpenInbox
) -> None:
    sent(server, "rider", "One", "Two", "Three", "Four")
    tab, other = await open_inbox("rider"), await open_inbox("rider")
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and "seen" not in request.url:
            asked.append(request.url.split("/api/notifications/")[1])

    await choose(tab, "One")
    await tab.entry("Three").click(modifiers=["Shift"])
    await has_selected(tab, "One", "Two", "Three")
    assert await complaints_of_axe(tab.page) == []
    await other.act("Two", "Archive: Two")
    await has_selected(tab, "One", "Three")
    tab.page.on("request", note)
    await bar(tab).get_by_role("button", name="Archive").click()
    await expect(bar(tab)).to_be_hidden()
    await expect(tab.entry("Four").locator("article")).to_be_focused()
    for each in (tab, other):
        await each.shows("Four")
    await tab.undo("2 notifications archived")
    for each in (tab, other):
        await each.shows("One", "Three", "Four")
    assert asked == ["bulk/", "bulk/"]


async def test_the_keys_select_a_range_or_all_and_a_folded_thread_counts_as_its_own(
    server: Server, open_inbox: OpenInbox
) -> None:
    sent(server, "vendor", "One", "Two", "Three")
    for reply in ("Earlier reply", "Reply"):
        server.send("vendor", reply, thread="ticket:7")
    tab = await open_inbox("vendor")
    press = tab.page.keyboard.press
    await tab.entry("One").locator("article").focus()
    for key in ("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowUp"):
        await press(key)
    await has_selected(tab, "One", "Two")
    await press("r")
    await expect(tab.page.locator("li.entry[data-read=true] a.open")).to_have_text(["One", "Two"])
    await expect(tab.entry("Two").locator("article")).to_be_focused()
    await press("x")
    await has_selected(tab, "Two")
    await press("Escape")
    await expect(bar(tab)).to_be_hidden()
    await press("Control+a")
    await expect(tab.page.get_by_role("status").filter(has_text="selected")).to_have_text("5 selected")
    await press("Delete")
    await tab.undo("5 notifications deleted", gone=tab.entry("Reply"))
    await tab.shows("Reply", "One", "Two", "Three")


async def test_on_a_phone_it_begins_with_a_button_and_what_the_server_refuses_is_taken_back(
    server: Server, open_inbox: OpenInbox
) -> None:
    sent(server, "outsider", "Upper", "Lower")
    tab = await open_inbox("outsider", width=375)
    tab.expected = re.compile("503")
    await tab.page.route("**/bulk/", lambda route: route.fulfill(status=503, json={"detail": "Not just now."}))
    await tab.press("Select")
    await expect(bar(tab).get_by_role("button", name="Archive")).to_be_disabled()
    for title in ("Upper", "Lower"):
        await tab.entry(title).click()
    await has_selected(tab, "Upper", "Lower")
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= 375
    assert await complaints_of_axe(tab.page) == []
    await bar(tab).get_by_role("button", name="Archive").click()
    await expect(tab.page.get_by_text("It could not be archived")).to_be_visible()
    await tab.shows("Upper", "Lower")
    await tab.counts(2)
    await expect(bar(tab)).to_be_hidden()
