"""One's own browsers and apps."""

import itertools
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import AuditEntry, Device
from notifications.tests.at_once import all_at_once
from notifications.tests.crowd import everything_written, make_person

from .people import client_of, get, post, refusal

DEVICES = "/api/notifications/devices/"
ENDPOINT = "https://push.example/send/abc"
_POINT = ec.generate_private_key(ec.SECP256R1()).public_key()
RAW = _POINT.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


KEYS = {"p256dh": base64url(RAW), "auth": base64url(b"\xff" * 16)}


def browser(endpoint: str = ENDPOINT, **keys: Any) -> dict[str, Any]:
    return {"kind": "webpush", "endpoint": endpoint, "keys": {**KEYS, **keys}}


def app(token: str = "dGVzdA:APA91b-_x") -> dict[str, Any]:
    return {"kind": "fcm", "token": token}


@pytest.fixture(autouse=True)
def _set_up(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    settings.CHANNEL_URLS = {}


def acts(person: User) -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(entity_type="device", target_user_id=person.pk).order_by("pk")
    return [(entry.action, entry.metadata["why"]) for entry in entries]


def test_a_browser_and_an_app_are_added_listed_and_removed(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    made = post(engineer, DEVICES, browser())
    assert made.status_code == 201
    assert made.json().items() >= {"kind": "webpush", "endpoint": ENDPOINT, "token": None}.items()
    assert "keys" not in made.json()
    assert Device.objects.get().keys == KEYS
    assert post(engineer, DEVICES, app()).status_code == 201

    answer = get(engineer, DEVICES).json()
    assert list(answer) == ["vapid_public_key", "count", "next", "previous", "results"]
    assert [(one["kind"], one["token"]) for one in answer["results"]] == [("fcm", app()["token"]), ("webpush", None)]

    assert client_of(engineer).delete(f"{DEVICES}{made.json()['id']}/").status_code == 204
    assert get(engineer, DEVICES).json()["count"] == 1
    refusal(client_of(engineer).delete(f"{DEVICES}{made.json()['id']}/"), 404)
    assert acts(engineer) == [("device.added", "asked")] * 2 + [("device.removed", "asked")]


def test_a_browser_sends_what_it_calls_its_subscription(people: dict[str, User]) -> None:
    padded = {"p256dh": KEYS["p256dh"] + "=", "auth": KEYS["auth"] + "=="}
    answer = post(people["engineer"], DEVICES, {**browser(**padded), "expirationTime": None, "token": None})
    assert answer.status_code == 201
    assert Device.objects.get().keys == KEYS


def test_the_key_to_subscribe_with_is_there_when_push_is(people: dict[str, User], settings: Any) -> None:
    assert get(people["engineer"], DEVICES).json()["vapid_public_key"] is None
    settings.CHANNEL_URLS = {"push": "webpush://"}
    settings.VAPID_PRIVATE_KEY = base64url(b"\x01" * 32)
    private = ec.derive_private_key(int.from_bytes(b"\x01" * 32), ec.SECP256R1()).public_key()
    expected = base64url(private.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    assert get(people["engineer"], DEVICES).json()["vapid_public_key"] == expected


def test_the_same_endpoint_again_is_the_same_device_with_its_newest_keys(people: dict[str, User]) -> None:
    first = post(people["engineer"], DEVICES, browser())
    again = post(people["engineer"], DEVICES, browser(auth=base64url(b"\x02" * 16)))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Device.objects.get().keys["auth"] == base64url(b"\x02" * 16)
    assert acts(people["engineer"]) == [("device.added", "asked")]


def test_somebody_else_who_signs_in_in_this_browser_has_it_from_then_on(people: dict[str, User]) -> None:
    engineer, outsider = people["engineer"], people["outsider"]
    post(engineer, DEVICES, browser())
    moved = post(outsider, DEVICES, browser())
    assert moved.status_code == 201
    assert get(engineer, DEVICES).json()["count"] == 0
    assert [one["id"] for one in get(outsider, DEVICES).json()["results"]] == [moved.json()["id"]]
    assert acts(engineer) == [("device.added", "asked"), ("device.removed", "moved")]
    assert acts(outsider) == [("device.added", "asked")]


def test_one_that_was_gone_is_not_listed_and_lives_again_when_it_is_added_again(people: dict[str, User]) -> None:
    post(people["engineer"], DEVICES, app())
    Device.objects.update(gone_at=timezone.now())
    assert get(people["engineer"], DEVICES).json()["count"] == 0
    refusal(client_of(people["engineer"]).delete(f"{DEVICES}{Device.objects.get().pk}/"), 404)
    assert post(people["engineer"], DEVICES, app()).status_code == 200
    assert get(people["engineer"], DEVICES).json()["count"] == 1
    assert acts(people["engineer"]) == [("device.added", "asked")] * 2


def test_the_oldest_goes_when_there_are_more_than_twenty(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    post(people["outsider"], DEVICES, app("another-persons"))
    post(engineer, DEVICES, app("gone"))
    Device.objects.filter(address="gone").update(gone_at=timezone.now())
    for number in range(22):
        post(engineer, DEVICES, app(f"token-{number}"))
    live = [one["token"] for one in get(engineer, DEVICES, page_size=100).json()["results"]]
    assert live == [f"token-{number}" for number in range(21, 1, -1)]
    assert acts(engineer).count(("device.removed", "too_many")) == 2
    assert Device.objects.filter(address__in=["gone", "another-persons"]).count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**browser(), "kind": "pager"}, "kind"),
        ({"endpoint": ENDPOINT, "keys": KEYS}, "kind"),
        ({"kind": "webpush", "keys": KEYS}, "endpoint"),
        (browser(""), "endpoint"),
        (browser("http://push.example/x"), "endpoint"),
        (browser("ftp://push.example/x"), "endpoint"),
        (browser("https://10.0.0.1/x"), "endpoint"),
        (browser("https://[::1]/x"), "endpoint"),
        (browser("https://127.0.0.1:8000/x"), "endpoint"),
        (browser("https://user:pass@push.example/x"), "endpoint"),
        (browser("https://push.example/\u00fc"), "endpoint"),
        (browser("https://push.example/" + "x" * 1000), "endpoint"),
        (browser(5), "endpoint"),  # type: ignore[arg-type]
        ({"kind": "webpush", "endpoint": ENDPOINT}, "keys.p256dh"),
        ({"kind": "webpush", "endpoint": ENDPOINT, "keys": "x"}, "keys"),
        (browser(p256dh=""), "keys.p256dh"),
        (browser(p256dh=b64encode(b"\xff" * 65).decode()), "keys.p256dh"),
        (browser(p256dh=base64url(RAW[:64])), "keys.p256dh"),
        (browser(p256dh=base64url(b"\x02" + RAW[1:33])), "keys.p256dh"),
        (browser(p256dh=base64url(b"\x04" + b"\x01" * 64)), "keys.p256dh"),
        (browser(auth=None), "keys.auth"),
        (browser(auth=base64url(b"\x01" * 15)), "keys.auth"),
        (browser(auth="A"), "keys.auth"),
        (browser(auth="++" + KEYS["auth"][2:]), "keys.auth"),
        ({"kind": "fcm"}, "token"),
        (app(""), "token"),
        (app("with a space"), "token"),
        (app("x" * 1001), "token"),
        ({**app(), "endpoint": ENDPOINT}, "endpoint"),
        ({**app(), "keys": KEYS}, "keys"),
        ({**browser(), "token": "x"}, "token"),
    ],
)
def test_what_cannot_be_reached_is_refused_by_its_name(body: Any, field: str, people: dict[str, User]) -> None:
    before = everything_written()
    told = refusal(post(people["engineer"], DEVICES, body))
    assert field in told
    assert told[field][0]
    assert everything_written() == before


