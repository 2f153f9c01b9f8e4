"""manage.py new_epoch: after a restore, a cursor of before means nothing any more."""

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from notifications.database import database_now
from notifications.live.leases import close_server, open_server
from notifications.live.threads import in_thread
from notifications.models import AuditEntry, Installation, Server
from notifications.sockets.process import LiveProcess

from .. import crowd
from .device import Device

pytestmark = pytest.mark.django_db(transaction=True)


def new_epoch() -> str:
    said = StringIO()
    call_command("new_epoch", stdout=said)
    return said.getvalue()


def test_the_epoch_is_another_one_and_the_audit_says_so() -> None:
    before = Installation.objects.get_or_create(pk=1)[0].epoch
    said = new_epoch()
    after = Installation.objects.get(pk=1).epoch
    assert after != before
    assert str(after) in said
    entry = AuditEntry.objects.get(action="epoch.changed")
    assert entry.metadata == {"before": str(before), "after": str(after)}


def test_it_is_refused_while_a_server_would_go_on_with_the_old_one() -> None:
    server = uuid.uuid4()
    open_server(server)
    before = Installation.objects.get_or_create(pk=1)[0].epoch
    with pytest.raises(CommandError, match="Still served by"):
        new_epoch()
    assert Installation.objects.get(pk=1).epoch == before
    close_server(server)
    new_epoch()


def test_a_server_that_was_killed_holds_it_up_no_longer_than_its_lease() -> None:
    Server.objects.create(pk=uuid.uuid4(), name="gone:1", lease_until=database_now() - timedelta(seconds=1))
    assert "start the servers" in new_epoch()


async def test_a_client_of_before_the_restore_is_told_to_reload(process: LiveProcess, engineer: User) -> None:
    """Its cursor would fit the rows that were given the same seq anew."""
    before = (await in_thread(Installation.objects.get_or_create, pk=1))[0].epoch
    await in_thread(new_epoch)
    for _ in range(2):
        await in_thread(crowd.send, engineer)
    device = await Device.of(engineer, f"last_seq=1&epoch={before}")
    assert await device.data("reset") == {"last_seq": 2, "epoch": await process.epoch()}
    assert await process.epoch() != str(before)
