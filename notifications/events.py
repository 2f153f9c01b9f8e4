"""The vocabulary: what happened, and who should hear of it. Imports nothing of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import TextChoices


class Priority(TextChoices):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 4 (critical): what rows store, so that they sort and compare."""
        return list(Priority).index(self)

    @classmethod
    def of_rank(cls, rank: int) -> "Priority":
        return list(cls)[rank]


class Category(TextChoices):
    SYSTEM = "system"
    USER_ACTION = "user_action"
    PROGRESS_UPDATE = "progress_update"
    ALERT = "alert"
    ERROR = "error"
    SUCCESS = "success"
    INFO = "info"
    WARNING = "warning"
    ADMIN = "admin"
    SECURITY = "security"


class Channel(TextChoices):
    """Where a person is reached; the code that reaches it is a transport."""

    INBOX = "inbox"
    WEBSOCKET = "websocket"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    SMS = "sms"
    PUSH = "push"
    APPRISE = "apprise"
    WEBHOOK = "webhook"


DEFAULT_LOCALE = "en"  # the catalogue's own language
ROOT, ADMIN = "/", "/admin"
NAMESPACES = (ROOT, ADMIN)


@dataclass(frozen=True)
class Subject:
    """What an event is about, in the host's words: Subject("ticket", "5")."""

    kind: str
    id: str


@dataclass(frozen=True)
class Action:
    """A button under a notification."""

    id: str
    label: str


@dataclass(frozen=True)
class Related:
    """The members of a room who are one of these there: Related("project:789", ("assignee", "manager"))."""

    room: str
    roles: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who is addressed; the parts are joined, `exclude` is taken off, each person is told once.

    `reasons` says per user why they are told ("assignee"); who comes by a role is told for that role, who comes by a
    room for what they are there.
    """

    users: Sequence[int] = ()
    roles: Sequence[str] = ()
    rooms: Sequence[str] = ()
    related: Related | None = None
    everyone: bool = False
    namespace: str | None = None
    exclude: Sequence[int] = ()
    reasons: Mapping[int, str] = field(default_factory=dict)

    @property
    def room(self) -> str | None:
        """The room, where exactly one is named."""
        named = {*self.rooms, *([self.related.room] if self.related else ())}
        return named.pop() if len(named) == 1 else None

    def as_json(self) -> dict[str, Any]:
        reasons = {str(user): why for user, why in self.reasons.items()}
        lists = {name: list(getattr(self, name)) for name in ("users", "roles", "rooms", "exclude")}
        related = {"room": self.related.room, "as": list(self.related.roles)} if self.related else None
        return {**asdict(self), **lists, "related": related, "reasons": reasons}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Audience":
        reasons = {int(user): why for user, why in stored.get("reasons", {}).items()}
        related = stored.get("related")
        found = Related(related["room"], tuple(related["as"])) if related else None
        return cls(**{**stored, "reasons": reasons, "related": found})


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened. `kind` names an entry of the catalogue, which fills in whatever is None here."""

    kind: str
    audience: Audience
    context: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None
    title: str | None = None
    message: str | None = None
    priority: str | None = None
    category: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    tags: Sequence[str] = ()
    subject: Subject | None = None
    namespace: str = ROOT
    thread: str | None = None
    link: str | None = None
    image: str | None = None
    actions: Sequence[Action] = ()
    requires_acknowledgment: bool | None = None
    channels: Sequence[str] | None = None
    scheduled_for: datetime | None = None
    expires_at: datetime | None = None


class Refused(Exception):
    """An event that cannot be accepted; nothing was written. `field` is the name the caller gave it by."""

    def __init__(self, field: str, message: str, code: str = "invalid") -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message, self.code = field, message, code


class KeyReused(Exception):
    """The idempotency key was used before, for something else."""
