"""The guarded client: what it refuses to call, and what it can say about a call that failed."""

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notifications.events import Refused
from notifications.transports.base import TransportError
from notifications.transports.http import check_url, client
from notifications.transports.http.addresses import is_public
from notifications.transports.http.client import Answer, post

from .provider import Provider

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
NOT_PUBLIC = """
    0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.8.9.10 169.254.169.254 172.16.0.1 192.0.0.8 192.0.2.1 192.88.99.1
    192.168.1.1 198.18.0.1 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255
    :: ::1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 fec0::1 ff02::1 2001:db8::1 3fff::1 5f00::1 100::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1
    2002:7f00:1:: 2002:a00:1::1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 2001:0:53aa:64c::1
""".split()


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_inside_some_network(address: str) -> None:
    assert not is_public(address)


REFUSED = {
    "": "https://",
    "hook.example/x": "https://",
    "ftp://hook.example/": "https://",
    "file:///etc/passwd": "https://",
    "http://hook.example/": "https://",
    "https://": "no host",
    "https:///path": "no host",
    "https://user:word@hook.example/": "user name or password",
    "https://hook.example:99999/": "malformed",
    "https://hook.example:0/": "port",
    "https://[::1": "malformed",
    "https://hook.example/a b": "blanks",
    "https://hook.example/\r\nHost: x": "blanks",
    "https://hook.example\\@127.0.0.1/": "backslashes",
    "https://localhost/": "private",
    "https://localhost./": "private",
    "https://LOCALHOST:8443/": "private",
    "https://127.0.0.1/": "private",
    "https://10.1.2.3:8443/x": "private",
    "https://169.254.169.254/latest/meta-data/": "private",
    "https://2130706433/": "private",  # 127.0.0.1 as one number
    "https://0x7f000001/": "private",
    "https://0177.0.0.1/": "private",  # octal
    "https://127.1/": "private",
    "https://0/": "private",
    "https://[::1]/": "private",
    "https://[::ffff:127.0.0.1]/": "private",
    "https://[64:ff9b::7f00:1]/": "private",
    "https://[fe80::1]/": "private",
    "https://１２７.0.0.1/": "private",  # digits of another script
    "https://ⓛocalhost/": "private",
}


@pytest.mark.parametrize("url", REFUSED)
def test_a_form_is_told_why_a_url_is_refused(url: str) -> None:
    with pytest.raises(Refused, match=REFUSED[url]) as refused:
        check_url(url, "endpoint")
    assert refused.value.field == "endpoint"


@pytest.mark.parametrize("url", REFUSED)
def test_nor_is_it_called(url: str) -> None:
    with pytest.raises(TransportError) as refused:
        post(url, content=b"", headers={})
    assert refused.value.permanent
    assert not refused.value.unknown


@pytest.mark.parametrize(
    "url", ["https://93.184.215.14/hook?x=1", "https://[2606:4700::1111]:8443/", "https://no-such-host.invalid/"]
)
def test_a_form_takes_what_may_be_called_later(url: str) -> None:
    check_url(url, "endpoint")


def test_the_operator_exempts_named_targets_only(allowed: Provider) -> None:
    check_url(allowed.url, "url")
    assert post(allowed.url + "/hook?x=ä b".replace(" ", "+"), content=b"hello", headers={"X-One": "1"}).status == 200
    (received,) = allowed.received
    assert (received.path, received.body) == ("/hook?x=%C3%A4+b", b"hello")
    assert received.headers["host"] == allowed.netloc
    assert received.headers["x-one"] == "1"
    with pytest.raises(Refused):
        check_url(f"http://127.0.0.1:{allowed.port - 1}/", "url")
    with pytest.raises(Refused):
        check_url(f"http://localhost:{allowed.port}/", "url")


def test_what_the_operator_configured_may_be_anywhere(provider: Provider) -> None:
    assert post(provider.url, content=b"", headers={}, is_ours=True).status == 200


def test_a_redirect_is_an_answer_and_is_not_followed(allowed: Provider) -> None:
    allowed.answers(302, headers={"Location": "http://127.0.0.1:1/inside"})
    assert post(allowed.url, content=b"", headers={}).status == 302
    assert len(allowed.received) == 1


