"""What Meta, Twilio and whoever reads bounces say, in their own forms."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Delivery, Phone, Suppression

from ..deliveries import make_delivery
from .providers import BASE, NOW, NUMBER, VERIFY, from_bouncer, from_meta, from_twilio, recorded, sms_status, status


@pytest.mark.parametrize("path", ["/callbacks/whatsapp/", "/callbacks/whatsapp"])
def test_meta_hears_its_challenge_back(path: str, db: None) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "<b>42</b>"}
    answer = Client().get(path, asked)
    assert (answer.status_code, answer.content) == (200, b"<b>42</b>")
    assert answer["Content-Type"] == "text/plain"
    for wrong in ({"hub.verify_token": "guess"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}):
        assert Client().get(path, {**asked, **wrong}).status_code == 403
    assert Client().get(path).status_code == 403


def test_a_receipt_of_metas_belongs_to_its_delivery(whatsapp: Delivery) -> None:
    at = datetime.fromtimestamp(NOW - 60, UTC)
    assert recorded(from_meta(status("delivered", timestamp=str(NOW - 60)))) == 1
    whatsapp.refresh_from_db()
    assert (whatsapp.receipt, whatsapp.receipt_at, whatsapp.state) == ("delivered", at, "sent")
    entry = AuditEntry.objects.get(action="delivery.receipt")
    assert (entry.entity_id, entry.target_user_id) == (str(whatsapp.pk), whatsapp.recipient_id)
    assert (entry.metadata["channel"], entry.metadata["receipt"]) == ("whatsapp", "delivered")


def test_many_receipts_come_in_one_request_and_the_rest_of_it_is_passed_over(whatsapp: Delivery) -> None:
    other = make_delivery("whatsapp", provider_id="wamid.2")
    statuses = [status("sent"), status("read"), status("read", id="wamid.2"), status("deleted"), "junk", None]
    assert recorded(from_meta(*statuses)) == 3
    for delivery in (whatsapp, other):
        delivery.refresh_from_db()
        assert delivery.receipt == "read"


@pytest.mark.parametrize(
    "body", [b"{}", b'{"entry": 5}', b'{"entry": [5, {"changes": [{"value": {"messages": [{}]}}]}]}', b"[]", b"null"]
)
def test_what_meta_sends_besides_is_answered_and_changes_nothing(body: bytes, whatsapp: Delivery) -> None:
    assert recorded(from_meta(body=body)) == 0


def test_a_time_of_nonsense_is_now_and_so_is_the_future(whatsapp: Delivery) -> None:
    before = timezone.now() - timedelta(seconds=5)
    for word, strange in (("sent", "x"), ("delivered", str(10**30)), ("read", str(NOW + 10**6))):
        assert recorded(from_meta(status(word, timestamp=strange))) == 1
        whatsapp.refresh_from_db()
        assert whatsapp.receipt_at
        assert before < whatsapp.receipt_at < timezone.now() + timedelta(seconds=5)


def verified(delivery: Delivery, number: str, at: datetime) -> None:
    """Its recipient's number, since then."""
    assert delivery.recipient
    Phone.objects.create(user=delivery.recipient, number=number, verified_at=at)


def test_an_undeliverable_number_is_suppressed_as_we_write_it(whatsapp: Delivery) -> None:
    verified(whatsapp, "+5511987654321", whatsapp.created_at - timedelta(days=1))
    error = {"code": 131026, "title": "Message undeliverable"}
    assert recorded(from_meta(status("failed", errors=[error], recipient_id="551187654321"))) == 1
    whatsapp.refresh_from_db()
    assert (whatsapp.receipt, whatsapp.last_error) == ("failed", "131026 Message undeliverable")
    found = Suppression.objects.get()
    assert (found.channel, found.address, found.why) == ("whatsapp", "+5511987654321", "131026 Message undeliverable")
    assert AuditEntry.objects.get(action="suppression.added").entity_id == str(found.pk)


def test_a_number_that_has_changed_since_is_not_the_one_that_is_suppressed(whatsapp: Delivery) -> None:
    verified(whatsapp, "+33612345678", timezone.now())
    from_meta(status("failed", errors=[{"code": 131026, "title": "x"}]))
    assert Suppression.objects.get().address == NUMBER


def test_a_failure_of_another_kind_suppresses_nothing(whatsapp: Delivery, sms: Delivery) -> None:
    assert recorded(from_meta(status("failed", errors=[{"code": 131047, "title": "Re-engagement message"}]))) == 1
    assert recorded(from_twilio(sms_status("undelivered", ErrorCode="30003"))) == 1
    assert not Suppression.objects.exists()


# --- Twilio ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "receipt"),
    [("sent", "sent"), ("delivered", "delivered"), ("undelivered", "failed"), ("failed", "failed"), ("queued", "")],
)
def test_a_receipt_of_twilios_belongs_to_its_delivery(word: str, receipt: str, sms: Delivery) -> None:
    assert recorded(from_twilio(sms_status(word))) == bool(receipt)
    sms.refresh_from_db()
    assert sms.receipt == receipt


def test_who_has_answered_stop_is_suppressed(sms: Delivery) -> None:
    for _ in range(2):
        from_twilio(sms_status("failed", ErrorCode="21610"))
    assert (Suppression.objects.get().channel, Suppression.objects.get().address) == ("sms", NUMBER)
    assert AuditEntry.objects.filter(action="suppression.added").count() == 1


def test_twilio_signs_the_public_address_with_its_query(sms: Delivery, settings: Any) -> None:
    path = "/callbacks/sms/?from=here&x=%2B"
    assert recorded(from_twilio(sms_status("sent"), path=path)) == 1
    assert from_twilio(sms_status("delivered"), base="http://testserver").status_code == 403
    settings.BASE_URL = BASE + "/"
    assert recorded(from_twilio(sms_status("delivered"))) == 1


# --- e-mail ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "receipt"), [("bounce", "failed"), ("complaint", "complained")])
def test_mail_that_bounced_or_annoyed_is_the_last_to_that_address(said: str, receipt: str, email: Delivery) -> None:
    assert recorded(from_bouncer(message_id=f"<{email.pk}@tidings.example>", type=said)) == 1
    email.refresh_from_db()
    assert email.receipt == receipt
    assert (Suppression.objects.get().channel, Suppression.objects.get().address) == ("email", "anna@example.org")


@pytest.mark.parametrize("message_id", ["", "x", "<5@>", "<x@tidings.example>", f"<{'9' * 30}@h>", "<0@h>", None, 7])
def test_mail_that_is_not_ours_changes_nothing(message_id: Any, email: Delivery, sms: Delivery) -> None:
    assert recorded(from_bouncer(message_id=message_id, type="bounce")) == 0
    assert recorded(from_bouncer(message_id=f"<{sms.pk}@h>", type="bounce")) == 0
    assert from_bouncer(message_id=f"<{email.pk}@h>", type="delivered").status_code == 400
    assert not Suppression.objects.exists()
