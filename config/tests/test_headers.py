"""What browsers are told about our pages."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.headers import content_security_policy


def policy_of(client: Client, path: str) -> dict[str, str]:
    header = client.get(path, headers={"accept": "text/html"})["Content-Security-Policy"]
    return {name: sources for name, _, sources in (part.strip().partition(" ") for part in header.split(";"))}


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("admin"))
    return client


@pytest.mark.parametrize("path", ["/", "/login/", "/unsubscribe/forged/", "/nothing/here/"])
def test_our_own_pages_run_and_look_by_files_of_ours_alone(staff: Client, path: str) -> None:
    policy = policy_of(staff, path)
    assert (policy["script-src"], policy["style-src"], policy["default-src"]) == ("'self'", "'self'", "'none'")
    assert (policy["frame-ancestors"], policy["base-uri"], policy["form-action"]) == ("'self'", "'none'", "'self'")


@pytest.mark.parametrize("path", ["/admin/", "/api/events/", "/notifications"])
def test_pages_of_others_may_style_themselves_and_run_nothing(staff: Client, path: str) -> None:
    policy = policy_of(staff, path)
    assert (policy["script-src"], policy["style-src"]) == ("'self'", "'self' 'unsafe-inline'")


def test_programs_get_a_policy_too(staff: Client) -> None:
    assert "default-src 'none'" in staff.get("/api/events/")["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/login/", "/admin/login/", "/api/events/", "/healthz"])
def test_every_answer_says_the_rest(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"


def test_with_https_nothing_is_fetched_without() -> None:
    assert content_security_policy(is_https=True)["DIRECTIVES"]["upgrade-insecure-requests"]
    assert not content_security_policy(is_https=False)["DIRECTIVES"]["upgrade-insecure-requests"]


def test_over_https_browsers_are_told_to_stay_with_it(client: Client, settings: object) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000  # type: ignore[attr-defined]  # as BASE_URL=https://… sets it
    assert client.get("/healthz", secure=True)["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
