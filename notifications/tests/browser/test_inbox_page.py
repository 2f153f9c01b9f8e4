"""The inbox page in Chromium. Each test has a person of its own, so that none finds what another has sent."""

import re

import pytest
from playwright.async_api import expect

from ..waiting import until
from .page import OUTAGE, OpenInbox
from .server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]


async def test_what_is_sent_appears_in_both_tabs_of_a_person(server: Server, open_inbox: OpenInbox) -> None:
    one, other = await open_inbox("driver"), await open_inbox("driver")
    server.send("driver", "A ride for you")
    for tab in (one, other):
        await tab.shows("A ride for you")
        await tab.counts(1)
    await other.toasted("A ride for you")  # in the tab that was looked at last
    assert await one.toasts() == []


async def test_reading_in_one_tab_shows_in_the_other(server: Server, open_inbox: OpenInbox) -> None:
    server.send("rider", "First")
    server.send("rider", "Second")
    one, other = await open_inbox("rider"), await open_inbox("rider")
    await other.filter("Unread")
    await other.shows("Second", "First")
    await one.act("Second", "Mark as read: Second")
    await other.shows("First")
    for tab in (one, other):
        await tab.counts(1)
    await expect(one.entry("Second")).to_have_attribute("data-read", "true")
    await one.act("Second", "Mark as unread: Second")
    await other.shows("Second", "First")
    await other.counts(2)


async def test_a_killed_server_is_noticed_and_nothing_is_lost_or_shown_twice(
    server: Server, open_inbox: OpenInbox
) -> None:
    tab = await open_inbox("reviewer")
    tab.expected = OUTAGE
    server.send("reviewer", "Before")
    await tab.shows("Before")
    server.kill()
    await tab.says(re.compile("Reconnecting…|Offline"))
    for title in ("Meanwhile one", "Meanwhile two"):
        server.send_while_down("reviewer", title)
    server.start()
    await tab.says("Live", within_ms=90_000)  # the longest pause between two tries is 30 s
    server.send("reviewer", "After")
    await tab.shows("After", "Meanwhile two", "Meanwhile one", "Before")
    await tab.counts(4)
    await tab.toasted("Before", "Meanwhile one", "Meanwhile two", "After")
    await tab.page.reload()
    await tab.is_live()
    await tab.shows("After", "Meanwhile two", "Meanwhile one", "Before")
    assert await tab.toasts() == []


async def test_mark_all_read_reaches_the_other_tab(server: Server, open_inbox: OpenInbox) -> None:
    for number in range(3):
        server.send("volunteer", f"No. {number}")
    one, other = await open_inbox("volunteer"), await open_inbox("volunteer")
    await one.counts(3)
    await one.press("Mark all read")
    for tab in (one, other):
        await tab.counts(0)
        await expect(tab.page.locator("li.entry[data-read=false]")).to_have_count(0)
    await one.filter("Unread")
    await expect(one.page.get_by_text("You have read everything")).to_be_visible()


async def test_what_is_archived_leaves_the_list_of_all_tabs_and_comes_back(
    server: Server, open_inbox: OpenInbox
) -> None:
    server.send("vendor", "Keep")
    server.send("vendor", "Put away")
    one, other = await open_inbox("vendor"), await open_inbox("vendor")
    await one.act("Put away", "Archive: Put away")
    for tab in (one, other):
        await tab.shows("Keep")
        await tab.counts(1)
    await other.filter("Archived")
    await other.shows("Put away")
    await other.act("Put away", "Move to inbox: Put away")
    await one.shows("Put away", "Keep")
    await one.counts(2)


async def test_what_fails_is_taken_back_and_said(server: Server, open_inbox: OpenInbox) -> None:
    server.send("outsider", "Stubborn")
    tab = await open_inbox("outsider")
    tab.expected = re.compile("503")
    await tab.page.route("**/archive/", lambda route: route.fulfill(status=503, json={"detail": "Not just now."}))
    await tab.act("Stubborn", "Archive: Stubborn")
    await expect(tab.page.get_by_text("It could not be archived")).to_be_visible()
    await tab.shows("Stubborn")
    await tab.counts(1)


