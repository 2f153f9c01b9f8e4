"""Whatever is sent, read, lost, dropped and resumed: every device ends up with what the database holds, once."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from notifications import inbox
from notifications.live.bell import bell
from notifications.live.hub import Hub
from notifications.live.rings import Nonce, Ring
from notifications.models import NotificationLog
from notifications.sockets.process import LiveProcess

from .. import crowd
from ..examples import examples
from ..waiting import wind_up
from .device import Device
from .honest import Client, listed

T = TypeVar("T")
SETTLED_WITHIN_S = 10.0
BELLS = st.sampled_from(["rung", "lost", "doubled", "lost"])
VERBS = [inbox.mark_as_read, inbox.mark_as_unread, inbox.archive, inbox.unarchive, inbox.delete]


class LossyBell:
    """Stands between the bell and the hub, and loses what it is told to lose."""

    alive = False  # so the bell rings it directly

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.times = 1
        self._nonces: set[str] = set()
        self._came = threading.Condition()

    def ring_from_thread(self, rings: Sequence[Ring]) -> None:
        kept = []
        with self._came:
            for ring in rings:
                if isinstance(ring, Nonce):
                    self._nonces.add(ring.value)
                else:
                    kept += [ring] * self.times
            self._hub.ring_from_thread(kept)
            self._came.notify_all()

    def wait_until_rung(self) -> None:
        last = Nonce(str(time.monotonic_ns()))
        bell.ring(last)
        with self._came:
            assert self._came.wait_for(lambda: last.value in self._nonces, SETTLED_WITHIN_S)

    @contextlib.contextmanager
    def ringing(self, how: str) -> Iterator[None]:
        """What is rung in here is rung once, twice or not at all."""
        self.wait_until_rung()
        self.times = ["lost", "rung", "doubled"].index(how)
        yield
        self.wait_until_rung()
        self.times = 1


class ResumeMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.person = crowd.make_person(is_staff=True)
        self.others = crowd.make_crowd(3)
        self.clients: list[Client] = []
        self.loop = asyncio.new_event_loop()
        self.process = self.run(self.start())

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    async def start(self) -> LiveProcess:
        process = LiveProcess.here()
        process.hub.late_bell_s = process.hub.badge_every_s = 0.02
        self.lossy = LossyBell(process.hub)
        bell.hubs.remove(process.hub)
        bell.hubs.append(self.lossy)
        return process

    @initialize()
    def two_devices_are_live(self) -> None:
        self.buy_a_device(None, loads_first=True)
        self.buy_a_device("/admin", loads_first=False)
        self.settle()

    @invariant()
    def a_moment_passes(self) -> None:
        """What is under way may be done before the next thing happens, or may not: both must be right."""
        self.run(asyncio.sleep(0.01))

    # --- what happens ---------------------------------------------------------------
    @rule(namespace=st.sampled_from(["/", "/", "/admin"]), count=st.integers(1, 3), bell=BELLS)
    def send_single(self, namespace: str, count: int, bell: str) -> None:
        with self.lossy.ringing(bell):
            for _ in range(count):
                crowd.send(self.person, namespace=namespace)

    @rule(size=st.sampled_from([10, 9_000]), bell=BELLS)
    def send_mass(self, size: int, bell: str) -> None:
        with self.lossy.ringing(bell):
            crowd.send(*self.others, self.person, message="€" * size)

    @rule(verb=st.sampled_from(VERBS), pick=st.integers(0, 7), bell=BELLS)
    def change_a_row(self, verb: Any, pick: int, bell: str) -> None:
        rows = list(NotificationLog.objects.filter(recipient=self.person, deleted_at=None).order_by("-seq")[:8])
        if rows:
            with self.lossy.ringing(bell):
                verb(self.person.pk, [rows[pick % len(rows)].pk])

    @rule(bell=BELLS)
    def read_everything(self, bell: str) -> None:
        with self.lossy.ringing(bell):
            inbox.mark_all_as_read(self.person.pk)

    @precondition(lambda self: len(self.clients) < 4)
    @rule(namespace=st.sampled_from([None, None, "/admin"]), loads_first=st.booleans())
    def buy_a_device(self, namespace: str | None, loads_first: bool) -> None:
        self.clients.append(Client(self.person, namespace, loads_first=loads_first))
        self.connect(self.clients[-1])

    @rule(pick=st.integers(0, 3), how=st.sampled_from(["leave", "vanish"]))
    def drop(self, pick: int, how: str) -> None:
        """What was on its way is lost, and so are acknowledgements that had not been written."""
        client = self.clients[pick % len(self.clients)]
        if client.device:
            self.run(getattr(client.device, how)())
            client.device = None

    @rule(pick=st.integers(0, 3))
    def reconnect(self, pick: int) -> None:
        client = self.clients[pick % len(self.clients)]
        if client.device is None:
            self.connect(client)

    @rule(pick=st.integers(0, 3), one=st.booleans())
    def acknowledge(self, pick: int, one: bool) -> None:
        client = self.clients[pick % len(self.clients)]
        if client.cursor and one and client.shown:
            row = NotificationLog.objects.get(recipient=self.person, seq=client.shown[-1])
            if not row.deleted_at:
                client.to_send.append(("ack", {"id": row.pk}))
        elif client.cursor:
            client.to_send.append(("ack", {"up_to_seq": client.cursor}))
        self.pump(client)

    @rule(pick=st.integers(0, 3))
    def resume_unasked(self, pick: int) -> None:
        client = self.clients[pick % len(self.clients)]
        if client.cursor is not None:
            client.to_send.append(("resume", {"last_seq": client.cursor}))
        self.pump(client)

    @rule()
    def time_passes(self) -> None:
        """Long enough for badges and acknowledgements to go out; nothing depends on it."""
        self.run(asyncio.sleep(0.03))
        self.run(self.process.flush())
        for client in self.clients:
            self.pump(client)

    @rule()
    def settle(self) -> None:
        """Once nothing happens any more, a heartbeat is enough."""
        self.lossy.wait_until_rung()
        self.run(self.process.hub.check_heads(ping=True))
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while (wrong := [self.what_is_wrong(client) for client in self.clients]) != [""] * len(wrong):
            assert time.monotonic() < deadline, "\n".join(wrong)
            for client in self.clients:
                self.pump(client)

    def teardown(self) -> None:
        try:
            for client in self.clients:
                if client.device is None:
                    self.connect(client)
            self.settle()
        finally:
            bell.hubs.remove(self.lossy)
            self.run(self.end())
            self.loop.close()

    async def end(self) -> None:
        for client in self.clients:
            if client.device:
                await client.device.leave()
        self.process.stop()
        await wind_up()

    # --- how it is looked at ----------------------------------------------------------
    def connect(self, client: Client) -> None:
        path = "/ws/admin/" if client.namespace else "/ws/notifications/"
        client.connected(self.run(Device.of(self.person, client.query, path=path)))

    def pump(self, client: Client) -> None:
        """The client takes what is here, and says what it has to say."""
        if client.device is None:
            client.outgoing()
            return
        for frame in self.run(client.device.arrived()):
            client.take(frame)
        assert client.device.is_open, f"closed with {client.device.code}"
        for event, data in client.outgoing():
            self.run(client.device.send(event, **data))

    def what_is_wrong(self, client: Client) -> str:
        if client.device is None:
            return ""
        assert client.shown == sorted(set(client.shown)), f"shown: {client.shown}"
        rows = crowd.rows_of(self.person)
        needed = {
            row.seq
            for row in rows
            if client.since is not None
            and row.seq > client.since
            and not row.deleted_at
            and client.namespace in (None, row.event.namespace)
        }
        badge = sum(crowd.is_listed(row) and not row.is_read for row in rows)
        with contextlib.suppress(AssertionError):
            assert client.since is not None, "never caught up"
            assert needed <= set(client.shown)
            assert client.entries == listed(self.person, client.namespace)
            assert client.badge == badge
            return ""
        return f"{needed=} {badge=} {listed(self.person, client.namespace)=}\n{vars(client)}"


@pytest.mark.timeout(900)  # a thorough run takes its time
def test_every_device_ends_up_with_what_the_database_holds(transactional_db: None, settings: Any) -> None:
    settings.CHANNEL_LAYERS = {}  # the bell rings this process directly, through the listener that loses
    run_state_machine_as_test(ResumeMachine, settings=BOUNDS)


BOUNDS = settings(
    max_examples=examples(10),
    stateful_step_count=30,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # what does not settle takes its time: no shrinking
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
