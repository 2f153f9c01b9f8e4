"""Screenshots of every page, in light and dark, on a desk and in a hand: `make gallery`. docs/gallery.md shows them.

The product is started as a person would start it, in a folder of its own, and plays the demo. DEBUG is off, so that
the pages of errors are those that people see.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from ..conftest import chromium
from .pictures import reduced

ROOT = Path(__file__).resolve().parents[4]
FOLDER = ROOT / "docs" / "gallery"
START_S = 180
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 720}, "color_scheme": "light", "has_touch": True},
}
HOST_PAGE = """async () => {
  document.title = "A page of another product";
  document.body.innerHTML = `<header class="top"><div class="bar"><strong>Corner shop</strong>
    <div class="who"><tidings-inbox id="bell"></tidings-inbox></div></div></header>
    <main class="column"><h1>Orders</h1><p class="quiet">Another product, with the bell in its corner.</p></main>`;
  await import("/static/notifications/tidings-inbox.js");
}"""


# --- the product, and what can be found in it --------------------------------
@dataclass(frozen=True)
class Product:
    folder: Path
    url: str

    def letters(self) -> list[EmailMessage]:
        files = sorted((self.folder / "mail").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def letter(self, subject: str) -> EmailMessage:
        found: list[EmailMessage] = _patiently(lambda: [one for one in self.letters() if subject in one["Subject"]])
        return found[-1]

    def link(self, subject: str, pattern: str) -> str:
        body = self.letter(subject).get_body(("plain",))
        found = re.search(pattern, body.get_content() if body else "")
        assert found, f"no link in “{subject}”"
        return found[0]

    def one_of(self, listing: str, page: Page, **fits: Any) -> dict[str, Any]:
        """The first in this list of the API that looks so, as the signed-in person sees it."""
        rows = json.loads(page.request.get(f"{self.url}{listing}").body())["results"]
        return next(row for row in rows if fits.items() <= row.items())

    def write(self, statement: str) -> None:
        with closing(sqlite3.connect(self.folder / "tidings.sqlite3", timeout=30)) as database, database:
            database.execute(statement)


def _patiently(look: Callable[[], list[Any]]) -> list[Any]:
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)
    return found


@contextmanager
def running(folder: Path, port: int) -> Iterator[Product]:
    """Prepared, with the demo's people and stories; ended at the end."""
    url = f"http://127.0.0.1:{port}"
    laptop = {
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "SECRET_KEY": "for-a-gallery-only",
        "THROTTLE_SIGN_IN": "600/min",
    }
    shown = {**laptop, "DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    for words in (["prepare"], ["seed_demo"]):
        _manage(words, laptop)
    process = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=ROOT, env={**os.environ, **shown})
    try:
        _answering(url, process)
        _manage(["demo", "--pause-s", "0"], laptop)
        yield Product(folder, url)
    finally:
        process.terminate()
        process.wait(30)