def test_a_private_address_that_the_operator_has_named_is_taken(people: dict[str, User], settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:8123"]
    assert post(people["engineer"], DEVICES, browser("http://127.0.0.1:8123/x")).status_code == 201
    assert "endpoint" in refusal(post(people["engineer"], DEVICES, browser("http://127.0.0.1:8124/x")))


def test_somebody_elses_device_is_not_there(people: dict[str, User]) -> None:
    made = post(people["engineer"], DEVICES, app()).json()["id"]
    for person, status in ((people["outsider"], 404), (people["admin"], 404), (None, 401)):
        refusal(client_of(person).delete(f"{DEVICES}{made}/"), status)
    for strange in ("0", "9" * 30, "x"):
        refusal(client_of(people["engineer"]).delete(f"{DEVICES}{strange}/"), 404)
    refusal(get(None, DEVICES), 401)
    refusal(post(None, DEVICES, app()), 401)
    assert Device.objects.filter(pk=made).exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_device_and_keep_the_bound() -> None:
    one, other = make_person(), make_person()
    same = [lambda person=person: post(person, DEVICES, app("same")).status_code for person in (one, other) * 3]
    codes = all_at_once(*same)
    assert set(codes) <= {200, 201}
    assert Device.objects.count() == 1
    numbers = itertools.count()
    all_at_once(*[lambda: post(one, DEVICES, app(f"token-{next(numbers)}")) for _ in range(24)])
    assert Device.objects.filter(user=one).count() == 20
