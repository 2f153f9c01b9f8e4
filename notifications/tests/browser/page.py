"""The inbox page as a person sees it."""

import re
from collections.abc import Awaitable, Callable
from typing import Literal

from playwright.async_api import ConsoleMessage, Locator, Page, expect

from ..waiting import until

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = "light", "dark"
WITHIN_MS = 40_000
OUTAGE = re.compile(r"WebSocket connection to '\S+' failed|net::ERR_CONNECTION_REFUSED|net::ERR_EMPTY_RESPONSE")
COUNT_TOASTS = """
window.toasted = [];
customElements.whenDefined("tidings-inbox").then(() => {
  const note = (changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes)
      if (node.classList?.contains("toast")) window.toasted.push(node.querySelector(".title").textContent);
  };
  const watched = { childList: true, subtree: true };
  for (const inbox of document.querySelectorAll("tidings-inbox"))
    new MutationObserver(note).observe(inbox.shadowRoot, watched);
});
"""


class Tab:
    """One tab of a browser, on whichever page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.expected = re.compile(r"(?!)")  # what a test lets the console say
        page.set_default_timeout(WITHIN_MS)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        said = f"{message.text} {message.location.get('url', '')}"
        if message.type in {"error", "warning"} and not self.expected.search(said):
            self.complaints.append(said)

    async def open(self, path: str, *, by: str | None = None) -> None:
        """By somebody: signed in on the way, if they are not already."""
        await self.page.goto(path)
        if by and "/login/" in self.page.url:
            await self.page.get_by_label("Username").fill(by)
            await self.page.get_by_label("Password").fill("demo")
            await self.page.get_by_role("button", name=re.compile("^(Sign|Log) in$")).click()  # ours, the admin's
            await self.page.wait_for_url(lambda url: "/login/" not in url)

    async def look(self, width: int, scheme: Scheme) -> None:
        """The same page in another window, its colours no longer fading over."""
        await self.page.set_viewport_size({"width": width, "height": 800})
        await self.page.emulate_media(color_scheme=scheme)
        await self.page.evaluate("for (const fading of document.getAnimations()) fading.finish()")

    async def sign_out(self) -> None:
        await self.page.get_by_role("button", name="Account").click()
        await self.press("Sign out")

    async def press(self, button: str) -> None:
        await self.page.get_by_role("button", name=button, exact=True).click()


class Inbox(Tab):
    """The inbox page."""

    async def visit(self, username: str) -> None:
        await self.page.add_init_script(COUNT_TOASTS)
        await self.open("/", by=username)
        await self.is_live()

    async def is_live(self) -> None:
        await self.says("Live")
        await expect(self.page.locator("#sheet")).to_have_attribute("aria-busy", "false", timeout=WITHIN_MS)

    async def says(self, words: str | re.Pattern[str], *, within_ms: int = WITHIN_MS) -> None:
        await expect(self.page.locator("#connection")).to_have_text(words, timeout=within_ms)

    async def shows(self, *titles: str, within_ms: int = WITHIN_MS) -> None:
        """These and no others, newest first."""
        await expect(self.page.locator("li.entry a.open")).to_have_text(list(titles), timeout=within_ms)

    async def counts(self, unread: int) -> None:
        badge = self.page.locator("[data-unread-count]")
        await expect(badge).to_have_attribute("data-unread-count", str(unread), timeout=WITHIN_MS)
        await expect(badge.locator(".count")).to_have_text(str(unread))

    async def toasts(self) -> list[str]:
        """All that there have been since the page was loaded."""
        toasted: list[str] = await self.page.evaluate("window.toasted")
        return toasted

    async def toasted(self, *titles: str) -> None:
        """Until these have been, in this order, and no other."""

        async def are_there() -> bool:
            return await self.toasts() == list(titles)

        await until(are_there, f"toasts {titles}")

    def entry(self, title: str) -> Locator:
        return self.page.locator("li.entry", has=self.page.get_by_text(title, exact=True))

    async def act(self, title: str, button: str) -> None:
        await self.entry(title).hover()
        await self.entry(title).get_by_role("button", name=button).click()

    async def undo(self, says: str, *, gone: Locator | None = None) -> None:
        """Under the toast that says so. It stays while the mouse is on it, however slow the machine."""
        toast = self.page.locator(".toast", has_text=says)
        await toast.hover()
        if gone:
            await expect(gone).to_have_count(0)
        await toast.get_by_role("button", name="Undo").click()

    async def filter(self, name: str) -> None:
        await self.page.get_by_role("navigation", name="Show").get_by_role("button", name=name, exact=True).click()


OpenInbox = Callable[..., Awaitable[Inbox]]
Visit = Callable[..., Awaitable[Tab]]
