"""From users, messages a day and a peak factor to machines. docs/scaling.md says what it leaves out."""

from dataclasses import dataclass
from math import ceil

from .figures import Figures

DAY_S = 86_400
BUSY = 0.5  # of a core or a stated rate is planned for: the rest is for the second in which a peak peaks
SOCKETS_A_SERVER = 10_000  # the goal of one process, at 30 KB each; not measured yet
HEARD_S = 90e-6  # CPU of every server for each bell, whoever it is for; measured when the hub was designed
ROW_BYTES, EVENT_BYTES = 350, 1_850  # on Postgres, with indexes and audit: python -m bench.scaling.weighing


@dataclass(frozen=True)
class Load:
    """What is to be carried. A message is a notification of one person: a broadcast to 1,000 is 1,000 messages."""

    users: int
    messages_a_day: int
    peak: float = 10.0  # the busiest second against the average one
    audience: float = 1.0  # people an event is for, on average
    online: float = 0.2  # of the users, at the peak
    devices: float = 1.5  # open, of a person who is online
    outward: float = 0.3  # attempts outside (e-mail, push, SMS …) for each message
    kept_days: int = 90

    @property
    def messages_a_second(self) -> float:
        return self.messages_a_day / DAY_S * self.peak

    @property
    def events_a_second(self) -> float:
        return self.messages_a_second / self.audience

    @property
    def sockets(self) -> int:
        return ceil(self.users * self.online * self.devices)

    @property
    def deliveries_a_second(self) -> float:
        return self.messages_a_second * self.online * self.devices

    @property
    def attempts_a_second(self) -> float:
        return self.messages_a_second * self.outward


@dataclass(frozen=True)
class Machines:
    servers: int  # processes, each with a core of its own
    workers: int  # processes
    databases: int  # 1: one Postgres; more: by recipient
    bells: int  # Valkeys, or shards of a cluster
    stored_bytes: float
    bound: str  # what decides about the servers
    unseen: list[str]  # where this goes beyond what was measured


def plan(load: Load, figures: Figures) -> Machines:
    """At least two servers and two workers: one of each may die."""
    needed = servers_by_reason(load, figures)
    bound = max(needed, key=lambda reason: needed[reason])
    shards = databases(load, figures)
    return Machines(
        servers=max(2, ceil(needed[bound])),
        workers=max(2, ceil(load.attempts_a_second / (figures.attempts_a_second * BUSY))),
        databases=shards,
        bells=bells(load),
        stored_bytes=load.messages_a_day * load.kept_days * (ROW_BYTES + EVENT_BYTES / load.audience),
        bound=bound,
        unseen=unseen(load, figures),
    )


def servers_by_reason(load: Load, figures: Figures) -> dict[str, float]:
    """Server processes that each need asks for."""
    per_shard = load.events_a_second / bells(load)
    left = BUSY - per_shard * HEARD_S  # of each server's core, when it has heard all bells of its shard
    return {
        "open sockets": load.sockets / SOCKETS_A_SERVER,
        "frames to sockets": load.deliveries_a_second * figures.delivery_s / left,
        "accepting": load.events_a_second / (figures.singles_a_second * BUSY),
    }


def bells(load: Load) -> int:
    """Shards, so that hearing takes no server more than a fifth of its core."""
    return max(1, ceil(load.events_a_second * HEARD_S / 0.2))


def databases(load: Load, figures: Figures) -> int:
    """Postgres installations, by the rows that one was seen to write."""
    return max(1, ceil(load.messages_a_second / (figures.rows_a_second * BUSY)))


def unseen(load: Load, figures: Figures) -> list[str]:
    """What nobody has measured yet, and the answer counts on."""
    found = []
    if load.events_a_second > figures.singles_a_second:
        found.append(
            f"{load.events_a_second:,.0f} events a second on one database; {figures.singles_a_second:,.0f} were seen"
        )
    if load.sockets > 1_000:
        found.append(f"{SOCKETS_A_SERVER:,} sockets in one process: a goal; 1,000 were seen")
    return found


# --- what the model says of a run that was measured ------------------------------------------------------------------
def expansion_takes_s(people: int, figures: Figures) -> float:
    """One event for so many, until the last row is committed."""
    return people / figures.rows_a_second


def one_worker_attempts_a_second(figures: Figures, *, share_of_core: float) -> float:
    """One Python process runs one thread at a time: its CPU for an attempt is the limit."""
    return share_of_core / figures.attempt_cpu_s.middle


def server_is_busy(singles_a_second: float, figures: Figures) -> float:
    """The share of a server's core that hearing and showing single notifications takes."""
    return singles_a_second * (HEARD_S + figures.delivery_s)
