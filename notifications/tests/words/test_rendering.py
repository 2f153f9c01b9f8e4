"""Words with variables: what is missing is named, and hostile words reach nothing and end."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.words.rendering import CannotRender, MissingVariable, mistake, render, required, variables


@pytest.mark.parametrize(
    ("words", "given", "text"),
    [
        ("Hello {{ name }}", {"name": "Ada"}, "Hello Ada"),
        ("{{ ticket.title }} ({{ ticket.floor }})", {"ticket": {"title": "Lift", "floor": 3}}, "Lift (3)"),
        ("{{ a.b.c }}", {"a": {"b": {"c": "deep"}}}, "deep"),
        ("{% if late %}late{% else %}in time{% endif %}", {"late": False}, "in time"),
        ("<b>{{ html }}</b>", {"html": "<i>&"}, "<b><i>&</b>"),  # text: whoever shows it escapes it
        ("{{ name }}", {"name": "{{ password }}"}, "{{ password }}"),  # what is filled in is no template
        ("{{ nothing }}.", {"nothing": None}, "."),
        ("no variables", {"self": 1, "unused": object()}, "no variables"),
        ("{{ self }}", {"self": "me"}, "me"),
        ("{% if carrier %}with {{ carrier }}{% else %}soon{% endif %}", {}, "soon"),  # `if` may ask
        ("{{ amount | default: 'all of it' }}", {}, "all of it"),
        ("{{ at | date: '%-d %B %Y, %H:%M' }}", {"at": "2026-11-05T09:00:00Z"}, "5 November 2026, 09:00"),
        ("{{ items | join: ', ' }}", {"items": ["tea", 2]}, "tea, 2"),
        (
            "{% for i in items %}{{ i.name }}{% unless forloop.last %}, {% endunless %}{% endfor %}",
            {"items": [{"name": "tea"}, {"name": "cake"}]},
            "tea, cake",
        ),
    ],
)
def test_words_are_filled_in(words: str, given: dict[str, Any], text: str) -> None:
    assert render(words, given) == text


@pytest.mark.parametrize(
    ("words", "given", "missing"),
    [
        ("{{ name }}", {}, "name"),
        ("{{ ticket.title }}", {"ticket": {}}, "ticket.title"),
        ("{{ ticket.title }}", {"ticket": "five"}, "ticket.title"),
        ("{{ ticket.title }}", {"ticket": None}, "ticket.title"),
        ("{{ a }} {{ b }}", {"a": 1}, "b"),
        ("{{ list[0].name }} {{ other }}", {"list": [{"name": "x"}]}, "other"),
        ("{{ name | upcase }}", {}, "name"),
        ("{% if a %}{{ a }}{% endif %}{{ b }}", {}, "b"),
        ("{% if a %}{{ b }}{% endif %}", {"a": 1}, "b"),
        ("{% for i in items %}{{ i.name }}{% endfor %}", {"items": [{}]}, "i.name"),
        ("{% for i in items %}{{ i.name }}{% endfor %}", {}, "items"),
    ],
)
def test_what_is_missing_is_named(words: str, given: dict[str, Any], missing: str) -> None:
    with pytest.raises(MissingVariable) as refused:
        render(words, given)
    assert refused.value.name == missing


@pytest.mark.parametrize("words", ["{{ user.password }}", "{{ user.delete }}", "{{ user.__class__ }}", "{{ user.pk }}"])
def test_attributes_cannot_be_reached(words: str) -> None:
    with pytest.raises(MissingVariable):
        render(words, {"user": User(pk=1, username="ada", password="secret")})


@pytest.mark.parametrize(
    "words",
    [
        "{% for i in (1..1000000) %}{{ i }}{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}{{ text }}{% endfor %}{% endfor %}",
        "{% for i in (1..900) %}{{ text }}{% endfor %}",
        "{{ text | times: 'x' | date: 5 | slice: 'y' }}",
    ],
)
def test_words_without_end_are_stopped(words: str) -> None:
    with pytest.raises(CannotRender):
        render(words, {"text": "x" * 100})


@pytest.mark.parametrize(
    "words",
    [
        "{{ unclosed",
        "{% if %}",
        "{% endfor %}",
        "{% include 'settings' %}",
        "{% render 'settings' %}",
        "{{ x | replace: 'a', 'aa' }}",
        "{{ x | append: x }}",
        "{{ x | prepend: x }}",
        "{{ x | no_such_filter }}",
    ],
)
def test_words_that_cannot_be_used_are_explained(words: str) -> None:
    assert mistake(words)


@pytest.mark.parametrize("words", ["", "plain", "{{ a }}", "{% if a %}b{% endif %}", "{{ a | upcase | truncate: 5 }}"])
def test_words_that_can_be_used_have_no_mistake(words: str) -> None:
    assert mistake(words) is None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("none", []),
        ("{{ b }} {{ a }} {{ b }}", ["a", "b"]),
        ("{{ ticket.title }} {{ ticket.id }}", ["ticket.id", "ticket.title"]),
        ("{% if late %}{{ due_at }}{% endif %}", ["due_at", "late"]),
        ("{% for t in tickets %}{{ t.title }}{% endfor %}", ["tickets"]),
        ("{% assign x = 1 %}{{ x }}{{ y }}", ["y"]),
    ],
)
def test_the_variables_of_words_are_known_without_rendering(words: str, found: list[str]) -> None:
    assert variables(words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("{{ a }}{% if b %}{{ b }}{% endif %}", ["a"]),
        ("{{ a | default: 'x' }} {{ b | upcase | default: 'x' }}", ["b"]),
        ("{% if a.b %}{{ a.c }}{% endif %}", ["a.c"]),
        ("{% if a == 'x' %}{% endif %}", ["a"]),
    ],
)
def test_what_words_can_do_without_is_known_too(words: str, found: list[str]) -> None:
    assert required(words) == found


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("{{ a", "line 1, column 1"),
        ("Dear {{ name }},\n\nthe {% endif %}", "line 3, column 8"),
        ("{{ a }}\n {{ b | nothing }}", "line 2, column 9"),
        ("{{ a }}\n{% for i in (1..5) %}{% endfor %}", "line 2, column 13"),
        ("{% if a %}\n{% if b %}{% endif %}", "line "),
    ],
)
def test_a_mistake_is_found_by_line_and_column(words: str, place: str) -> None:
    assert str(mistake(words)).startswith(place)
