"""The documents of the API in Chromium: they ask nobody but us, and what is tried there is done by the session."""

import json

import pytest
from playwright.async_api import Route

from ..page import Scheme, Visit
from ..server import Server
from .test_accessible import LOOKS, complaints_of_axe

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
MARK_ALL = "/api/notifications/mark_all_as_read/"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_an_operation_is_found_and_tried_with_nobody_else_asked(
    server: Server, visit: Visit, width: int, scheme: str
) -> None:
    server.send("requester", "To be read")
    tab = await visit("/", by="requester", width=width, scheme=scheme)
    page, elsewhere = tab.page, []

    async def forbid(route: Route) -> None:
        elsewhere.append(route.request.url)
        await route.abort()

    await page.context.route(lambda url: not url.startswith((server.url, "data:", "blob:")), forbid)
    await tab.open("/api/docs/")
    operation = page.locator(".opblock", has=page.locator(f'[data-path="{MARK_ALL}"]'))
    await operation.locator(".opblock-summary-control").click()
    found = await complaints_of_axe(page)
    assert [one for one in found if "(serious)" in one or "(critical)" in one] == []
    await operation.get_by_role("button", name="Try it out").click()
    async with page.expect_response(f"**{MARK_ALL}") as answered:
        await operation.get_by_role("button", name="Execute").click()
    answer = await answered.value
    assert answer.status == 200, await answer.text()
    assert json.loads(await answer.text()) is not None
    assert server.call("GET", "/api/notifications/unread_count/", by="requester")["unread_count"] == 0
    assert elsewhere == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_they_are_dark_where_the_system_is_and_fit_a_phone(visit: Visit, width: int, scheme: Scheme) -> None:
    tab = await visit("/api/docs/", width=width, scheme=scheme)
    page = tab.page
    await page.locator(".opblock-post .opblock-summary-control").first.click()
    await page.locator(".responses-table").wait_for()
    dark = await page.evaluate("getComputedStyle(document.documentElement).colorScheme === 'dark'")
    assert dark == (scheme == "dark")
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    section = await page.locator(".opblock-tag small").first.bounding_box()
    assert section
    assert section["width"] > width / 2
