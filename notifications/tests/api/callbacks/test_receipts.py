"""A receipt is never taken back by what comes late or twice."""

import pytest

from notifications.models import AuditEntry, Delivery, Suppression
from notifications.reaching.receipts import RANK, Receipt, record
from notifications.tests.at_once import all_at_once

from ..deliveries import make_delivery
from .providers import NOW, NUMBER, from_meta, recorded, status


def test_a_replay_changes_nothing(whatsapp: Delivery) -> None:
    assert [recorded(from_meta(status("read"))) for _ in range(3)] == [1, 0, 0]
    whatsapp.refresh_from_db()
    first = whatsapp.receipt_at
    recorded(from_meta(status("read", timestamp=str(NOW - 10))))
    whatsapp.refresh_from_db()
    assert whatsapp.receipt_at == first
    assert AuditEntry.objects.filter(action="delivery.receipt").count() == 1


@pytest.mark.parametrize("known", RANK)
@pytest.mark.parametrize("told", [word for word in RANK if word])
def test_a_receipt_never_takes_back_what_is_known(known: str, told: str, sms: Delivery) -> None:
    Delivery.objects.update(receipt=known)
    forward = ["", "sent", "failed", "delivered", "read", "complained"]
    moves = forward.index(told) > forward.index(known)
    assert record(Receipt(channel="sms", word=told, provider_id="SM1")) is moves
    sms.refresh_from_db()
    assert sms.receipt == (told if moves else known)


@pytest.mark.django_db(transaction=True)
def test_the_same_receipt_many_times_at_once_is_recorded_once() -> None:
    delivery = make_delivery("sms", provider_id="SM1")
    said = Receipt(channel="sms", word="failed", provider_id="SM1", suppress=True, address=NUMBER)
    assert sum(all_at_once(*[lambda: record(said) for _ in range(8)])) == 1
    assert AuditEntry.objects.filter(entity_type="delivery", entity_id=str(delivery.pk)).count() == 1
    assert Suppression.objects.count() == 1
