"""A real SMTP server (aiosmtpd) that accepts, refuses, hangs, or hangs up."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

RELEASED_WITHIN_S = 60
Step = Callable[["Server"], Awaitable[str | None]]


class Server(SMTP):
    """The protocol; what it does at each step is the mail server's plan."""

    def __init__(self, owner: "MailServer", **options: Any) -> None:
        super().__init__(owner, **options)
        self.owner = owner

    async def smtp_DATA(self, arg: str) -> None:
        if self.owner.before_the_dot:
            await self.push("354 go on")
            await self.owner.before_the_dot(self)
        else:
            await super().smtp_DATA(arg)

    def hang_up(self) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()


class MailServer:
    """On a loop of its own. `letters` are the envelopes that were taken."""

    def __init__(self, tls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None) -> None:
        self.letters: list[Envelope] = []
        self.logins: list[LoginPassword] = []
        self.rcpt_says = self.data_says = ""
        self.before_the_dot: Step | None = None
        self.after_the_dot: Step | None = None
        self.knows_utf8 = True
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail server")
        self._thread.start()
        self.released = asyncio.Event()
        self._server: asyncio.Server = asyncio.run_coroutine_threadsafe(self._serve(implicit), self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _serve(self, implicit: ssl.SSLContext | None) -> asyncio.Server:
        return await self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=implicit)

    def _protocol(self) -> Server:
        return Server(
            self,
            loop=self._loop,
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            auth_require_tls=False,
            authenticator=self._sign_in,
            enable_SMTPUTF8=self.knows_utf8,
        )

    def _sign_in(self, server: Any, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        self.logins.append(login)
        return AuthResult(success=login.password == b"geheim/wort", handled=False)

    def url(self, scheme: str = "smtp", user: str = "") -> str:
        return f"{scheme}://{user}localhost:{self.port}"

    async def hang(self, server: Server) -> None:
        await asyncio.wait_for(self.released.wait(), RELEASED_WITHIN_S)

    async def trickle(self, server: Server) -> None:
        """An answer without end, a line now and then."""
        while not self.released.is_set():
            await server.push("250-one moment")
            await asyncio.sleep(0.02)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self.released.set()
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    # --- aiosmtpd's hooks -------------------------------------------------------
    async def handle_RCPT(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_says:
            return self.rcpt_says
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        if self.after_the_dot:
            await self.after_the_dot(server)
        if self.data_says:
            return self.data_says
        self.letters.append(envelope)
        return "250 2.0.0 Ok: queued as 4F3A"
