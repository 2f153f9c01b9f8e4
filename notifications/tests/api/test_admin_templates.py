"""Words in the Django admin: the same verbs and the same checks as over the API, with the e-mail as it will look."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.models import AuditEntry, Template, TemplateVersion

TEMPLATES = "/admin/notifications/template/"
SAID = {"kind": "order_shipped", "channel": "", "locale": "en", "title": "", "priority": "", "is_active": "on"}


@pytest.fixture
def admin(people: dict[str, User]) -> Client:
    User.objects.filter(username="admin").update(is_superuser=True)
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    return browser


def write(admin: Client, path: str = "add/", **fields: str) -> Any:
    return admin.post(TEMPLATES + path, {**SAID, "message": "**{{ order_id }}** is gone", "_save": "1", **fields})


def test_what_is_written_is_a_version_and_in_the_audit(admin: Client) -> None:
    assert write(admin).status_code == 302
    one = Template.objects.get()
    assert (one.kind, one.message, one.version) == ("order_shipped", "**{{ order_id }}** is gone", 1)
    assert write(admin, f"{one.pk}/change/", message="Left: {{ order_id }}").status_code == 302
    assert write(admin, f"{one.pk}/change/", message="Left: {{ order_id }}").status_code == 302
    one.refresh_from_db()
    assert (one.message, one.version) == ("Left: {{ order_id }}", 2)
    assert admin.post(f"{TEMPLATES}{one.pk}/delete/", {"post": "yes"}).status_code == 302
    acts = AuditEntry.objects.filter(action="template.changed").order_by("pk")
    assert [(entry.actor_name, entry.metadata["act"]) for entry in acts] == [
        ("admin", "created"),
        ("admin", "changed"),
        ("admin", "deleted"),
    ]
    assert TemplateVersion.objects.count() == 2


def test_it_is_shown_as_the_email_will_look_with_what_it_said_before(admin: Client) -> None:
    write(admin)
    one = Template.objects.get()
    write(admin, f"{one.pk}/change/", message="See [your order](/orders/{{ order_id }})")
    page = admin.get(f"{TEMPLATES}{one.pk}/change/").content.decode()
    assert f'<iframe class="look" sandbox src="{TEMPLATES}{one.pk}/look/"' in page
    assert "**{{ order_id }}** is gone" in page  # the earlier version
    look = admin.get(f"{TEMPLATES}{one.pk}/look/")
    assert "your order</a>" in look.content.decode()
    assert "<strong>" not in look.content.decode()
    assert "sandbox" in look["Content-Security-Policy"]
    assert look["X-Frame-Options"] == "SAMEORIGIN"
    assert admin.get(TEMPLATES).content.decode().count("order_shipped") >= 1


def test_a_preview_that_lacks_a_variable_says_which(admin: Client) -> None:
    write(admin, message="{{ colour }}")
    path = f"{TEMPLATES}{Template.objects.get().pk}"
    assert "context.colour" in admin.get(f"{path}/change/").content.decode()
    assert admin.get(f"{path}/look/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"message": "{{ order_id"}, "Line 1, column 1"),
        ({"message": "{% for i in (1..9) %}{% endfor %}"}, "ranges"),
        ({"message": " "}, "Say something"),
        ({"locale": "Deutsch"}, "no language"),
        ({"kind": "no_such_kind"}, "Select a valid choice"),
        ({"channel": "inbox"}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_said_beside_its_field(admin: Client, wrong: dict[str, str], why: str) -> None:
    page = write(admin, **wrong)
    assert page.status_code == 200
    assert why in page.content.decode()
    assert not Template.objects.exists()


def test_a_second_one_for_the_same_place_is_refused(admin: Client) -> None:
    write(admin)
    assert write(admin).status_code == 200
    assert Template.objects.count() == 1


def test_the_filters_pick(admin: Client) -> None:
    write(admin, channel="email")
    for query, found in (
        ("channel=email", 1),
        ("channel=sms", 0),
        ("locale=en", 1),
        ("locale=de", 0),
        ("is_active=no", 0),
    ):
        assert len(admin.get(f"{TEMPLATES}?{query}").context["cl"].result_list) == found, query
