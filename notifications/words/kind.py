"""A kind of notification, as a value."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..events import DEFAULT_LOCALE, Channel, Priority
from . import rendering

ALL_CHANNELS = ""  # of words: on every channel that has none of its own
WITH_OWN_WORDS = (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH, Channel.APPRISE)
DEFAULT_CHANNELS = (Channel.INBOX.value, Channel.WEBSOCKET.value)
ALWAYS_THERE = "sender"  # filled in by `dispatch`: who did it, or "the system"
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def canonical(spelling: str) -> str:
    """Any of the usual spellings, as lower snake case.

    >>> canonical("ORDER_CREATED"), canonical("task.assigned"), canonical("Ticket-Assigned")
    ('order_created', 'task_assigned', 'ticket_assigned')
    """
    return re.sub(r"[.\-\s]+", "_", spelling.strip()).lower()


def is_locale(name: str) -> bool:
    """A language such as de or pt-BR.

    >>> is_locale("de"), is_locale("pt-BR"), is_locale("Deutsch")
    (True, True, False)
    """
    return len(name) <= 16 and _LOCALE.fullmatch(name) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What is said in one language on one channel, as Liquid. None: as on all channels, or in the default language."""

    locale: str = DEFAULT_LOCALE
    channel: str = ALL_CHANNELS
    title: str | None = None
    message: str | None = None

    @property
    def templates(self) -> list[str]:
        return [words for words in (self.title, self.message) if words is not None]


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatsappTemplate:
    """A template that Meta has approved. `variables` are paths into the context, in the order of {{1}}, {{2}} …"""

    name: str
    languages: tuple[str, ...]  # the first where the recipient's own is not among them
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One entry of the catalogue. `title` and `message` are Liquid; None means that the sender must say it."""

    name: str
    category: str
    priority: str
    title: str | None = None
    message: str | None = None
    channels: tuple[str, ...] = DEFAULT_CHANNELS
    requires_acknowledgment: bool = False
    mandatory: bool = False
    collapse: bool = False  # a newer one of its thread replaces it
    digest_window_s: int | None = None  # several within this window become one message outside
    digest_key: str | None = None  # a path into the context; what differs there is gathered apart
    whatsapp_template: WhatsappTemplate | None = None
    words: tuple[Words, ...] = ()  # in other languages, and on single channels
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_mandatory(self) -> bool:
        """Nobody can switch it off, mute it or unsubscribe from it."""
        return self.mandatory or self.priority == Priority.CRITICAL

    @property
    def wordings(self) -> list[Words]:
        """All there are: the plain ones, and those for languages and channels."""
        return [Words(title=self.title, message=self.message), *self.words]

    @property
    def variables(self) -> list[str]:
        """What the context must hold, or the event is refused: dotted paths, sorted."""
        needed = {path for words in self._templates() for path in rendering.required(words)}
        return sorted((needed | set(self.sent_to_whatsapp)) - {ALWAYS_THERE})

    @property
    def optional_variables(self) -> list[str]:
        """What the words use where the context holds it."""
        used = {path for words in self._templates() for path in rendering.variables(words)}
        return sorted(used - set(self.variables) - {ALWAYS_THERE})

    def _templates(self) -> Iterable[str]:
        return (words for wording in self.wordings for words in wording.templates)

    @property
    def sent_to_whatsapp(self) -> Iterable[str]:
        return self.whatsapp_template.variables if self.whatsapp_template else ()
