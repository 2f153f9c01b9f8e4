"""Whatever was said before: a cell that is switched is so, the others stay, and what is shown can be said again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.deciding import wishes
from notifications.deciding.preferences import EVERY_KIND, Preferences
from notifications.models import Preference
from notifications.preferring import grid

pytestmark = pytest.mark.once

KINDS = ("general", "ticket_opened", "order_shipped", "security_alert")
MANDATORY = "security_alert"
Cells = dict[tuple[str, str], bool]


class Person:
    """A row in memory, and what is said to it."""

    def __init__(self) -> None:
        self.row = Preference()

    @property
    def wish(self) -> Preferences:
        return wishes.preferences(self.row)

    def cells(self) -> Cells:
        return {(kind, channel): grid.is_on(self.wish, kind, channel) for kind in KINDS for channel in grid.CHANNELS}

    def stored(self) -> tuple[Any, ...]:
        return self.row.kinds, self.row.unsubscribed

    def _writing(self, *, replaces: bool = False) -> grid.Writing:
        said = {} if replaces else {kind: dict(cells) for kind, cells in self.row.kinds.items()}
        return grid.Writing(self.wish, replaces, said, dict(self.row.unsubscribed))

    def _keep(self, writing: grid.Writing) -> None:
        self.row.kinds, self.row.unsubscribed = writing.said, writing.left

    def patch(self, kind: str, channel: str, on: bool | None) -> None:
        writing = self._writing()
        writing.kinds({kind: {channel: on}}, "kinds")
        self._keep(writing)

    def put(self, said: grid.Said) -> None:
        writing = self._writing(replaces=True)
        writing.kinds(said, "kinds")
        self._keep(writing)

    def leave(self, kind: str) -> None:
        writing = self._writing()
        writing.leave(kind, "email")
        self._keep(writing)

    def rejoin(self, kind: str) -> None:
        writing = self._writing()
        writing.rejoin(kind, "email")
        self._keep(writing)


free = st.sampled_from([kind for kind in KINDS if kind != MANDATORY])
channels = st.sampled_from(grid.CHANNELS)
acts = st.one_of(
    st.tuples(st.just("patch"), free, channels, st.sampled_from([True, False, None])),
    st.tuples(st.sampled_from(["leave", "rejoin"]), free | st.just(EVERY_KIND)),
)


def having_said(history: list[tuple[Any, ...]]) -> Person:
    person = Person()
    for name, *said in history:
        getattr(person, name)(*said)
    return person


histories = st.lists(acts, max_size=12).map(having_said)


@given(histories, free, channels, st.booleans())
def test_a_cell_that_is_switched_is_so_and_the_others_stay(person: Person, kind: str, channel: str, on: bool) -> None:
    before = person.cells()
    person.patch(kind, channel, on)
    assert person.cells() == {**before, (kind, channel): on}


@given(histories)
def test_what_is_shown_can_be_put_back_and_changes_nothing(person: Person) -> None:
    before = person.stored()
    person.put(grid.effective(person.wish))
    assert person.stored() == before


@given(histories, free)
def test_who_leaves_a_kind_leaves_no_other(person: Person, kind: str) -> None:
    before = person.cells()
    person.leave(kind)
    assert person.cells() == {**before, (kind, "email"): False}
    person.leave(kind)
    assert person.cells() == {**before, (kind, "email"): False}


@given(histories)
def test_who_leaves_everything_keeps_what_is_mandatory_and_the_other_channels(person: Person) -> None:
    before = person.cells()
    person.leave(EVERY_KIND)
    assert person.cells() == {cell: on and (cell[1] != "email" or cell[0] == MANDATORY) for cell, on in before.items()}


@given(histories)
def test_what_is_mandatory_is_on_whatever_was_said(person: Person) -> None:
    assert all(on for (kind, _), on in person.cells().items() if kind == MANDATORY)
