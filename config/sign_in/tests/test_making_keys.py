"""Where accounts and keys are made: by a command, and in the Django admin."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client

from config.sign_in.keys import issuing
from config.sign_in.models import ApiKey, ServiceAccount
from notifications.models import AuditEntry

from .conftest import code, holding

ALL = issuing.Scope.values
EVENTS = "/api/events/"
pytestmark = pytest.mark.django_db


def test_the_command_makes_account_and_key_and_says_it_once() -> None:
    Group.objects.create(name="customers")
    out = StringIO()
    call_command(
        "create_api_key",
        "shop",
        "--scope=events:send",
        "--people=customers",
        "--days=30",
        stdout=out,
        stderr=StringIO(),
    )
    assert holding(out.getvalue().strip()).get(EVENTS).status_code == 200
    call_command("create_api_key", "shop", "--scope=rooms:manage", stdout=StringIO(), stderr=StringIO())
    account = ServiceAccount.objects.get()
    assert account.people is not None
    assert [key.scopes for key in account.keys.order_by("pk")] == [["events:send"], ["rooms:manage"]]
    for wrong in (["a b", "--scope=events:send"], ["x", "--scope=all"], ["x", "--scope=events:send", "--people=none"]):
        with pytest.raises(CommandError):
            call_command("create_api_key", *wrong, stdout=StringIO(), stderr=StringIO())


@pytest.fixture
def admin() -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("admin"))
    return browser


def test_the_admin_makes_shows_once_and_revokes_them(admin: Client) -> None:
    keys, accounts = "/admin/sign_in/apikey/", "/admin/sign_in/serviceaccount/"
    none = {"keys-TOTAL_FORMS": 0, "keys-INITIAL_FORMS": 0}
    group = Group.objects.create(name="customers")
    assert admin.post(f"{accounts}add/", {"name": "a b", **none}).status_code == 200
    assert admin.post(f"{accounts}add/", {"name": "shop", **none}).status_code == 302
    account = ServiceAccount.objects.get()
    assert admin.post(f"{accounts}{account.pk}/change/", {"people": group.pk, **none}).status_code == 302
    account.refresh_from_db()
    assert account.people == group
    made = admin.post(f"{keys}add/", {"account": account.pk, "scopes": ["events:send"]}, follow=True).content.decode()
    key = made.partition("shown this once: ")[2].partition("<")[0].strip()
    assert holding(key).get(EVENTS).status_code == 200
    row = ApiKey.objects.get()
    for path in (keys, f"{keys}{row.pk}/change/", f"{accounts}{account.pk}/change/", accounts):
        shown = admin.get(path).content.decode()
        assert "shop" in shown
        assert key not in shown
        assert row.digest not in shown
    assert admin.post(f"{keys}{row.pk}/change/", {"account": account.pk, "scopes": ALL}).status_code == 403
    assert admin.post(f"{keys}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post(keys, {"action": "revoke_keys", "_selected_action": [row.pk]})
    assert code(holding(key).get(EVENTS), 401) == "key_revoked"
    admin.post(accounts, {"action": "switch_off", "_selected_action": [account.pk]})
    account.refresh_from_db()
    assert account.disabled_at is not None
    acted = AuditEntry.objects.exclude(actor_id=None).order_by("pk").values_list("action", flat=True)
    expected = ["account.created", "account.changed", "key.created", "key.revoked", "account.disabled"]
    assert list(acted) == expected
