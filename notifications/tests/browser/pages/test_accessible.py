"""axe-core finds nothing on any page of ours, in light and dark, on a desk and in a hand; and the console is silent."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from ..page import Scheme, Tab, Visit
from ..server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240, func_only=True), pytest.mark.once]
SIGNED_OUT = ("/login/", "/password/reset/", "/password/reset/sent/", "/password/reset/MQ/x-y/", "/unsubscribe/none/")
SIGNED_IN = ("/", "/preferences/", "/password/change/")
LOOKS: list[tuple[int, Scheme]] = [(1100, "light"), (375, "dark")]


async def complaints_of_axe(page: Page) -> list[str]:
    # no preload: it copies the sheets of shadow roots into <style>, which our policy forbids
    found = await Axe().run(page, options={"resultTypes": ["violations"], "preload": False})
    return [
        f"{page.url}: {one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


async def settled(tab: Tab) -> None:
    await tab.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_pages_for_everybody(visit: Visit, width: int, scheme: str) -> None:
    found = []
    tab = await visit("/login/", width=width, scheme=scheme)
    tab.expected = re.compile("404")  # the last of them is a link that is none of ours
    for path in SIGNED_OUT:
        await tab.open(path)
        found += await complaints_of_axe(tab.page)
    assert found == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_pages_for_who_is_signed_in(server: Server, visit: Visit, width: int, scheme: str) -> None:
    server.send("admin", "Something to read", priority="high")
    tab = await visit("/", by="admin", width=width, scheme=scheme)
    found = []
    for path in SIGNED_IN:
        await tab.open(path)
        await settled(tab)
        for group in await tab.page.locator("details").all():
            await group.evaluate("(group) => (group.open = true)")
        found += await complaints_of_axe(tab.page)
    await tab.page.get_by_role("button", name="Account").click()
    found += await complaints_of_axe(tab.page)
    assert found == []