class Names:
    """The system's resolver, as someone who controls a domain could have it answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self._system = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in self.answers:
            return self._system(host, port, *args, **kwargs)
        self.asked.append(host)
        left = self.answers[host]
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [row for address in addresses for row in self._system(address, port, *args, **kwargs)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


@pytest.mark.parametrize("addresses", [["10.0.0.7"], ["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "::ffff:10.0.0.1"]])
def test_a_name_that_leads_inside_is_refused_even_if_another_address_is_public(
    names: Names, addresses: list[str]
) -> None:
    names.answers["rebind.example"] = [addresses]
    with pytest.raises(Refused, match="private"):
        check_url("https://rebind.example/", "url")
    with pytest.raises(TransportError, match="private"):
        post("https://rebind.example/", content=b"", headers={})


def test_the_address_that_was_checked_is_the_one_that_is_called(
    names: Names, trusted: ssl.SSLContext, settings: Any
) -> None:
    """The name is asked once; asked again, it would lead to a port where nobody listens."""
    server = Provider(tls=trusted)
    settings.OUTBOUND_ALLOW = frozenset({f"localhost:{server.port}"})
    names.answers["localhost"] = [["127.0.0.1"], ["127.0.0.2"]]
    try:
        assert post(f"https://localhost:{server.port}/", content=b"", headers={}).status == 200
        assert names.asked == ["localhost"]
    finally:
        server.close()


def test_a_name_that_changes_its_mind_after_the_form_is_refused_at_the_call(names: Names, provider: Provider) -> None:
    names.answers["rebind.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    check_url(f"https://rebind.example:{provider.port}/", "url")
    with pytest.raises(TransportError, match="private"):
        post(f"https://rebind.example:{provider.port}/", content=b"", headers={})
    assert provider.received == []


def test_the_certificate_is_that_of_the_name(names: Names, trusted: ssl.SSLContext, settings: Any) -> None:
    server = Provider(tls=trusted)
    settings.OUTBOUND_ALLOW = frozenset({f"other.example:{server.port}"})
    names.answers["other.example"] = [["127.0.0.1"]]
    try:
        with pytest.raises(TransportError, match=r"(?i)certificate") as failed:
            post(f"https://other.example:{server.port}/", content=b"", headers={})
        assert not failed.value.permanent
        assert not failed.value.unknown
    finally:
        server.close()


# --- failures -------------------------------------------------------------------
def hangs(provider: Provider) -> None:
    provider.hangs()


def trickles(provider: Provider) -> None:
    provider.trickles()


def cuts(provider: Provider) -> None:
    provider.cuts()


@pytest.mark.parametrize("rudeness", [hangs, trickles, cuts])
def test_handed_over_and_no_answer_is_unknown(allowed: Provider, rudeness: Callable[[Provider], None]) -> None:
    rudeness(allowed)
    with pytest.raises(TransportError) as failed:
        post(allowed.url, content=b"hello", headers={}, total_s=0.5)
    assert failed.value.unknown
    assert not failed.value.permanent
    assert allowed.received[0].body == b"hello"


def test_nobody_listens_is_a_plain_failure(provider: Provider) -> None:
    provider.close()
    with pytest.raises(TransportError, match="not handed over") as failed:
        post(provider.url, content=b"", headers={}, is_ours=True)
    assert not failed.value.unknown
    assert not failed.value.permanent


@pytest.fixture
def deaf() -> Iterator[str]:
    """It accepts connections and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_a_body_that_was_never_wholly_taken_is_a_plain_failure(deaf: str) -> None:
    with pytest.raises(TransportError, match="not handed over") as failed:
        post(deaf, content=b"x" * 20_000_000, headers={}, is_ours=True, total_s=0.5)
    assert not failed.value.unknown


def test_a_status_counts_even_if_the_body_is_cut(allowed: Provider) -> None:
    allowed.cuts_in_its_answer(201)
    answer = post(allowed.url, content=b"", headers={})
    assert (answer.status, answer.json()) == (201, {})


def test_an_endless_answer_is_not_read(allowed: Provider) -> None:
    allowed.answers(200, b"x" * 5_000_000)
    assert len(post(allowed.url, content=b"", headers={}).body) == client.LARGEST_ANSWER


@pytest.mark.parametrize(
    ("given", "meant"), [("7", 7), ("0", 0), ("99999999999999", 86_400), ("soon", None), ("-1", None), ("", None)]
)
def test_retry_after_in_seconds(given: str, meant: float | None) -> None:
    assert Answer(status=429, headers={"retry-after": given}, body=b"").retry_after_s() == meant


def test_retry_after_as_a_date() -> None:
    def wish(date: str) -> float | None:
        return Answer(status=503, headers={"retry-after": date}, body=b"").retry_after_s()

    assert wish("Fri, 01 Jan 2100 00:00:00 GMT") == 86_400
    assert wish("Thu, 01 Jan 1970 00:00:00 GMT") == 0
