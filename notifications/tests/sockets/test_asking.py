"""`request`: REST's own answers for a page that has a socket and nothing else."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.live.threads import in_thread
from notifications.models import NotificationLog
from notifications.sockets.process import LiveProcess

from .. import crowd
from .device import Device

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def device(process: LiveProcess, engineer: User) -> Device:
    made = await Device.of(engineer)
    await made.data("caught_up")
    return made


async def sent(user: User) -> NotificationLog:
    event = await in_thread(crowd.send, user)
    return await in_thread(lambda: NotificationLog.objects.get(event=event))


async def ask(device: Device, method: str, path: str, **body: Any) -> tuple[int, Any]:
    await device.send("request", ref=path, method=method, path=path, **({"body": body} if body else {}))
    answer = await device.data("request")
    return answer["status"], answer["body"]


async def test_the_list_is_the_one_of_rest(device: Device, engineer: User) -> None:
    await sent(engineer)
    status, page = await ask(device, "GET", "?page_size=5&before=9007199254740991")
    assert status == 200
    assert [row["seq"] for row in page["results"]] == [1]


async def test_what_is_done_is_done_by_the_person_of_the_socket(device: Device, engineer: User) -> None:
    row = await sent(engineer)
    assert (await ask(device, "POST", f"{row.pk}/archive/"))[0] == 200
    await in_thread(row.refresh_from_db)
    assert row.archived_at
    assert (await ask(device, "POST", f"{row.pk}/snooze/", until="2020-01-01T00:00:00Z"))[0] == 400
    assert await ask(device, "DELETE", f"{row.pk}/") == (204, None)


async def test_somebody_elses_is_not_found(device: Device, outsider: User) -> None:
    row = await sent(outsider)
    assert (await ask(device, "GET", f"{row.pk}/"))[0] == 404
    assert (await ask(device, "POST", f"{row.pk}/archive/"))[0] == 404


async def test_nothing_but_ones_own_notifications_is_asked(device: Device) -> None:
    for path in ("preferences/", "devices/", "rooms/", "channels/", "stream/", "../admin/connections/", "../events/"):
        assert (await ask(device, "GET", path))[0] == 404, path


async def test_what_is_no_request_is_an_error_that_names_it(device: Device) -> None:
    nonsense: dict[str, dict[str, Any]] = {
        "method": {"method": "PUT", "path": ""},
        "path": {"method": "GET", "path": 7},
        "body": {"method": "POST", "path": "seen/", "body": [1]},
    }
    for named, said in nonsense.items():
        await device.send("request", ref="r", **said)
        error = await device.data("error")
        assert error["code"] == "invalid"
        assert error["message"].startswith(named)
