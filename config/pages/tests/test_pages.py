"""The pages answer whom they should, and the worker is served as browsers want it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def browser(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("engineer"))
    return client


@pytest.mark.parametrize("path", ["/", "/preferences/", "/preferences"])
def test_a_page_is_for_who_is_signed_in(browser: Client, path: str) -> None:
    turned_away = Client().get(path)
    assert (turned_away.status_code, turned_away["Location"]) == (302, f"/login/?next={path}")
    page = browser.get(path)
    assert page.status_code == 200
    assert b"engineer" in page.content


def test_the_console_is_linked_for_staff_alone(browser: Client) -> None:
    assert b"/admin/" not in browser.get("/preferences/").content
    User.objects.update(is_staff=True)
    assert b"/admin/" in browser.get("/preferences/").content


def test_the_service_worker_has_the_whole_site_and_is_asked_for_anew() -> None:
    worker = Client().get("/service-worker.js")
    assert worker.status_code == 200
    assert worker["Content-Type"].startswith("text/javascript")
    assert worker["Cache-Control"] == "no-cache"
    assert b"showNotification" in worker.content
    assert Client().post("/service-worker.js").status_code == 405
