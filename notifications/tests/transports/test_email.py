"""E-mail, against a real mail server: what it is given, and how; into files; and what is refused at start."""

import email
import ssl
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from notifications.transports.base import Address, Malformed, TransportError
from notifications.transports.email import from_url, sender

from .mailserver import MailServer
from .words import ANN, message


@pytest.fixture(autouse=True)
def sender_is(settings: Any) -> None:
    settings.EMAIL_FROM = "Tidings Desk <desk@tidings.example>"


def letter_at(server: MailServer) -> EmailMessage:
    (envelope,) = server.letters
    return parsed(envelope.content)


def parsed(content: Any) -> EmailMessage:
    found = email.message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    return found


# --- what arrives ---------------------------------------------------------------
def test_a_letter_in_text_and_html(mail_server: MailServer) -> None:
    told = message(
        recipient_name="Ann Øre",
        title="Aufzug fällt aus",
        message="Erste Zeile\n\n.Zweite <b>Zeile</b>",
        link="https://desk.example/tickets/5?a=1&b=2",
    )
    accepted = from_url(mail_server.url()).send(told, ANN)
    assert accepted.answer == "250 2.0.0 Ok: queued as 4F3A"

    (envelope,) = mail_server.letters
    assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@tidings.example", ["ann@example.org"])
    letter = letter_at(mail_server)
    assert letter["Subject"] == "Aufzug fällt aus"
    assert letter["To"] == "Ann Øre <ann@example.org>"
    assert letter["From"] == "Tidings Desk <desk@tidings.example>"
    assert letter["Message-ID"] == "<d-1@tidings.example>"
    assert letter["Date"].datetime == told.created_at
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in letter
    assert letter.get_content_type() == "multipart/alternative"
    text, html = letter.iter_parts()
    assert text.get_content_type() == "text/plain"
    words = text.get_content().replace("\r\n", "\n")
    assert "Erste Zeile\n\n.Zweite <b>Zeile</b>\n" in words
    assert "https://desk.example/tickets/5?a=1&b=2" in words
    page = html.get_content()
    assert "&lt;b&gt;Zeile&lt;/b&gt;" in page
    assert 'href="https://desk.example/tickets/5?a=1&amp;b=2"' in page
    assert "<b>" not in page


@pytest.mark.parametrize("words", ["ü", "ü" * 5000, "ü\n" * 500])
def test_every_byte_is_ascii_and_no_line_is_too_long(mail_server: MailServer, words: str) -> None:
    from_url(mail_server.url()).send(message(title=words[:300], message=words), ANN)
    content = mail_server.letters[0].content
    assert isinstance(content, bytes)
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998  # RFC 5322 §2.1.1


def test_one_click_unsubscribing_is_offered_however_long_its_address(mail_server: MailServer) -> None:
    address = f"https://desk.example/unsubscribe/{'x' * 200}/"
    from_url(mail_server.url()).send(message(unsubscribe_url=address), ANN)
    content = mail_server.letters[0].content
    assert isinstance(content, bytes)
    assert f"List-Unsubscribe: <{address}>\r\n".encode() in content
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content
    text, html = letter_at(mail_server).iter_parts()
    assert address in text.get_content()
    assert address in html.get_content()


