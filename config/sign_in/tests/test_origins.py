"""Which pages may open a connection."""

from typing import Any

import pytest

from config.sign_in.handshake import origin_allowed

from .conftest import socket, stream


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["app.example", "127.0.0.1", "[::1]"]
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example", "http://localhost:5173"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.partner.example"]
    settings.BASE_URL = "http://app.example"
    settings.DEBUG = False


def test_who_is_no_page_may_ask() -> None:
    assert origin_allowed(socket())
    assert origin_allowed(stream())


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("app.example", "http://app.example"),
        ("app.example", "https://app.example"),
        ("app.example:443", "https://app.example"),
        ("app.example:8000", "http://app.example:8000"),
        ("APP.example", "http://app.EXAMPLE"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("app.example", "https://shop.example"),
        ("app.example", "https://shop.example:443"),
        ("app.example", "http://localhost:5173"),
        ("app.example", "https://a.partner.example"),
        ("app.example", "https://a.b.partner.example"),
    ],
)
def test_our_pages_and_those_of_trusted_sites_may(host: str, origin: str) -> None:
    assert origin_allowed(socket(host=host, origin=origin))
    assert origin_allowed(stream(host=host, origin=origin))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("app.example", "https://evil.example"),
        ("app.example", "http://app.example.evil.example"),
        ("app.example", "http://evil.example/app.example"),
        ("app.example", "http://app.example@evil.example"),
        ("app.example", "http://user@app.example"),
        ("app.example", "http://app.example:8000"),
        ("app.example:8000", "http://app.example"),
        ("app.example", "http://shop.example"),
        ("app.example", "https://shop.example:8443"),
        ("app.example", "https://partner.example.evil.example"),
        ("app.example", "https://evilpartner.example"),
        ("app.example", "http://a.partner.example"),
        ("app.example", "http://app.example/"),
        ("app.example", "null"),
        ("app.example", ""),
        ("app.example", "app.example"),
        ("app.example", "file://"),
        ("app.example", "chrome-extension://app.example"),
        ("app.example", "http://"),
        ("app.example", "http://[::1"),
        ("app.example", "http://app.example:99999"),
        ("app.example", "http://app.example:x"),
        ("app.example", "http://äpp.example"),
        ("rebound.example:8000", "http://rebound.example:8000"),
    ],
)
def test_all_others_are_foreign(host: str, origin: str) -> None:
    assert not origin_allowed(socket(host=host, origin=origin))
    assert not origin_allowed(stream(host=host, origin=origin))


def test_two_origins_or_two_hosts_are_nobodys() -> None:
    twice = socket(host="app.example", origin="http://app.example")
    assert origin_allowed(twice)
    assert not origin_allowed({**twice, "headers": [*twice["headers"], (b"origin", b"http://app.example")]})
    assert not origin_allowed({**twice, "headers": [*twice["headers"], (b"host", b"app.example")]})


def test_an_unencrypted_page_of_an_encrypted_site_is_foreign(settings: Any) -> None:
    settings.BASE_URL = "https://app.example"
    plain = socket(host="app.example", origin="http://app.example")
    assert not origin_allowed(plain)
    assert origin_allowed(socket(host="app.example", origin="https://app.example"))
    settings.DEBUG = True
    assert origin_allowed(plain)
