"""Which channels there are, and what is refused at start."""

import traceback
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from config import outward
from config.environment import kept_secret
from config.reports import WithoutSecrets
from notifications import transports
from notifications.transports.base import clean
from notifications.transports.email import Files, Smtp
from notifications.transports.memory import Memory
from notifications.transports.push import Push


def test_a_channel_without_a_url_is_not_configured(settings: Any) -> None:
    settings.CHANNEL_URLS = {"email": "smtp://mail.example", "sms": ""}
    assert transports.configured() == ["email"]
    assert isinstance(transports.find("email"), Smtp)
    assert transports.find("sms") is None
    assert transports.find("whatsapp") is None


def test_a_laptop_writes_letters_into_files_and_pushes_to_browsers(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("EMAIL_URL", "WHATSAPP_URL", "SMS_URL", "FCM_URL", "APPRISE_URLS"):
        monkeypatch.delenv(name, raising=False)
    settings.CHANNEL_URLS = outward.channel_urls(tmp_path / "a b")
    assert transports.configured() == ["email", "push", "webhook"]
    assert transports.find("email") == Files(tmp_path / "a b" / "mail")
    assert isinstance(transports.find("push"), Push)


def test_one_transport_a_url_and_another_when_the_url_changes(settings: Any) -> None:
    settings.CHANNEL_URLS = {"email": "smtp://one.example"}
    first = transports.find("email")
    assert transports.find("email") is first
    settings.CHANNEL_URLS = {"email": "smtp://two.example"}
    assert transports.find("email") != first


@pytest.mark.parametrize("channel", ["email", "whatsapp", "sms", "push", "apprise", "webhook"])
def test_the_fake_stands_for_any_channel(settings: Any, channel: str) -> None:
    settings.CHANNEL_URLS = {channel: "memory://"}
    assert transports.find(channel) == Memory(channel)


MALFORMED = {
    "email": ("smpt://desk:geheim@mail.example", "EMAIL_URL"),
    "whatsapp": ("whatsapp://geheim", "WHATSAPP_URL"),
    "sms": ("geheim", "SMS_URL"),
    "push": ("fcm://p?credentials=/nowhere/geheim", "FCM_URL"),
    "apprise": ("nonsense://geheim", "APPRISE_URLS"),
}


@pytest.mark.parametrize("channel", MALFORMED)
def test_a_malformed_url_is_one_line_that_names_the_variable_and_no_secret(settings: Any, channel: str) -> None:
    url, variable = MALFORMED[channel]
    settings.CHANNEL_URLS = {channel: url}
    with pytest.raises(ImproperlyConfigured, match=f"^{variable} cannot be used: .+$") as refused:
        transports.find(channel)
    assert "geheim" not in "".join(traceback.format_exception(refused.value))
    (problem,) = run_checks()
    assert (problem.id, problem.msg) == ("notifications.E001", str(refused.value))


def test_a_sender_that_is_none_is_refused_at_start(settings: Any) -> None:
    settings.EMAIL_FROM = "desk"
    assert [(one.id, "EMAIL_FROM" in one.msg) for one in run_checks()] == [("notifications.E002", True)]


def test_a_key_that_is_none_is_refused_at_start(settings: Any) -> None:
    settings.VAPID_PRIVATE_KEY = "geheim"
    (problem,) = run_checks()
    assert problem.id == "notifications.E003"
    assert problem.msg.startswith("VAPID_PRIVATE_KEY cannot be used")
    assert "geheim" not in problem.msg


def test_what_is_well_formed_passes() -> None:
    assert run_checks() == []


# --- the environment ----------------------------------------------------------------
def test_a_key_for_browsers_is_made_once_and_readable_by_its_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("VAPID_PRIVATE_KEY", raising=False)
    made = outward.vapid_private_key(tmp_path)
    assert outward.vapid_private_key(tmp_path) == made
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("VAPID_PRIVATE_KEY", "given")
    assert outward.vapid_private_key(tmp_path) == "given"


def test_of_two_processes_that_start_at_once_the_first_makes_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def make_while_another_is_faster() -> str:
        path.write_text("theirs")
        return "ours"

    assert kept_secret(path, make=make_while_another_is_faster) == "theirs"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("base_url", "sender"),
    [
        ("https://desk.example:8443", "Tidings <tidings@desk.example>"),
        ("http://127.0.0.1:8000", "Tidings <tidings@localhost>"),
        ("http://[::1]:8000", "Tidings <tidings@localhost>"),
        ("nonsense", "Tidings <tidings@localhost>"),
    ],
)
def test_who_letters_come_from(monkeypatch: pytest.MonkeyPatch, base_url: str, sender: str) -> None:
    monkeypatch.delenv("EMAIL_FROM", raising=False)
    assert outward.email_from(base_url) == sender


def test_exempt_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_ALLOW", "Gateway.example:8443, 127.0.0.1:9000,[::1]:80")
    assert outward.outbound_allow() == {"gateway.example:8443", "127.0.0.1:9000", "[::1]:80"}


@pytest.mark.parametrize("given", ["gateway.example", "https://gateway.example:1", "::1:80", "x:port", "a:1/b"])
def test_a_target_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("OUTBOUND_ALLOW", given)
    with pytest.raises(ImproperlyConfigured, match="OUTBOUND_ALLOW"):
        outward.outbound_allow()


def test_djangos_error_pages_leave_our_secrets_out(settings: Any) -> None:
    settings.CHANNEL_URLS = {"sms": "twilio://AC1:geheim@+1555"}
    settings.REDIS_URL = "redis://:geheim@cache.example"
    assert "geheim" not in repr(WithoutSecrets().get_safe_settings())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("550 5.1.1 <ann@example.org>: unknown", "550 5.1.1 … unknown"),
        ("250 2.0.0 Ok: queued as 4F3A", "250 2.0.0 Ok: queued as 4F3A"),
        ("(131026) to +1 (555) 000-1111", "(131026) to …"),
        ("to 15550001111", "to …"),
        ("at https://push.example/abc?d", "at …"),
        ("Authorization: Bearer abc.def", "Authorization: …"),
        ("token EAAGm0PX4ZCpsBAKZCxyz0123456789", "token …"),
        ("two\r\nlines\x00\u202e", "two lines"),
        ("x " * 200, "x " * 99 + "x…"),
    ],
)
def test_a_providers_words_are_short_and_name_nobody(said: str, shown: str) -> None:
    assert clean(said) == shown


def test_what_has_to_be_hidden_is() -> None:
    assert clean("no ann, no bob", "ann", "") == "no …, no bob"


@pytest.mark.timeout(10)
def test_a_hostile_answer_does_not_keep_us_busy() -> None:
    assert len(clean("x" * 64 * 1024)) <= 200
    assert len(clean("+1 " * 20_000)) <= 200
