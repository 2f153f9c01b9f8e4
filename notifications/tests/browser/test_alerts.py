"""Sound and the browser's own notifications, where they are wished for and allowed; and which tab shows a toast."""

import pytest
from playwright.async_api import expect

from ..waiting import until
from .page import Inbox, OpenInbox
from .server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
LISTEN = """() => {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
}"""
WATCH = """() => {
  window.told = [];
  window.Notification = class extends Notification {
    constructor(title, options) { super(title, options); window.told.push(this); }
  };
}"""
TOLD = "told.map(({ title, body, tag }) => [title, body, tag])"
LOOK_AWAY = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })"
HOLD_UNTIL_IT_IS_LISTED = """async () => {
  const { held: [{ name }] } = await navigator.locks.query();
  const { shadowRoot: inbox } = document.querySelector("tidings-inbox");
  const isListed = new Promise((listed) => {
    const look = () => inbox.querySelector("li.entry") && listed(window.before ??= [...window.toasted]);
    new MutationObserver(look).observe(inbox, { childList: true, subtree: true });
  });
  await new Promise((taken) => navigator.locks.request(name, { steal: true }, () => (taken(), isListed)));
}"""
WAITS_ALONE = "navigator.locks.query().then(({ held, pending }) => held.length === 1 && pending.length === 1)"
LEADS_ALONE = "navigator.locks.query().then(({ held, pending }) => held.length === 1 && pending.length === 0)"


async def wish(tab: Inbox, name: str, *, on: bool = True) -> None:
    await tab.press("Settings")
    await tab.page.get_by_role("checkbox", name=name, exact=True).set_checked(on)
    await tab.page.keyboard.press("Escape")


async def test_a_sound_is_made_only_while_it_is_wished_for(server: Server, open_inbox: OpenInbox) -> None:
    tab = await open_inbox("driver")
    await tab.page.evaluate(LISTEN)
    server.send("driver", "In silence")
    await tab.toasted("In silence")
    assert await tab.page.evaluate("tones") == 0
    await wish(tab, "Sound")
    assert await tab.page.evaluate("tones") == 2, "so one hears at once how it sounds"
    server.send("driver", "With a sound")
    await tab.toasted("In silence", "With a sound")
    assert await tab.page.evaluate("tones") == 4
    await wish(tab, "Sound", on=False)
    server.send("driver", "In silence again")
    await tab.toasted("In silence", "With a sound", "In silence again")
    assert await tab.page.evaluate("tones") == 4


async def test_the_browser_tells_who_wished_for_it_and_looks_elsewhere(server: Server, open_inbox: OpenInbox) -> None:
    tab = await open_inbox("rider")
    await tab.page.context.grant_permissions(["notifications"])
    await tab.page.evaluate(WATCH)
    await wish(tab, "Browser notifications")
    server.send("rider", "Before their eyes")
    await tab.toasted("Before their eyes")
    assert await tab.page.evaluate(TOLD) == []
    await tab.page.evaluate(LOOK_AWAY)
    server.send("rider", "Behind their back")
    await tab.toasted("Before their eyes", "Behind their back")
    shown = tab.entry("Behind their back")
    tag = f"tidings-{await shown.get_attribute('data-id')}"
    assert await tab.page.evaluate(TOLD) == [["Behind their back", "About Behind their back", tag]]
    await tab.page.evaluate("told[0].dispatchEvent(new Event('click'))")
    await expect(shown).to_have_attribute("data-read", "true")


async def test_where_the_browser_does_not_allow_it_that_is_said_and_nothing_told(
    server: Server, open_inbox: OpenInbox
) -> None:
    tab = await open_inbox("vendor")
    await tab.page.context.grant_permissions([])  # of all there are, none
    await tab.page.evaluate(WATCH)
    await tab.press("Settings")
    box = tab.page.get_by_label("Browser notifications")
    await box.click()
    await expect(tab.page.get_by_text("The browser does not allow them for this page.")).to_be_visible()
    await expect(box).not_to_be_checked()
    await tab.page.evaluate(LOOK_AWAY)
    server.send("vendor", "Toasted alone")
    await tab.toasted("Toasted alone")
    assert await tab.page.evaluate(TOLD) == []


async def test_when_the_leading_tab_is_closed_the_other_shows_the_next_toast_once(
    server: Server, open_inbox: OpenInbox
) -> None:
    one, leading = await open_inbox("volunteer"), await open_inbox("volunteer")
    server.send("volunteer", "For who leads")
    await leading.toasted("For who leads")
    await one.shows("For who leads")
    await leading.page.close()

    async def leads() -> bool:
        return bool(await one.page.evaluate(LEADS_ALONE))

    await until(leads, "the hand-over")
    server.send("volunteer", "For who is left")
    await one.shows("For who is left", "For who leads")
    await one.toasted("For who is left")


async def test_what_comes_before_the_other_tab_leads_is_shown_when_it_does(
    server: Server, open_inbox: OpenInbox
) -> None:
    one, leading = await open_inbox("reviewer"), await open_inbox("reviewer")
    await one.page.evaluate(LOOK_AWAY)  # who is looked at leads at once
    await one.page.evaluate(HOLD_UNTIL_IT_IS_LISTED)
    await leading.page.close()

    async def waits() -> bool:
        return bool(await one.page.evaluate(WAITS_ALONE))

    await until(waits, "the tab that is left, in the queue")
    server.send("reviewer", "While none leads")
    await one.toasted("While none leads")
    assert await one.page.evaluate("before") == []
    server.send("reviewer", "While one does")
    await one.toasted("While none leads", "While one does")
