"""The preferences page: each change is saved by itself, shown at once, and taken back where the server refuses it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from ...transports.provider import Provider
from ...waiting import until
from ..page import Tab, Visit
from ..server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
PATH = "/preferences/"


async def kept(server: Server, username: str, so: Callable[[dict[str, Any]], bool]) -> None:
    """Until the server has it so: the page shows a change before it is saved."""
    await until(lambda: so(server.call("GET", "/api/notifications/preferences/", by=username)), "kept")


async def saved(page: Page) -> None:
    await expect(page.get_by_role("status").filter(has_text=re.compile("^Saved$"))).to_be_visible()


async def opened(visit: Visit, username: str, group: str, **window: object) -> Tab:
    tab = await visit(PATH, by=username, **window)
    await tab.page.locator("summary", has_text=group).click()
    return tab


async def test_a_tick_is_saved_and_is_there_after_a_reload(server: Server, visit: Visit) -> None:
    tab = await opened(visit, "rider", "Info")
    cell = tab.page.get_by_label("General by push")
    await cell.uncheck()
    await saved(tab.page)
    await kept(server, "rider", lambda now: now["kinds"]["general"]["push"] is False)
    await tab.page.reload()
    await tab.page.locator("summary", has_text="Info").click()
    await expect(cell).not_to_be_checked()


async def test_what_the_server_refuses_is_taken_back_and_said_beside_it(server: Server, visit: Visit) -> None:
    tab = await opened(visit, "rider", "Info")
    tab.expected = re.compile("503")
    page, row = tab.page, tab.page.locator("tr[data-kind=general]")
    await page.route("**/preferences/", lambda route: route.fulfill(status=503, json={"detail": "Not just now."}))
    await row.get_by_label("General by e-mail").click()  # no uncheck(): it may be taken back sooner than looked at
    await expect(row.get_by_role("alert")).to_have_text("Not just now. Nothing was changed.")
    await expect(row.get_by_label("General by e-mail")).to_be_checked()
    await page.unroute("**/preferences/")
    await row.get_by_label("General by e-mail").uncheck()
    await saved(page)
    await expect(row.locator(".problem")).to_be_empty()


async def test_what_is_mandatory_is_locked_and_says_why(visit: Visit) -> None:
    tab = await opened(visit, "rider", "Security")
    row = tab.page.locator("tr[data-kind=security_alert]")
    await expect(row.get_by_text("Always comes")).to_be_visible()
    for box in await row.get_by_role("checkbox").all():
        await expect(box).to_be_disabled()
        await expect(box).to_be_checked()


async def test_kinds_are_gathered_and_muted_and_categories_too(server: Server, visit: Visit) -> None:
    tab = await opened(visit, "volunteer", "Info")
    page = tab.page
    await page.get_by_label("General: how").select_option("3600")
    await kept(server, "volunteer", lambda now: now["digest"].get("general") == {"window_s": 3600})
    await page.get_by_label("General: how").select_option("muted")
    await page.get_by_label("Mute all of “Info”").check()
    await expect(page.locator("summary", has_text="Info").get_by_text("Muted")).to_be_visible()
    await kept(
        server, "volunteer", lambda now: (now["muted_types"], now["muted_categories"]) == (["general"], ["info"])
    )
    await page.get_by_label("General: how").select_option("0")
    await expect(page.locator("tr[data-kind=general].muted")).to_have_count(0)
    await kept(server, "volunteer", lambda now: now["muted_types"] == [])


async def test_without_a_mouse_a_kind_is_found_and_switched_off(server: Server, visit: Visit) -> None:
    tab = await visit(PATH, by="driver")
    page = tab.page
    await page.get_by_label("Find a kind").click()  # once it is there
    await page.keyboard.type("ride acc")
    await expect(page.locator("tbody tr:visible")).to_have_count(1)
    for _ in range(4):  # the group, its mute, the open page, e-mail
        await page.keyboard.press("Tab")
    await expect(page.get_by_label("Ride accepted by e-mail")).to_be_focused()
    await page.keyboard.press("Space")
    await saved(page)
    await kept(server, "driver", lambda now: now["kinds"]["ride_accepted"]["email"] is False)
    await page.get_by_label("Find a kind").fill("no such kind")
    await expect(page.get_by_text("No kind is called that.")).to_be_visible()


async def test_quiet_hours_and_the_zone_they_are_in(server: Server, visit: Visit) -> None:
    tab = await visit(PATH, by="driver")
    page = tab.page
    await page.get_by_label("Quiet hours").check()
    await saved(page)
    await page.get_by_label("From").fill("21:30")
    await page.get_by_label("Time zone").fill("Europe/Lisbon")
    await page.get_by_label("Time zone").press("Enter")
    await expect(page.get_by_label("Time zone")).to_have_value("Europe/Lisbon")
    tab.expected = re.compile("400")
    await page.get_by_label("Time zone").fill("Europe/Lisabon")
    await page.get_by_label("Time zone").press("Tab")
    await expect(page.get_by_text("Did you mean Europe/Lisbon?")).to_be_visible()
    await expect(page.get_by_label("Time zone")).to_have_value("Europe/Lisbon")
    night = {"start": "21:30", "end": "08:00"}
    await kept(server, "driver", lambda now: (now["quiet_hours"], now["timezone"]) == (night, "Europe/Lisbon"))


async def test_filters_and_mutes(server: Server, visit: Visit) -> None:
    tab = await visit(PATH, by="reviewer", width=375)
    page = tab.page
    await page.get_by_label("Least priority", exact=True).select_option("high")
    await page.get_by_label("Age", exact=True).select_option("86400")
    await page.get_by_role("group", name="Only these categories").get_by_label("Error").uncheck()
    await page.get_by_label("Tags", exact=True).fill("weekly")
    await page.get_by_label("Tags", exact=True).press("Enter")
    await expect(page.get_by_role("list", name="Muted tags").get_by_text("weekly")).to_be_visible()
    await kept(
        server,
        "reviewer",
        lambda now: (
            (now["min_priority"], now["max_age_s"], now["muted_tags"]) == ("high", 86_400, ["weekly"])
            and "error" not in now["only_categories"]
        ),
    )
    await page.get_by_role("button", name="Unmute weekly").click()
    await expect(page.get_by_role("list", name="Muted tags").locator("li")).to_have_count(0)


async def test_the_page_is_not_wider_than_a_phone(visit: Visit) -> None:
    tab = await opened(visit, "reviewer", "Success", width=375)
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= 375
    cell = await tab.page.get_by_label("Task completed by WhatsApp").locator("..").bounding_box()
    assert cell
    assert cell["width"] >= 44
    assert cell["height"] >= 44


async def test_a_test_is_sent_and_says_what_became_of_it(visit: Visit) -> None:
    tab = await visit(PATH, by="vendor")
    page = tab.page.locator("[data-channel=websocket]").first
    await page.get_by_role("button", name="Send me a test").click()
    await expect(page.get_by_text("Sent to every open page of yours.")).to_be_visible()
    mail = tab.page.locator(".way[data-channel=email]")
    await mail.get_by_role("button", name="Send me a test").click()
    await expect(mail.get_by_text("Sent. It should be with you any moment.")).to_be_visible(timeout=20_000)
    push = tab.page.locator(".way[data-channel=whatsapp]")
    await expect(push.get_by_text("Not set up in this installation.")).to_be_visible()
    await expect(push.get_by_role("button", name="Send me a test")).to_be_disabled()


async def test_a_phone_is_used_once_its_code_is_typed(server: Server, visit: Visit, outside: Provider) -> None:
    tab = await visit(PATH, by="vendor")
    page = tab.page
    tab.expected = re.compile("400")
    await page.get_by_label("Number, with country code").fill("12")
    await page.get_by_role("button", name="Send me a code").click()
    await expect(page.get_by_text("Not a phone number.")).to_be_visible()
    await page.get_by_label("Number, with country code").fill("+49 170 1234567")
    await page.get_by_role("button", name="Send me a code").click()
    await expect(page.get_by_label("The six digits of the code")).to_be_focused()
    sent = next(one.form["Body"] for one in reversed(outside.received) if one.path.endswith("Messages.json"))
    await page.keyboard.type("000000" if "000000" not in sent else "111111")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Tries left: 4.")).to_be_visible()
    await page.get_by_label("The six digits of the code").fill(sent.split()[0])
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("+491701234567, verified.")).to_be_visible()
    await expect(page.locator(".way[data-channel=sms]").get_by_text("+491701234567")).to_be_visible()
    await kept(server, "vendor", lambda now: now["phone"] == "+491701234567")


async def test_a_page_that_cannot_load_says_so_and_tries_again(visit: Visit) -> None:
    tab = await visit(PATH, by="rider")
    tab.expected = re.compile("ERR_FAILED|503")
    page = tab.page
    await page.route("**/api/notifications/channels/", lambda route: route.abort())
    await page.reload()
    await expect(page.get_by_text("Your preferences could not be loaded.")).to_be_visible()
    await page.unroute("**/api/notifications/channels/")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="What comes where")).to_be_visible()
