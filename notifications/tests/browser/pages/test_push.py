"""Web push, from the switch on the page to what the worker shows. The push service is stood in for; nothing else is."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, Worker, expect

from ...transports.browser import Browser
from ...transports.provider import Provider
from ...waiting import until
from ..page import Tab, Visit
from ..server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
PATH = "/preferences/"
# in place of the browser's own, which would ask a push service on the internet
SUBSCRIBING = """
(({endpoint, keys}) => {
  let current = JSON.parse(localStorage.getItem("subscribed") ?? "null");
  const subscription = {
    endpoint, toJSON: () => ({ endpoint, keys, expirationTime: null }),
    unsubscribe: async () => { current = null; localStorage.removeItem("subscribed"); return true; },
  };
  PushManager.prototype.subscribe = async (options) => {
    window.subscribedWith = options.applicationServerKey;
    current = subscription;
    localStorage.setItem("subscribed", "true");
    return subscription;
  };
  PushManager.prototype.getSubscription = async () => current && subscription;
})(%s);
"""
# Chromium forgets one that is being shown while getNotifications() is called: whoever asks waits for the worker first
COUNTED = """() => {
  const show = ServiceWorkerRegistration.prototype.showNotification;
  self.finished = 0;
  ServiceWorkerRegistration.prototype.showNotification = async function (...words) {
    await show.apply(this, words);
    self.finished += 1;
  };
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, tag, data: { link }, requireInteraction: stays }) => ({ title, body, tag, link, stays }))"""
# a worker may focus and open pages only when a person has really clicked
CLICKED = """async (title) => {
  const went = [];
  self.clients.openWindow = async (url) => void went.push(["opened", url]);
  WindowClient.prototype.focus = async function () { went.push(["focused", this.url]); return this; };
  WindowClient.prototype.navigate = async function (url) { went.push(["navigated", url]); return this; };
  const notification = (await self.registration.getNotifications()).find((one) => one.title === title);
  const click = new NotificationEvent("notificationclick", { notification });
  const answered = [];
  click.waitUntil = (promise) => answered.push(promise);
  self.dispatchEvent(click);
  await Promise.all(answered);
  return went;
}"""
CHANGED = """async (subscription) => {
  const change = new ExtendableEvent("pushsubscriptionchange"), answered = [];
  change.waitUntil = (promise) => answered.push(promise);
  self.dispatchEvent(Object.assign(change, { newSubscription: { toJSON: () => subscription } }));
  await Promise.all(answered);
}"""


def browser_at(outside: Provider, name: str) -> Browser:
    return Browser(f"{outside.url}/push/{name}")


def subscription(browser: Browser) -> dict[str, Any]:
    return {"endpoint": browser.endpoint, "keys": dict(browser.address.keys)}


async def turned_on(visit: Visit, username: str, browser: Browser) -> Tab:
    tab = await visit(PATH, by=username)
    await tab.page.context.grant_permissions(["notifications"])
    await tab.page.add_init_script(SUBSCRIBING % json.dumps(subscription(browser)))
    await tab.page.reload()
    await tab.press("Turn on here")
    await expect(tab.page.get_by_text("This browser takes part")).to_be_visible()
    return tab


async def worker_of(page: Page) -> Worker:
    await until(lambda: bool(page.context.service_workers), "a worker")
    return page.context.service_workers[-1]


async def deliverer(page: Page, origin: str) -> Callable[[Any], Awaitable[None]]:
    """What a push service does: hand these words to the worker. Over when they are shown."""
    devtools: CDPSession = await page.context.new_cdp_session(page)
    known: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: known.extend(one["registrationId"] for one in event["registrations"]),
    )
    await devtools.send("ServiceWorker.enable")
    await until(lambda: bool(known), "a registration")
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")  # nothing is delivered while it is installing
    worker = await worker_of(page)
    await worker.evaluate(COUNTED)
    delivered = 0

    async def all_are_shown() -> bool:
        return bool(await worker.evaluate("self.finished") == delivered)

    async def deliver(words: Any) -> None:
        nonlocal delivered
        delivered += 1
        text = words if isinstance(words, str) else json.dumps(words)
        said = {"origin": origin, "registrationId": known[-1], "data": text}
        await devtools.send("ServiceWorker.deliverPushMessage", said)
        await until(all_are_shown, f"push no. {delivered}")

    return deliver


async def shown(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await page.evaluate(SHOWN)
    return found


def devices(server: Server, username: str) -> list[str]:
    listed = server.call("GET", "/api/notifications/devices/", by=username)
    return [one["endpoint"] for one in listed["results"]]


def pushes(outside: Provider, name: str) -> list[Any]:
    return [one for one in outside.received if one.path == f"/push/{name}"]


async def test_what_is_sent_is_decrypted_and_shown_once(server: Server, visit: Visit, outside: Provider) -> None:
    browser = browser_at(outside, "rider")
    tab = await turned_on(visit, "rider", browser)
    key = server.call("GET", "/api/notifications/devices/", by="rider")["vapid_public_key"]
    assert await tab.page.evaluate("window.subscribedWith") == key
    assert devices(server, "rider") == [browser.endpoint]
    server.send("rider", "Your lift", channels=["inbox", "push"], link="/preferences/", priority="urgent")
    await until(lambda: bool(pushes(outside, "rider")), "a push")
    words = browser.decrypt(pushes(outside, "rider")[0].body)
    deliver = await deliverer(tab.page, server.url)
    for _ in range(2):  # a second attempt of the same delivery
        await deliver(words)
    await deliver("no JSON at all")
    news, lift = sorted(await shown(tab.page), key=lambda one: str(one["title"]))
    assert lift == {
        "title": "Your lift",
        "body": "About Your lift",
        "tag": f"tidings-{words['id']}",
        "link": f"{server.url}/preferences/",
        "stays": True,
    }
    assert (news["title"], news["link"]) == ("You have news", None)


async def test_a_click_goes_to_the_page_that_is_open_or_opens_one(
    server: Server, visit: Visit, outside: Provider
) -> None:
    tab = await turned_on(visit, "volunteer", browser_at(outside, "volunteer"))
    deliver, worker = await deliverer(tab.page, server.url), await worker_of(tab.page)
    links = {
        "There": f"{server.url}/preferences/",
        "Elsewhere here": f"{server.url}/password/change/",
        "Another site": "https://shop.example/x",
        "No address": "javascript:alert(1)",
    }
    for number, (title, link) in enumerate(links.items()):
        await deliver({"id": number, "title": title, "link": link, "priority": "urgent"})  # stays until it is clicked
    assert {one["title"] for one in await shown(tab.page)} == set(links)
    assert await worker.evaluate(CLICKED, "There") == [["focused", f"{server.url}/preferences/"]]
    assert await worker.evaluate(CLICKED, "Elsewhere here") == [["opened", f"{server.url}/password/change/"]]
    assert await worker.evaluate(CLICKED, "Another site") == [["opened", "https://shop.example/x"]]
    assert await worker.evaluate(CLICKED, "No address") == [["opened", f"{server.url}/"]]

    async def none_is_left() -> bool:
        return not await shown(tab.page)

    await until(none_is_left, "all closed")


async def test_a_browser_that_changes_its_address_says_so(server: Server, visit: Visit, outside: Provider) -> None:
    tab = await turned_on(visit, "reviewer", browser_at(outside, "reviewer"))
    moved = browser_at(outside, "reviewer-moved")
    await (await worker_of(tab.page)).evaluate(CHANGED, subscription(moved))
    assert moved.endpoint in devices(server, "reviewer")


async def test_a_browser_is_taken_off_the_list_here_and_from_elsewhere(
    server: Server, visit: Visit, outside: Provider
) -> None:
    tab = await turned_on(visit, "driver", browser_at(outside, "driver"))
    await expect(tab.page.locator(".devices li")).to_contain_text("this browser")
    await tab.press("Turn off here")
    await expect(tab.page.get_by_text("This browser does not take part.")).to_be_visible()
    assert devices(server, "driver") == []
    other = {"kind": "webpush", **subscription(browser_at(outside, "elsewhere"))}
    server.call("POST", "/api/notifications/devices/", by="driver", **other)
    await tab.page.reload()
    await tab.page.get_by_role("button", name="Remove A browser").click()
    await expect(tab.page.locator(".devices li")).to_have_count(0)
    assert devices(server, "driver") == []


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("delete window.PushManager", "This browser cannot receive push."),
        (
            "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })",
            "This browser blocks notifications",
        ),
    ],
)
async def test_what_cannot_be_is_said_plainly(visit: Visit, script: str, says: str) -> None:
    tab = await visit(PATH, by="vendor")
    await tab.page.add_init_script(script)
    await tab.page.reload()
    await expect(tab.page.get_by_text(says)).to_be_visible()
    await expect(tab.page.get_by_role("button", name="Turn on here")).to_be_hidden()
