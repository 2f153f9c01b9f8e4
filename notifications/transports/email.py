"""E-mail by SMTP, or into files: a letter in text and HTML.

SMTP's turning point is the final dot. Until it is sent, whatever breaks is a known failure and may be tried again;
after it, silence means that nobody knows.
"""

import os
import re
import select
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.template.loader import render_to_string

from .base import Accepted, Address, Malformed, Message, ProviderUrl, Transport, TransportError, clean
from .http.deadline import Deadline, resolve
from .http.trust import tls

FORM = "smtp://user:password@host:port, smtp+tls://…, smtps://… or file:///folder, with %xx for special characters"
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
TOTAL_S = 55.0
CONNECT_S = 10.0
STEP_S = 20.0
LAST_LOOK_S = 0.02  # before the final dot, for a server that has hung up meanwhile
_NO_SUCH_MAILBOX = {550, 551, 553}
_ABOUT_THE_LETTER = re.compile(r"(?i)relay|polic|spam|block|authenticat|\bspf\b|dkim|dmarc|sender")
_NOT_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def from_url(url: str) -> Transport:
    parsed = ProviderUrl.parse(url, form=FORM)
    if parsed.scheme == "file":
        if parsed.host or not parsed.path.startswith("/"):
            raise Malformed(f"write it as {FORM}")
        return Files(Path(parsed.path))
    if not parsed.host or parsed.path not in {"", "/"}:
        raise Malformed(f"write it as {FORM}")
    return Smtp(
        scheme=parsed.scheme,
        host=parsed.host,
        port=parsed.port or PORTS[parsed.scheme],
        user=parsed.user,
        password=parsed.password,
    )


# --- the letter -------------------------------------------------------------
def sender() -> Mailbox:
    """EMAIL_FROM, taken apart. Raises Malformed."""
    try:
        ((name, address),) = getaddresses([settings.EMAIL_FROM])
        return _mailbox(name, address)
    except ValueError:
        raise Malformed("write it as name@example.org or Name <name@example.org>") from None


def _mailbox(name: str, address: str) -> Mailbox:
    """Raises ValueError when it is no address. An international domain is written in ASCII."""
    user, _, domain = address.rpartition("@")
    if not user or not re.fullmatch(r"[^\s@<>()\"\\,:;\x00-\x1f\x7f]+", user):
        raise ValueError("not an address")
    ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", ascii_domain):
        raise ValueError("not an address")
    return Mailbox(display_name=_one_line(name), username=user, domain=ascii_domain)


def _one_line(text: str) -> str:
    return " ".join(_NOT_IN_A_HEADER.sub(" ", text).split())