async def test_signing_out_in_one_tab_stops_the_other(open_inbox: OpenInbox) -> None:
    one, other = await open_inbox("engineer2"), await open_inbox("engineer2")
    one.expected = other.expected = re.compile("401")  # whatever was being loaded just then
    await one.sign_out()
    await one.page.wait_for_url("**/login/**")
    await other.says("Signed out", within_ms=30_000)
    await expect(other.page.get_by_role("link", name="Sign in again")).to_be_visible()


async def test_text_is_never_markup_and_only_web_addresses_are_links(server: Server, open_inbox: OpenInbox) -> None:
    markup = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"
    server.send("requester", markup, message=markup)
    tab = await open_inbox("requester")
    entry = tab.page.locator("li.entry", has=tab.page.get_by_text(markup, exact=True)).first
    await expect(entry.locator(".message")).to_have_text(markup)
    assert await tab.page.evaluate("window.broken") is None
    assert await tab.page.evaluate(SAFE_LINKS) == [None, None, None, None, f"{server.url}/x", "https://a.example/"]


SAFE_LINKS = """async () => {
  const { safeLink } = await import("/static/notifications/inbox/view/make.js");
  const links = [null, "javascript:alert(1)", "data:text/html,x", "x.html", "/x", "https://a.example/"];
  return links.map((link) => safeLink(link)?.href ?? null);
}"""


async def test_older_ones_come_while_scrolling_each_once(server: Server, open_inbox: OpenInbox) -> None:
    titles = [f"No. {number}" for number in range(45)]
    for title in titles:
        server.send("engineer", title)
    tab = await open_inbox("engineer", width=375)
    shown = tab.page.locator("li.entry a.open").filter(has_text=re.compile("^No. "))
    await tab.page.mouse.move(180, 400)

    async def all_came() -> bool:
        await tab.page.mouse.wheel(0, 5_000)
        return await shown.count() >= len(titles)

    await until(all_came, "the oldest")
    await expect(shown).to_have_text(titles[::-1])
    width = await tab.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375


async def test_the_keyboard_alone_will_do(server: Server, open_inbox: OpenInbox) -> None:
    server.send("manager", "Lower")
    server.send("manager", "Upper")
    tab = await open_inbox("manager")
    upper, lower = tab.entry("Upper"), tab.entry("Lower")
    await upper.locator("article").focus()
    await tab.page.keyboard.press("ArrowDown")
    await expect(lower.locator("article")).to_be_focused()
    await tab.page.keyboard.press("r")
    await expect(lower).to_have_attribute("data-read", "true")
    await tab.page.keyboard.press("ArrowUp")
    await tab.page.keyboard.press("e")
    await expect(upper).to_have_count(0)
    await expect(lower.locator("article")).to_be_focused()  # the focus goes to the next one, not to nowhere


async def test_a_choice_is_made_once_and_shows_in_the_other_tab(server: Server, open_inbox: OpenInbox) -> None:
    offered = [{"id": "approve", "label": "Approve"}, {"id": "reject", "label": "<b>Reject</b>"}]
    server.send("engineer2", "May it come back?", actions=offered)
    one, other = await open_inbox("engineer2"), await open_inbox("engineer2")
    await expect(other.entry("May it come back?").get_by_text("<b>Reject</b>")).to_be_visible()
    await one.act("May it come back?", "Approve: May it come back?")
    for tab in (one, other):
        await expect(tab.entry("May it come back?").get_by_text("Chosen: Approve")).to_be_visible()
        await expect(tab.page.locator("[data-choice]")).to_have_count(0)
        await expect(tab.entry("May it come back?")).to_have_attribute("data-read", "true")
    await expect(one.entry("May it come back?").locator("article")).to_be_focused()
    await one.page.reload()
    await expect(one.entry("May it come back?").get_by_text("Chosen: Approve")).to_be_visible()
