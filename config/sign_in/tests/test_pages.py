"""Signing in and out with a browser."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from .conftest import PASSWORD


@pytest.mark.parametrize("path", ["/login/", "/login"])
def test_the_login_page_starts_a_session_and_goes_where_one_wanted(engineer: User, path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.get(path).status_code == 200
    form = {"username": "engineer", "password": PASSWORD, "next": "/api/notifications/"}
    assert browser.post(path, form).status_code == 403, "no CSRF token"
    done = browser.post(path, {**form, "csrfmiddlewaretoken": browser.cookies["csrftoken"].value})
    assert (done.status_code, done["Location"]) == (302, "/api/notifications/")
    assert browser.session["_auth_user_id"] == str(engineer.pk)


def test_without_a_wish_the_login_goes_to_the_inbox_and_never_to_another_site(engineer: User) -> None:
    for wish in ("", "https://evil.example/", "//evil.example"):
        done = Client().post("/login/", {"username": "engineer", "password": PASSWORD, "next": wish})
        assert done["Location"] == "/"


@pytest.mark.django_db
def test_a_wrong_password_shows_the_form_again() -> None:
    page = Client().post("/login/", {"username": "engineer", "password": "wrong"})
    assert page.status_code == 200
    assert page.context["form"].non_field_errors()


@pytest.mark.parametrize("path", ["/logout/", "/logout"])
def test_logging_out_takes_a_post(engineer: User, path: str) -> None:
    browser = Client()
    browser.force_login(engineer)
    looked = browser.get(path)
    assert (looked.status_code, looked["Location"]) == (302, "/")
    assert "_auth_user_id" in browser.session
    done = browser.post(path)
    assert (done.status_code, done["Location"]) == (302, "/login/")
    assert "_auth_user_id" not in browser.session
    assert browser.put(path).status_code == 405


@pytest.mark.django_db
def test_logging_out_twice_is_no_error() -> None:
    assert Client().post("/logout/").status_code == 302


def test_the_browsable_api_links_to_our_pages() -> None:
    assert reverse("rest_framework:login") == "/login/"
    assert reverse("rest_framework:logout") == "/logout/"
    assert reverse("login") == "/login/"
