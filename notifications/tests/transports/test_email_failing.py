"""E-mail, against a mail server that refuses, hangs, or hangs up: what each way of failing means."""

import pytest

from notifications.transports import email as transport
from notifications.transports.base import Address, TransportError
from notifications.transports.email import from_url

from .mailserver import MailServer, Server
from .words import ANN, message

REFUSALS = [  # where, what the server says, permanent, suppress
    ("rcpt", "451 4.3.0 Try again later", False, False),
    ("rcpt", "450 4.2.1 Mailbox busy", False, False),
    ("rcpt", "421 4.7.0 Too many connections", False, False),
    ("rcpt", "550 5.1.1 <ann@example.org>: User unknown", True, True),
    ("rcpt", "550 No such user here", True, True),
    ("rcpt", "551 User not local", True, True),
    ("rcpt", "553 5.1.3 Bad address syntax", True, True),
    ("rcpt", "550 5.2.1 Mailbox disabled", True, True),
    ("rcpt", "552 5.2.2 Mailbox full", True, False),
    ("rcpt", "550 5.7.1 Relaying denied", True, False),
    ("rcpt", "550 relay not permitted", True, False),
    ("rcpt", "554 5.7.1 Blocked by our list", True, False),
    ("data", "451 4.7.1 Greylisted", False, False),
    ("data", "552 5.3.4 Message too big", True, False),
    ("data", "550 5.7.1 This looks like spam", True, False),
    ("data", "550 No such user here", True, False),  # by now it is about the letter
]


@pytest.mark.parametrize(("where", "says", "permanent", "suppress"), REFUSALS)
def test_a_refusal(mail_server: MailServer, where: str, says: str, permanent: bool, suppress: bool) -> None:
    setattr(mail_server, f"{where}_says", says)
    with pytest.raises(TransportError, match=says[:3]) as failed:
        from_url(mail_server.url()).send(message(), ANN)
    error = failed.value
    assert (error.permanent, error.suppress, error.unknown) == (permanent, suppress, False)
    assert "ann@example.org" not in str(error)


def test_an_international_address_and_a_server_that_takes_none(mail_server: MailServer) -> None:
    mail_server.knows_utf8 = False
    with pytest.raises(TransportError, match="SMTPUTF8") as failed:
        from_url(mail_server.url()).send(message(), Address(value="jörg@example.org"))
    assert failed.value.permanent
    assert mail_server.letters == []


# --- the connection breaks off ----------------------------------------------------------
LARGE = f"{'x' * 70}\n" * 150_000  # more than the sockets' buffers hold


async def hang_up(server: Server) -> None:
    server.hang_up()


async def hang_up_in_mid_letter(server: Server) -> None:
    await server._reader.readline()
    server.hang_up()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "STEP_S", 0.4)


def test_hung_up_before_the_final_dot_is_a_plain_failure(mail_server: MailServer) -> None:
    mail_server.before_the_dot = hang_up_in_mid_letter
    with pytest.raises(TransportError, match="not handed over") as failed:
        from_url(mail_server.url()).send(message(message=LARGE), ANN)
    assert not failed.value.unknown
    assert not failed.value.permanent


def test_hung_up_in_a_small_letter_too(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is in the kernel's hands by then; the last look before the dot finds the line closed."""
    monkeypatch.setattr(transport, "LAST_LOOK_S", 20)
    mail_server.before_the_dot = hang_up_in_mid_letter
    with pytest.raises(TransportError, match="not handed over") as failed:
        from_url(mail_server.url()).send(message(), ANN)
    assert not failed.value.unknown


def test_refused_in_the_middle_of_the_letter(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(server: Server) -> None:
        await server.push("552 5.3.4 Too much of it")

    monkeypatch.setattr(transport, "LAST_LOOK_S", 20)
    mail_server.before_the_dot = refuse
    with pytest.raises(TransportError, match="552") as failed:
        from_url(mail_server.url()).send(message(), ANN)
    assert failed.value.permanent


def test_hung_up_after_the_final_dot_is_unknown(mail_server: MailServer) -> None:
    mail_server.after_the_dot = hang_up
    with pytest.raises(TransportError) as failed:
        from_url(mail_server.url()).send(message(), ANN)
    assert failed.value.unknown
    assert not failed.value.permanent


@pytest.mark.usefixtures("impatient")
def test_silence_after_the_final_dot_is_unknown(mail_server: MailServer) -> None:
    mail_server.after_the_dot = mail_server.hang
    with pytest.raises(TransportError) as failed:
        from_url(mail_server.url()).send(message(), ANN)
    assert failed.value.unknown


def test_the_total_time_ends_what_no_step_ends(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TOTAL_S", 0.4)
    mail_server.after_the_dot = mail_server.trickle
    with pytest.raises(TransportError) as failed:
        from_url(mail_server.url()).send(message(), ANN)
    assert failed.value.unknown


@pytest.mark.usefixtures("impatient")
def test_a_reader_that_stops_in_mid_letter_is_a_plain_failure(mail_server: MailServer) -> None:
    mail_server.before_the_dot = mail_server.hang
    with pytest.raises(TransportError, match="not handed over") as failed:
        from_url(mail_server.url()).send(message(message=LARGE), ANN)
    assert not failed.value.unknown


def test_nobody_listens(mail_server: MailServer) -> None:
    port = mail_server.port
    mail_server.close()
    mail_server.close = lambda: None  # type: ignore[method-assign]
    with pytest.raises(TransportError, match="not handed over") as failed:
        from_url(f"smtp://127.0.0.1:{port}").send(message(), ANN)
    assert not failed.value.permanent
    assert not failed.value.unknown
