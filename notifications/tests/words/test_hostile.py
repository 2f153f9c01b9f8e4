"""Templates that mean harm. Each is refused when it is written or stopped by counting; none of them takes long."""

from contextlib import suppress
from typing import Any

import pytest

from notifications.words.rendering import LONGEST_WORDS, CannotRender, MissingVariable, Unusable, check, render

# a guard for the whole process, not a measurement: without the bounds some of these take minutes, or all the memory
pytestmark = [pytest.mark.timeout(20), pytest.mark.once]
CONTEXT: dict[str, Any] = {
    "deep": {"a": 1},
    "empty": "",
    "list": list(range(200)),
    "long": "x" * 60_000,
    "long2": "x" * 30_000 + "y",
    "many": list(range(15_000)),
    "many2": [*range(14_999), 0],
    "digits": "9" * 60_000,
    "large": 1e300,
}
REFUSED = {
    "an opening that is never closed": "{{" * 5000,
    "tags that are never closed": "{%-" * 3000,
    "closed far away": "{{" + " " * 9000 + "}}",
    "lines within a tag": "{{" + "\n" * 9000 + "}}",
    "quotes": "{{ " + "'" * 9000 + " }}",
    "deep blocks": "{% if deep %}" * 500,
    "deep brackets": "{{ deep" + "[deep" * 50 + "]" * 50 + " }}" + "{{ deep" + "[deep" * 2000 + " }}",
    "deep parentheses": "{% if " + "(" * 3000 + "deep" + ")" * 3000 + " %}{% endif %}",
    "a long condition": "{% if " + "deep or " * 1200 + "deep %}{% endif %}",
    "many branches": "{% if deep %}" + "{% elsif deep %}" * 600 + "{% endif %}",
    "many outputs": "{{ deep }}" * 600,
    "many filters": "{{ long | upcase | upcase | upcase }}" * 130,
    "a range": "{% for i in (1..1000000) %}{{ i }}{% endfor %}",
    "a range within a condition": "{% if (1..99999999999) contains 5.5 %}{% endif %}",
    "a range in a list": "{% assign x = (1..99999999999) | join %}",
    "a number of many digits": "{{ " + "9" * 5000 + " }}",
    "capture": "{% capture a %}{{ long }}{% endcapture %}",
    "tablerow": "{% tablerow i in list cols: 1 %}{{ i }}{% endtablerow %}",
    "increment": "{% increment x %}",
    "a file": "{% include '/etc/passwd' %}",
    "another template": "{% render 'settings' %}",
    "replace": "{{ long | replace: 'x', long }}",
    "base64": "{{ long | base64_encode | base64_encode }}",
    "split": "{{ long | split: '' }}",
    "concat": "{% assign many = many | concat: many %}",
    "safe": "{{ long | safe }}",
    "open comments": "{% comment %}" * 700,
    "open raw": "{% raw %}" * 900,
    "too long": "x" * (LONGEST_WORDS + 1),
}
STOPPED = {
    "loops in loops": "{% for a in list %}{% for b in list %}{{ empty }}{% endfor %}{% endfor %}",
    "a loop over too much": "{% for a in many %}{{ a }}{% endfor %}",
    "comparing lists": "{% for a in list %}{% if many == many2 %}{% endif %}{% endfor %}",
    "searching text": "{% for a in list %}{% if long contains long2 %}{% endif %}{% endfor %}",
    "filters on long text": "{% for a in list %}{{ long | truncatewords: 1 }}{% endfor %}",
    "joining with text": "{% for a in list %}{{ many | join: long }}{% endfor %}",
    "output": "{{ long }}",
    "powers": "{% assign x = 999999 %}" + "{% assign x = x | times: x %}" * 40,
    "beyond all floats": "{{ large | times: 1000000.5 | times: large }}",
    "digits": "{{ digits | plus: 1 }}",
    "no number": "{{ long | divided_by: 0 }}",
    "no text": "{{ many | date: '%Y' }}",
    "no list": "{{ long | join }}",
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED)
def test_what_cannot_end_well_is_refused_when_it_is_written_with_line_and_column(words: str) -> None:
    with pytest.raises(Unusable, match=r"^line \d+, column \d+: .") as refused:
        check(words)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("words", STOPPED.values(), ids=STOPPED)
def test_what_grows_with_its_context_is_stopped(words: str) -> None:
    check(words)
    with pytest.raises(CannotRender):
        render(words, CONTEXT)


BUSY = {
    "empty loops": "{% for a in list %}" + "{{ empty }}" * 150 + "{% endfor %}",
    "loop after loop": "{% for a in list %}{{ empty }}{% endfor %}" * 60,
    "conditions": "{% for a in list %}" + "{% if deep.a == 2 %}x{% endif %}" * 60 + "{% endfor %}",
    "text in text": "{% for a in list %}"
    + "{% if 'aaaaaaaaaaaaaaaaaaaa' contains 'aaaaaaab' %}{% endif %}" * 75
    + "{% endfor %}",
    "widths": "{{ '2026-11-21' | date: '%1000000000d' }}",
    "places": "{{ 5.5 | round: 999999999 }}{{ 5 | round: -999999999 }}",
    "a cut far outside": "{{ 'abc' | slice: 0, 99999999999999999999999999 }}",
}


@pytest.mark.parametrize("words", BUSY.values(), ids=BUSY)
def test_the_most_work_that_is_allowed_comes_to_an_end(words: str) -> None:
    check(words)
    with suppress(CannotRender):
        assert len(render(words, CONTEXT)) < LONGEST_WORDS


@pytest.mark.parametrize(
    "words", ["{{ x.__class__ }}", "{{ x['__class__'] }}", "{{ x.__init__.__globals__ }}", "{{ x.items }}", "{{ now }}"]
)
@pytest.mark.parametrize("value", [{}, [], "text", 5, None])
def test_nothing_but_what_the_context_says_can_be_reached(words: str, value: Any) -> None:
    with pytest.raises(MissingVariable):
        render(words, {"x": value})
