"""Which people come next, and that nobody else takes them."""

import threading
import uuid
from collections.abc import Sequence

from django.db.models import F

from .. import audience
from ..database import database_now
from ..delivery import reporting
from ..delivery.planning.ways import skipped_for_all
from ..events import Audience
from ..locks import transacting
from ..models import Event
from .writing import write

CHUNK = 2000  # people
SMALL = 200  # people; an audience up to this is written before the request is answered

work = threading.Event()  # set when there is something for the sweep of this process


@transacting
def expand_small(event: Event) -> bool:
    """Write all the rows of an event that was accepted just now; False, and nothing written, if they are too many."""
    people = _next_people(event, limit=SMALL + 1)
    if len(people) > SMALL:
        return False
    _write_next(event, people, finished=True)
    return True


@transacting
def expand_chunk(event_id: uuid.UUID) -> bool:
    """Write the next rows; True while there are more to write. Any number may call this at once."""
    event = Event.objects.get(pk=event_id)
    people = _next_people(event, limit=CHUNK)
    finished = len(people) < CHUNK
    return _write_next(event, people, finished=finished) and not finished


def _next_people(event: Event, *, limit: int) -> list[tuple[int, str]]:
    addressed = Audience.from_json(event.audience)
    return audience.members(addressed, namespace=event.namespace, after=event.position, limit=limit)


def _write_next(event: Event, people: Sequence[tuple[int, str]], *, finished: bool) -> bool:
    if not _take(event, people, finished=finished):
        return False
    if people:
        write(event, dict(people))
    if finished:
        reporting.report_done(event, now=database_now())
    return True


def _take(event: Event, people: Sequence[tuple[int, str]], *, finished: bool) -> bool:
    """Claim this chunk: fence, replay guard and cancel in one. False: another has it, or there is nothing to do."""
    taken = Event.objects.filter(pk=event.pk, position=event.position, state=Event.State.EXPANDING).update(
        position=people[-1][0] if people else event.position,
        recipients=F("recipients") + len(people),
        state=Event.State.DONE if finished else Event.State.EXPANDING,
        decided=skipped_for_all(event),
    )
    return taken == 1