def letter(message: Message, address: Address) -> EmailMessage:
    """Raises TransportError when the recipient's address is none."""
    try:
        recipient = _mailbox(message.recipient_name, address.value)
    except ValueError:
        raise TransportError("not an e-mail address", permanent=True) from None
    writer = sender()
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # not every server takes 8 bits
    mail["Subject"] = _one_line(message.title)
    mail["From"], mail["To"] = writer, recipient
    mail["Date"] = message.created_at
    mail["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9._-]', '-', message.delivery_id)}@{writer.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe_url and re.fullmatch(r"https?://[!-;=?-~]+", message.unsubscribe_url):
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058 §3.1
    mail.set_content(_text(message))
    mail.add_alternative(_html(message), subtype="html")
    return mail


def _text(message: Message) -> str:
    links = {"Unsubscribe": message.unsubscribe_url, "E-mail settings": message.preferences_url}
    foot = "".join(f"\n{name}: {url}" for name, url in links.items() if url)
    parts = [message.title, message.message, message.link, foot and f"-- {foot}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(message: Message) -> str:
    def web_only(url: str | None) -> str:
        return url if url and urlsplit(url).scheme in {"http", "https"} else ""

    return render_to_string(
        "email/notification.html",
        {
            "message": message,
            "link": web_only(message.link),
            "image": web_only(message.image),
            "unsubscribe_url": web_only(message.unsubscribe_url),
            "preferences_url": web_only(message.preferences_url),
            "from_name": sender().display_name or sender().domain,
        },
    )


def _is_international(mail: EmailMessage) -> bool:
    """An address of letters beyond ASCII needs a server that knows SMTPUTF8 (RFC 6531); names and subjects do not."""
    return not (mail["From"].addresses[0].addr_spec + mail["To"].addresses[0].addr_spec).isascii()


def _as_bytes(mail: EmailMessage) -> bytes:
    # headers in one line: folded, a long List-Unsubscribe would come out as an encoded word, which nobody can follow
    return mail.as_bytes(policy=SMTP.clone(max_line_length=900, utf8=_is_international(mail)))


# --- into files -------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Files:
    """One .eml a letter, readable by its owner only: the default, until a server is named."""

    folder: Path
    is_idempotent: ClassVar[bool] = True  # the same letter is the same file

    def send(self, message: Message, address: Address) -> Accepted:
        content = _as_bytes(letter(message, address))
        name = re.sub(r"[^A-Za-z0-9._-]", "-", f"{message.created_at:%Y%m%dT%H%M%S}-{message.delivery_id}")
        path = self.folder / f"{name}.eml"
        half = path.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            half.replace(path)
        except OSError as error:
            raise TransportError(f"not written: {error.strerror}") from error
        return Accepted(provider_id=path.name, answer="written to a file")


# --- by SMTP ----------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """One connection a letter."""

    scheme: str
    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    is_idempotent: ClassVar[bool] = False  # servers do not look at Message-ID

    def send(self, message: Message, address: Address) -> Accepted:
        mail = letter(message, address)
        with Deadline(TOTAL_S) as deadline, self._named_failures(address):
            link = _Link(deadline, encrypted=self.scheme == "smtps")
            try:
                self._sign_in(link)
                return self._hand_over(link, mail, address)
            finally:
                link.close()

    def _sign_in(self, link: "_Link") -> None:
        _expect(220, *link.connect(self.host, self.port))
        link.ehlo_or_helo_if_needed()
        if self.scheme == "smtp+tls":
            _expect(220, *link.starttls(context=tls("smtp")))
            link.ehlo_or_helo_if_needed()
        if self.user:
            link.login(self.user, self.password)

    def _hand_over(self, link: "_Link", mail: EmailMessage, address: Address) -> Accepted:
        if (utf8 := _is_international(mail)) and not link.has_extn("smtputf8"):
            raise TransportError("the server takes no international addresses (SMTPUTF8)", permanent=True)
        _expect(250, *link.mail(mail["From"].addresses[0].addr_spec, ["SMTPUTF8"] if utf8 else []))
        code, said = link.rcpt(mail["To"].addresses[0].addr_spec)
        if code not in {250, 251}:
            raise _refusal(code, said, address, of_recipient=True)
        _expect(354, *link.docmd("DATA"))
        link.send(_dotted(_as_bytes(mail)))
        link.look_before_the_dot()
        link.send(b".\r\n")
        return self._accepted(link, address)

    def _accepted(self, link: "_Link", address: Address) -> Accepted:
        try:
            code, said = link.getreply()
        except OSError:  # smtplib's own are among them
            code, said = -1, b""
        if code == -1:
            raise TransportError("wholly handed over, and no answer came", unknown=True)
        _expect(250, code, said)
        link.leave()
        return Accepted(answer=clean(f"{code} {said.decode(errors='replace')}", address.value))

    @contextmanager
    def _named_failures(self, address: Address) -> Iterator[None]:
        """What smtplib and the network raise, in our words."""
        try:
            yield
        except smtplib.SMTPNotSupportedError as error:
            raise TransportError(clean(str(error)), permanent=True) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error, address, hidden=(self.user, self.password)) from None
        except smtplib.SMTPException as error:  # the connection broke off
            raise TransportError(f"not handed over: {clean(str(error), address.value)}") from None
        except OSError as error:
            said = "timed out" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
            raise TransportError(f"not handed over: {clean(said)}") from None


class _Link(smtplib.SMTP):
    """smtplib's side of the talk, within a deadline."""

    def __init__(self, deadline: Deadline, *, encrypted: bool) -> None:
        super().__init__(local_hostname=sender().domain, timeout=STEP_S)  # its own guess asks the name server
        self._deadline, self._encrypted = deadline, encrypted

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Called by connect(). Each step after this has `timeout`, all of them together the deadline."""
        self._host = host  # what starttls() checks the certificate against
        plain = self._dialled(host, port)
        self._deadline.hold(plain)
        plain.settimeout(self._deadline.left_s(timeout))
        if not self._encrypted:
            return plain
        return tls("smtp").wrap_socket(plain, server_hostname=host)

    def _dialled(self, host: str, port: int) -> socket.socket:
        failure = OSError(0, "the name has no address")
        for address in resolve(host, port, within_s=self._deadline.left_s(CONNECT_S)):
            try:
                return socket.create_connection((address, port), self._deadline.left_s(CONNECT_S))
            except OSError as error:
                failure = error
        raise failure

    def look_before_the_dot(self) -> None:
        """A server that has hung up, or refuses already, has not got the letter: that is known, not unknown."""
        assert self.sock is not None
        if not select.select([self.sock], [], [], LAST_LOOK_S)[0]:
            return
        # below TLS, where its records are seen but not understood: only "hung up" is read from them
        if not socket.socket.recv(self.sock, 1, socket.MSG_PEEK):
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        if not isinstance(self.sock, ssl.SSLSocket):
            raise smtplib.SMTPDataError(*self.getreply())

    def leave(self) -> None:
        """Politely, if that is still possible: the letter is accepted in any case."""
        with suppress(OSError):
            self.putcmd("quit")


def _dotted(content: bytes) -> bytes:
    """RFC 5321 §4.5.2, and a line end before the final dot."""
    return re.sub(rb"(?m)^\.", b"..", content.rstrip(b"\r\n") + b"\r\n")


def _expect(wanted: int, code: int, said: bytes) -> None:
    if code == -1:
        raise smtplib.SMTPServerDisconnected("the answer is not SMTP")
    if code != wanted:
        raise smtplib.SMTPResponseException(code, said)


def _refusal(
    code: int, said: bytes | str, address: Address, *, hidden: tuple[str, ...] = (), of_recipient: bool = False
) -> TransportError:
    """4xx passes, 5xx does not. An unknown mailbox is suppressed; a letter or sender that is not wanted is not."""
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    enhanced = re.match(r"5\.(\d+)\.(\d+)\b", words)  # RFC 3463
    blames_mailbox = enhanced[1] == "1" or enhanced[0] == "5.2.1" if enhanced else not _ABOUT_THE_LETTER.search(words)
    return TransportError(
        clean(f"{code} {words}", address.value, *hidden),
        permanent=code >= 500,
        suppress=of_recipient and code in _NO_SUCH_MAILBOX and blames_mailbox,
    )
