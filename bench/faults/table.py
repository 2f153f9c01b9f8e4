"""The faults as data: what is done, and what must come of it. The order is the order of play."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from .plays import bells, network, postgres, processes, sending, signing, sqlite
from .scene import Scene

BOTH, CLUSTER, EMBEDDED = ("cluster", "embedded"), ("cluster",), ("embedded",)


@dataclass(frozen=True)
class Fault:
    """`expected` is on top of what holds after every fault (judging.py)."""

    name: str
    what: str
    expected: str
    play: Callable[[Scene], Awaitable[str]]
    where: tuple[str, ...]
    quick: bool = True


FAULTS = [
    Fault(
        "server-killed",
        "kill -9 of servers at random moments of a burst",
        "every post is answered in the end, and acts once",
        processes.at_random_moments,
        BOTH,
    ),
    Fault(
        "bell-lost",
        "kill -9 of a server between commit and bell",
        "devices on the other server show it by its next heartbeat (30 s)",
        processes.between_commit_and_bell,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "server-killed-with-sockets",
        "kill -9 of one of two servers with 1,000 sockets, in a burst",
        "all come back to the other and show each row once",
        processes.with_many_sockets,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "rolling-restart",
        "SIGTERM to one process after the other, under load",
        "each ends by itself within 10 s; nobody misses anything",
        processes.rolling_restart,
        BOTH,
        quick=False,
    ),
    Fault(
        "wrong-clock",
        "a server, then a worker, 10 minutes ahead and behind",
        "nobody is turned away; leases and order keep to the database's clock",
        processes.wrong_clocks,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "killed-mid-chunk",
        "kill -9 of a worker in the midst of writing 2,000 rows",
        "another writes them, once",
        sending.mid_chunk,
        CLUSTER,
    ),
    Fault(
        "killed-mid-send",
        "kill -9 of workers while the provider has their messages",
        "SMS at most once, the rest shown as unknown; webhooks at least once, under one id",
        sending.mid_send,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "valkey-restarted",
        "Valkey killed and started again, empty",
        "no socket closes",
        bells.restarted_empty,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "valkey-down",
        "Valkey away for 10 s",
        "no socket closes; events are shown meanwhile",
        bells.down,
        CLUSTER,
    ),
    Fault(
        "valkey-half-open",
        "links to Valkey swallow bytes, without a FIN",
        "noticed; no socket closes; events are shown meanwhile",
        bells.half_open,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "embedded-valkey-killed",
        "the embedded Valkey killed",
        "`up` starts it again; no socket closes",
        bells.embedded_killed,
        EMBEDDED,
    ),
    Fault(
        "postgres-restarted",
        "Postgres away for 20 s, then crashed",
        "no socket closes; posts are repeated until kept",
        postgres.restarted,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "postgres-connections-cut",
        "pg_terminate_backend for every connection, again and again",
        "no socket closes; posts are repeated until kept",
        postgres.connections_cut,
        CLUSTER,
    ),
    Fault(
        "client-cut",
        "clients lose their link without a FIN",
        "they notice by silence, come back, and miss nothing",
        network.cut_without_fin,
        BOTH,
        quick=False,
    ),
    Fault(
        "drops",
        "every client thrown out for 2 s of every 10 s",
        "100 % shown (public benchmark: Socket.IO 84.6 %, uWebSockets 87.0 %)",
        network.drops,
        BOTH,
    ),
    Fault(
        "deaf-reader",
        "a socket that never reads, among the others",
        "nobody else waits; it is given up",
        network.never_reads,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "storm",
        "10,000 sockets (quick and embedded: 1,000) come back at once, during broadcasts",
        "all live again; each row once",
        network.storm,
        BOTH,
        quick=False,
    ),
    Fault(
        "sign-in-ends",
        "a token expires, another is revoked, on open sockets",
        "closed 4401 within 30 s",
        signing.expiry_and_revocation,
        BOTH,
        quick=False,
    ),
    Fault(
        "sign-in-ends-without-valkey",
        "the same with Valkey down",
        "closed 4401 within 30 s",
        signing.without_valkey,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "strange-acks",
        "duplicate, backward, foreign and future acknowledgements",
        "only what this socket was sent is delivered",
        signing.strange_acks,
        BOTH,
    ),
    Fault(
        "sqlite-killed",
        "kill -9 of everything while somebody holds SQLite's write lock",
        "the file is whole; nothing outlives `up`",
        sqlite.killed_in_a_transaction,
        EMBEDDED,
    ),
    Fault(
        "two-writers",
        "a second server on the same SQLite file",
        "no post is refused",
        sqlite.two_writers,
        EMBEDDED,
        quick=False,
    ),
    Fault(
        "disk-full",
        "RLIMIT_FSIZE on every process",
        "posts are refused, never half kept; with room again all goes on",
        sqlite.disk_full,
        EMBEDDED,
    ),
]


def rows(setting: str, *, quick: bool, only: Sequence[str] | None) -> list[Fault]:
    here = [fault for fault in FAULTS if setting in fault.where]
    if only:
        return [fault for fault in here if fault.name in only]
    return [fault for fault in here if fault.quick or not quick]
