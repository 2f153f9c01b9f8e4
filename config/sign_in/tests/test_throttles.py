"""How often: per person, and per address and name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from config.sign_in.throttles import PasswordResetThrottle, ReadThrottle, SignInThrottle, WriteThrottle, address

from .conftest import PASSWORD, access, bearing

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rates(settings: Any) -> None:
    rates = {"sign_in": "3/min", "read": "4/min", "write": "2/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("staff", is_staff=True)


def try_token(name: str = "engineer", password: str = "wrong", **extra: Any) -> Any:
    return APIClient().post("/api/token/", {"username": name, "password": password}, format="json", **extra)


def statuses(*answers: Any) -> list[int]:
    return [answer.status_code for answer in answers]


def test_guessing_a_name_from_an_address_is_stopped_even_with_the_right_password(engineer: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        assert statuses(*(try_token() for _ in range(3))) == [401, 401, 401]
        clock.shift(timedelta(seconds=20))
        stopped = try_token(password=PASSWORD)
        assert stopped.status_code == 429
        assert stopped["Retry-After"] == "40"
        assert stopped.json()["code"] == "throttled"
        assert set(stopped.json()) == {"detail", "code"}
        clock.shift(timedelta(seconds=40))
        assert try_token(password=PASSWORD).status_code == 200


def test_another_name_and_another_address_are_not_stopped(engineer: User, outsider: User) -> None:
    for _ in range(4):
        last = try_token()
    assert last.status_code == 429
    assert try_token("outsider", PASSWORD).status_code == 200
    assert try_token("engineer", PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_a_name_in_another_spelling_is_the_same_name(engineer: User) -> None:
    assert statuses(*(try_token(name) for name in ("engineer", "ENGINEER", " engineer "))) == [401, 401, 401]
    assert try_token("\uff45ngineer").status_code == 429  # a full-width e


def test_odd_bodies_are_counted_and_not_fallen_over(db: None) -> None:
    odd: list[Any] = [["x"], None, {}, 7, "\ud800", "\x00", "x" * 60_000]
    for body in ("[]", *(json.dumps({"username": name, "password": "x"}) for name in odd)):
        answer = APIClient().post("/api/token/", body, content_type="application/json")
        assert answer.status_code in {400, 401}, body[:80]


def test_looking_at_the_doors_is_not_counted(engineer: User) -> None:
    assert statuses(*(APIClient().get("/api/token/") for _ in range(5))) == [405] * 5
    assert statuses(*(APIClient().options("/api/token/") for _ in range(5))) == [200] * 5
    assert statuses(*(Client().get("/login/") for _ in range(5))) == [200] * 5


def test_while_stopped_the_login_page_does_not_try_the_password(engineer: User) -> None:
    tried: list[object] = []

    def note(sender: object, **kwargs: object) -> None:
        tried.append(kwargs["credentials"])

    user_login_failed.connect(note)
    try:
        for _ in range(5):
            Client().post("/login/", {"username": "engineer", "password": "wrong"})
    finally:
        user_login_failed.disconnect(note)
    assert len(tried) == 3


def test_the_login_page_shares_the_count_and_says_when_to_come_back(engineer: User) -> None:
    with time_machine.travel(NOW, tick=False):
        for _ in range(3):
            try_token()
        page = Client().post("/login/", {"username": "engineer", "password": PASSWORD})
    assert page.status_code == 429
    assert page["Retry-After"] == "60"
    assert "Too many attempts" in page.content.decode()
    assert "sessionid" not in page.cookies
    assert Client().get("/login/").status_code == 200


def test_writes_are_counted_per_person_wherever_they_come_from(engineer: User, outsider: User) -> None:
    mine, same_person, other = bearing(access(engineer)), bearing(access(engineer)), bearing(access(outsider))
    path = "/api/socket-ticket/"
    assert statuses(mine.post(path), same_person.post(path, REMOTE_ADDR="192.0.2.7")) == [200, 200]
    stopped = mine.post(path)
    assert stopped.status_code == 429
    assert 0 < int(stopped["Retry-After"]) <= 60
    assert other.post(path).status_code == 200


class Probe(APIView):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (ReadThrottle, WriteThrottle)

    def get(self, request: Any) -> Response:
        return Response()

    post = get


def ask(method: str, user: User | None = None, ip: str = "192.0.2.1") -> int:
    request = getattr(APIRequestFactory(), method)("/", REMOTE_ADDR=ip)
    force_authenticate(request, user)
    return Probe.as_view()(request).status_code


def test_reads_and_writes_have_a_count_each(engineer: User) -> None:
    assert [ask("get", engineer) for _ in range(5)] == [200, 200, 200, 200, 429]
    assert [ask("post", engineer) for _ in range(3)] == [200, 200, 429]


def test_who_is_not_signed_in_is_counted_by_address(db: None) -> None:
    assert [ask("post") for _ in range(3)] == [200, 200, 429]
    assert ask("post", ip="192.0.2.2") == 200


def test_a_rate_of_none_switches_it_off(db: None, settings: Any) -> None:
    rates = {"sign_in": None, "read": None, "write": None}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    assert [ask("post") for _ in range(5)] == [200] * 5
    assert SignInThrottle().allow_request(RequestFactory().post("/login/"), None)


@pytest.mark.parametrize(
    ("remote", "forwarded", "seen"),
    [
        ("192.0.2.9", "203.0.113.5", "192.0.2.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.66, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("::ffff:10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", " , ", "10.0.0.1"),
        ("", "203.0.113.5", ""),
    ],
)
def test_forwarded_addresses_count_as_far_as_our_proxies_wrote_them(
    settings: Any, remote: str, forwarded: str | None, seen: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    extra: dict[str, Any] = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert address(RequestFactory().get("/", REMOTE_ADDR=remote, **extra)) == seen


def test_without_trusted_proxies_nobody_chooses_their_own_address(settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    assert address(RequestFactory().get("/", HTTP_X_FORWARDED_FOR="203.0.113.5")) == "127.0.0.1"


def test_a_proxy_that_is_no_address_is_named(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["proxy.local"]
    with pytest.raises(ImproperlyConfigured, match=r"proxy\.local"):
        address(RequestFactory().get("/", HTTP_X_FORWARDED_FOR="203.0.113.5"))


@pytest.mark.parametrize(
    ("scope", "path", "body"),
    [
        ("send", "/api/events/", {"notification_type": "general", "to": {"everyone": True}, "message": "Hello"}),
        ("send", "/notifications", {"notification_type": "general", "to": {"everyone": True}, "message": "Hello"}),
        ("send", "/api/admin/notifications/send/", {"user_id": 1, "message": "Hello"}),
        ("broadcast", "/api/admin/notifications/broadcast/", {"title": "Hello", "message": "Hello"}),
        ("test_send", "/api/admin/templates/1/test_send/", {}),
        ("phone_code", "/api/notifications/preferences/verify_phone/", {"phone": "+15550001111"}),
        ("phone_code", "/api/notifications/preferences/confirm_phone/", {"phone": "+15550001111", "code": "000000"}),
        ("upkeep", "/api/admin/notifications/cleanup/", {}),
        ("upkeep", "/api/admin/notifications/retry/", {"ids": [1]}),
    ],
)
def test_what_is_dear_or_reaches_others_has_a_limit_of_its_own(
    staff: User, settings: Any, scope: str, path: str, body: dict[str, Any]
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {scope: "2/min"}}
    client = bearing(access(staff))
    first, second, third = (client.post(path, body, format="json") for _ in range(3))
    assert 429 not in statuses(first, second)
    assert third.status_code == 429
    assert int(third["Retry-After"]) > 0
    assert client.get("/api/notifications/").status_code == 200, "everything else goes on"


def test_the_limit_of_an_act_is_each_persons_own(staff: User, settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"upkeep": "1/min"}}
    other = User.objects.create_user("other", is_staff=True)
    path = "/api/admin/notifications/cleanup/"
    mine, his = bearing(access(staff)), bearing(access(other))
    assert statuses(mine.post(path), mine.post(path), his.post(path)) == [200, 429, 200]


def test_letters_about_a_forgotten_password_are_limited_by_address(settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"password_reset": "1/min"}}

    def allowed(method: str, address: str) -> bool:
        request = getattr(RequestFactory(), method)("/password-reset/", REMOTE_ADDR=address)
        return PasswordResetThrottle().allow_request(request, None)

    assert allowed("post", "192.0.2.1")
    assert not allowed("post", "192.0.2.1")
    assert allowed("get", "192.0.2.1"), "looking at the form is not counted"
    assert allowed("post", "192.0.2.2")
