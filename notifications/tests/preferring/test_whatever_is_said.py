"""Whatever is sent is refused by a place, or holds from then on; and what is shown can always be put back."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import preferring
from notifications.deciding import wishes
from notifications.deciding.preferences import DEFAULTS, Preferences
from notifications.events import Refused
from notifications.preferring.changing import FIELDS, READ_ONLY

WORDS = ("general", "security_alert", "email", "22:00", "UTC", "de", "alert", "high", "window_s", "start", "", "*")
leaves = st.none() | st.booleans() | st.integers(-10, 10**12) | st.floats(allow_nan=False) | st.sampled_from(WORDS)
nested = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["general", "Ticket.Opened", "coupon_created", "security_alert"])
cells = st.dictionaries(st.sampled_from(["email", "sms", "websocket"]), st.none() | st.booleans())
plausible = st.fixed_dictionaries(
    {},
    optional={
        "timezone": st.sampled_from(["UTC", "Asia/Tokyo", None]),
        "quiet_hours": st.none() | st.fixed_dictionaries({"start": st.just("22:00"), "end": st.just("7:30")}),
        "kinds": st.dictionaries(kinds, st.none() | cells),
        "digest": st.dictionaries(kinds, st.none() | st.fixed_dictionaries({"window_s": st.integers(0, 700_000)})),
        "muted_tags": st.lists(st.sampled_from("abc")),
        "muted_types": st.lists(kinds),
        "only_categories": st.none() | st.lists(st.sampled_from(["alert", "info"])),
    },
)
strange = st.dictionaries(st.sampled_from([*FIELDS, *READ_ONLY, "x"]), nested, max_size=3)


def wish_of(person: User) -> Preferences:
    return wishes.of([person.pk]).get(person.pk, DEFAULTS)


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plausible | strange, st.booleans())
def test_it_is_refused_or_it_holds(person: User, body: dict[str, Any], replaces: bool) -> None:
    before = wish_of(person)
    if refused := refusal(person, body, replaces=replaces):
        assert refused.field.partition(".")[0] in body
        assert wish_of(person) == before
        return
    after, shown = wish_of(person), preferring.shown(person.pk)
    assert refusal(person, shown, replaces=True) is None
    assert wish_of(person) == after
    assert preferring.shown(person.pk) == shown


def refusal(person: User, body: dict[str, Any], *, replaces: bool) -> Refused | None:
    try:
        preferring.change((person.pk, person.username), body, replaces=replaces)
    except Refused as refused:
        return refused
    return None
