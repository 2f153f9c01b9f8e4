"""Where people and systems are reached, in the Django admin: found, not changed, and without what would open doors."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import Device, PausedChannel, Preference, Suppression, Webhook

ENDPOINT = "https://push.example/send/a-long-secret-part-of-it"


@pytest.fixture
def admin(people: dict[str, User]) -> Client:
    User.objects.filter(username="admin").update(is_superuser=True)
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    return browser


@pytest.fixture
def rows(people: dict[str, User]) -> dict[str, Any]:
    now = timezone.now()
    return {
        "device": Device.objects.create(
            user=people["engineer"], kind="webpush", address=ENDPOINT, keys={"auth": "kept-back"}, created_at=now
        ),
        "suppression": Suppression.objects.create(channel="email", address="anna@example.org", since=now),
        "webhook": Webhook.objects.create(
            url="https://hooks.example/x",
            types=["event.done"],
            secret="whsec_kept-back",
            old_secret="whsec_older",
            created_at=now,
        ),
        "preference": Preference.objects.create(user=people["outsider"], muted_tags=["beta"], updated_at=now),
        "pausedchannel": PausedChannel.objects.create(channel="sms", since=now, by_name="admin"),
    }


def listed(admin: Client, name: str, **query: Any) -> int:
    answer = admin.get(f"/admin/notifications/{name}/", query)
    assert answer.status_code == 200, answer
    return len(answer.context["cl"].result_list)


def test_they_are_shown_without_secrets_and_cannot_be_changed(admin: Client, rows: dict[str, Any]) -> None:
    for name, row in rows.items():
        for path in ("", f"{row.pk}/change/"):
            answer = admin.get(f"/admin/notifications/{name}/{path}", follow=True)
            assert answer.status_code == 200
            for secret in ("secret-part", "kept-back", "whsec_"):
                assert secret not in answer.content.decode()
        for act in ("add/", f"{row.pk}/delete/"):
            assert admin.get(f"/admin/notifications/{name}/{act}").status_code == 403
        assert admin.post(f"/admin/notifications/{name}/{row.pk}/change/", {}).status_code == 403


def test_a_device_says_whose_push_service_it_is(admin: Client, rows: dict[str, Any]) -> None:
    assert "push.example …f-it" in admin.get("/admin/notifications/device/").content.decode()


def test_they_are_found(admin: Client, rows: dict[str, Any]) -> None:
    assert listed(admin, "device", q="engineer", kind="webpush") == 1
    assert listed(admin, "device", q="outsider") == listed(admin, "device", kind="fcm") == 0
    assert listed(admin, "suppression", q="Anna@example.org", channel="email") == 1
    assert listed(admin, "suppression", q="bert@example.org") == listed(admin, "suppression", channel="sms") == 0
    assert listed(admin, "webhook", q="hooks.example") == 1
    assert listed(admin, "webhook", q="other.example") == 0
    assert (listed(admin, "preference", q="outsider"), listed(admin, "preference", q="engineer")) == (1, 0)


def test_only_staff_may_look(people: dict[str, User], rows: dict[str, Any]) -> None:
    browser = Client()
    browser.force_login(people["engineer"])
    for name in rows:
        assert browser.get(f"/admin/notifications/{name}/").status_code == 302