def _manage(words: list[str], environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _answering(url: str, process: "subprocess.Popen[bytes]") -> None:
    import httpx

    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise SystemExit("gallery: the product did not start")


# --- the pages -----------------------------------------------------------------
Visit = Callable[[Page, Product], None]


def at(path: str) -> Visit:
    return lambda page, product: _go(page, product.url + path)


def _go(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_load_state("load")


def preferences_grid(page: Page, product: Product) -> None:
    at("/preferences/")(page, product)
    page.locator("summary", has_text="Success").click()
    page.locator("summary", has_text="Security").click()
    page.locator("#kinds").evaluate("(heading) => scrollTo(0, heading.getBoundingClientRect().top + scrollY - 90)")


def new_password(page: Page, product: Product) -> None:
    at("/password/reset/")(page, product)
    page.get_by_label("E-mail address").fill("engineer2@demo.example")
    page.get_by_role("button").click()
    page.wait_for_url("**/sent/")
    page.goto(product.link("Set a new password", r"http\S+/password/reset/\S+"))


def letter(page: Page, product: Product) -> None:
    body = product.letter("Ticket assigned").get_body(("html",))
    page.goto("about:blank")  # not under the policy of our pages
    page.set_content(body.get_content() if body else "")


def linked(pattern: str) -> Visit:
    return lambda page, product: _go(page, product.link("Ticket assigned", pattern))


def panel(page: Page, product: Product) -> None:
    at("/password/change/")(page, product)
    page.evaluate(HOST_PAGE)
    page.locator("tidings-inbox").get_by_role("button").first.click()


def documents(page: Page, product: Product) -> None:
    at("/api/docs/")(page, product)
    page.locator(".opblock").first.wait_for()


def broken(page: Page, product: Product) -> None:
    """A table is missing, as after half an upgrade."""
    product.write("ALTER TABLE core_ticket RENAME TO core_ticket_elsewhere")
    at("/admin/core/ticket/")(page, product)
    product.write("ALTER TABLE core_ticket_elsewhere RENAME TO core_ticket")


def connections(page: Page, product: Product) -> None:
    """While two people have their inboxes open."""
    assert page.context.browser
    for username in ("engineer", "driver"):
        inbox = page.context.browser.new_page()
        sign_in(inbox, product, username)
        inbox.locator("#connection[data-state=online]").wait_for()
    at("/admin/notifications/connection/")(page, product)


def console(model: str, id_field: str) -> Visit:
    """The page of one that was told by e-mail, too."""

    def visited(page: Page, product: Product) -> None:
        row = product.one_of("/api/admin/notifications/?limit=100", page, notification_type="ticket_assigned")
        at(f"/admin/notifications/{model}/{row[id_field]}/change/")(page, product)

    return visited


PAGES: list[tuple[str, str, Visit]] = [  # name, who, how one gets there
    ("sign-in", "", at("/login/")),
    ("forgotten", "", at("/password/reset/")),
    ("new-password", "", new_password),
    ("change-password", "engineer", at("/password/change/")),
    ("inbox", "engineer", at("/")),
    ("inbox-empty", "outsider", at("/")),
    ("panel", "engineer", panel),
    ("preferences", "engineer", at("/preferences/")),
    ("preferences-grid", "engineer", preferences_grid),
    ("letter", "", letter),
    ("unsubscribe", "", linked(r"http\S+/unsubscribe/\S+")),
    ("your-e-mail", "", linked(r"http\S+/preferences/\S+")),
    ("not-found", "", at("/nowhere/")),
    ("broken", "admin", broken),
    ("console", "admin", at("/admin/")),
    ("console-person", "admin", console("inbox", "user_id")),
    ("console-notification", "admin", console("notificationlog", "id")),
    ("console-event", "admin", console("event", "event_id")),
    ("console-send", "admin", at("/admin/notifications/event/send/")),
    ("console-broadcast", "admin", at("/admin/notifications/event/broadcast/")),
    ("console-connections", "admin", connections),
    ("console-channels", "admin", at("/admin/notifications/pausedchannel/")),
    ("console-audit", "admin", at("/admin/notifications/auditentry/")),
    ("analytics", "admin", at("/admin/analytics/")),
    ("api", "engineer", at("/api/notifications/")),
    ("api-docs", "admin", documents),
]


def sign_in(page: Page, product: Product, username: str) -> None:
    page.goto(f"{product.url}/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{product.url}/")


def shoot(browser: Browser, product: Product, look: str, wanted: list[str]) -> None:
    """One browser a person, so that everybody signs in once."""
    reducer = browser.new_page()
    people = dict.fromkeys(who for _, who, _ in PAGES)
    for username in people:
        context = browser.new_context(**LOOKS[look])
        page = context.new_page()
        if username:
            sign_in(page, product, username)
        for name, who, visit in PAGES:
            if who == username and (not wanted or name in wanted):
                visit(page, product)
                page.wait_for_timeout(1500)  # toasts have come, charts are drawn
                (FOLDER / f"{name}-{look}.png").write_bytes(reduced(reducer, page.screenshot(animations="disabled")))
                print(f"{name}-{look}.png {page.url}", flush=True)  # noqa: T201  # how far it has come
    for context in browser.contexts:
        context.close()


def main(wanted: list[str]) -> None:
    """`wanted`: names of pages and looks; none of either: all."""
    program = chromium()
    if not program:
        raise SystemExit("gallery: no Chromium here (install chromium, or set CHROMIUM)")
    FOLDER.mkdir(exist_ok=True)
    port = int(os.environ.get("PORT", "8099"))
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), port) as product,
        sync_playwright() as playwright,
    ):
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=sandbox)
        names = [word for word in wanted if word not in LOOKS]
        for look in [word for word in wanted if word in LOOKS] or LOOKS:
            shoot(browser, product, look, names)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