def test_the_same_delivery_has_the_same_message_id(mail_server: MailServer) -> None:
    for _ in range(2):
        from_url(mail_server.url()).send(message(delivery_id="77"), ANN)
    assert {parsed(one.content)["Message-ID"] for one in mail_server.letters} == {"<77@tidings.example>"}


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Hi\r\nBcc: eve@evil.example\r\n\r\nbody"},
        {"title": "Hi\nBcc: eve@evil.example"},
        {"title": "Hi\u2028Bcc: eve@evil.example"},
        {"recipient_name": "Ann\r\nBcc: eve@evil.example"},
        {"recipient_name": 'Ann" <eve@evil.example>, "x'},
        {"delivery_id": "1>\r\nBcc: eve@evil.example"},
        {"unsubscribe_url": "https://x.example/>\r\nBcc: eve@evil.example"},
        {"locale": '"><script>'},
    ],
)
def test_nobody_writes_headers_through_what_is_said(mail_server: MailServer, fields: dict[str, str]) -> None:
    from_url(mail_server.url()).send(message(**fields), ANN)
    assert mail_server.letters[0].rcpt_tos == ["ann@example.org"]
    letter = letter_at(mail_server)
    assert letter["Bcc"] is None
    assert [one.addr_spec for one in letter["To"].addresses] == ["ann@example.org"]
    assert "<script>" not in letter.get_body(("html",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x"])
def test_a_link_that_is_no_page_is_no_button(mail_server: MailServer, link: str) -> None:
    from_url(mail_server.url()).send(message(link=link, image=link), ANN)
    html = letter_at(mail_server).get_body(("html",))
    assert html is not None
    assert link not in html.get_content()


def test_international_addresses(mail_server: MailServer) -> None:
    smtp = from_url(mail_server.url())
    smtp.send(message(), Address(value="ann@straße.example"))
    smtp.send(message(), Address(value="jörg@bücher.example"))
    assert mail_server.letters[0].rcpt_tos == ["ann@xn--strae-oqa.example"]
    assert mail_server.letters[1].rcpt_tos == ["jörg@xn--bcher-kva.example"]
    assert mail_server.letters[1].smtp_utf8


@pytest.mark.parametrize(
    "value", ["", "ann", "ann@", "@example.org", "a b@example.org", "a@b@c", "a,b@x", "a\r\nRSET@x"]
)
def test_an_address_that_is_none_is_refused_for_good(mail_server: MailServer, value: str) -> None:
    with pytest.raises(TransportError, match="not an e-mail address") as failed:
        from_url(mail_server.url()).send(message(), Address(value=value))
    assert failed.value.permanent
    assert not failed.value.suppress


# --- ways in ----------------------------------------------------------------------
def test_it_signs_in_with_an_escaped_password(mail_server: MailServer) -> None:
    from_url(mail_server.url(user="desk:geheim%2Fwort@")).send(message(), ANN)
    assert len(mail_server.letters) == 1


def test_a_refused_sign_in_is_permanent_and_hides_the_password(mail_server: MailServer) -> None:
    with pytest.raises(TransportError, match="535") as failed:
        from_url(mail_server.url(user="desk:falsch@")).send(message(), ANN)
    assert failed.value.permanent
    assert not failed.value.suppress
    assert "falsch" not in str(failed.value)


def test_starttls(trusted: ssl.SSLContext) -> None:
    server = MailServer(tls=trusted)
    try:
        from_url(server.url("smtp+tls", "desk:geheim%2Fwort@")).send(message(), ANN)
        assert len(server.letters) == 1
    finally:
        server.close()


def test_tls_from_the_first_byte(trusted: ssl.SSLContext) -> None:
    server = MailServer(implicit=trusted)
    try:
        from_url(server.url("smtps")).send(message(), ANN)
        assert len(server.letters) == 1
    finally:
        server.close()


def test_no_letter_and_no_password_goes_out_where_tls_was_wanted_and_is_not_there(mail_server: MailServer) -> None:
    with pytest.raises(TransportError, match="STARTTLS"):
        from_url(mail_server.url("smtp+tls", "desk:geheim%2Fwort@")).send(message(), ANN)
    assert mail_server.letters == []
    assert mail_server.logins == []


def test_an_unknown_authority_is_not_trusted(certificate: tuple[Path, ssl.SSLContext]) -> None:
    server = MailServer(tls=certificate[1])
    try:
        with pytest.raises(TransportError, match="not handed over"):
            from_url(server.url("smtp+tls")).send(message(), ANN)
        assert server.letters == []
    finally:
        server.close()


# --- files ------------------------------------------------------------------------------
def test_without_a_server_letters_are_files_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a b" / "mail"
    files = from_url(f"file://{tmp_path}/a%20b/mail")
    accepted = files.send(message(title="Grüße"), ANN)
    files.send(message(delivery_id="../../d-2"), ANN)
    assert folder.stat().st_mode & 0o777 == 0o700
    found = sorted(folder.iterdir())
    assert [path.name for path in found] == ["20261121T090000-..-..-d-2.eml", accepted.provider_id]
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    assert parsed(found[1].read_bytes())["Subject"] == "Grüße"


def test_the_same_letter_is_the_same_file(tmp_path: Path) -> None:
    files = from_url(f"file://{tmp_path}")
    for _ in range(2):
        files.send(message(), ANN)
    assert len(list(tmp_path.iterdir())) == 1
    assert files.is_idempotent


def test_a_folder_that_cannot_be_written_is_a_passing_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("not a folder")
    with pytest.raises(TransportError, match="not written"):
        from_url(f"file://{tmp_path}/mail").send(message(), ANN)


# --- settings ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "given", ["smtp://", "smtp://:25", "smtp://host:port", "smtp://host:70000", "smtp://u:geheim@host/x", "file://mail"]
)
def test_a_malformed_url_is_refused_without_being_quoted(given: str) -> None:
    with pytest.raises(Malformed, match="smtp://user:password@host:port") as refused:
        from_url(given)
    assert "geheim" not in str(refused.value)


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "geheim" not in repr(from_url("smtp://desk:geheim@mail.example"))


@pytest.mark.parametrize("given", ["", "desk", "Desk <desk>@x", "a@b, c@d", "Desk <desk@tidings.example>, x"])
def test_a_sender_that_is_no_address_is_refused(settings: Any, given: str) -> None:
    settings.EMAIL_FROM = given
    with pytest.raises(Malformed):
        sender()
