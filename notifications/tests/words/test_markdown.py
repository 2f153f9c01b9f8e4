"""Markdown in messages: what it becomes is safe to show, and readable where there is no HTML."""

from html.parser import HTMLParser

import pytest

from notifications.words import markdown

pytestmark = [pytest.mark.once, pytest.mark.timeout(20)]
REL = 'rel="noopener noreferrer nofollow"'


def html(message: str) -> str:
    return markdown.html(message, base_url="https://desk.example")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("**now** or *later*", "<p><strong>now</strong> or <em>later</em></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("[ticket](/tickets/5)", f'<p><a href="https://desk.example/tickets/5" {REL}>ticket</a></p>'),
        ("<https://a.example/?x=1&y=2>", f'<p><a href="https://a.example/?x=1&amp;y=2" {REL}>https://a.example/?x=1'),
        ("[write](mailto:a@b.example)", f'<p><a href="mailto:a@b.example" {REL}>write</a></p>'),
        ("![lift](/lift.png)", '<p><img src="https://desk.example/lift.png" alt="lift"></p>'),
        ("![lift](https://cdn.example/lift.png)", '<p><img src="https://cdn.example/lift.png" alt="lift"></p>'),
        ("5 < 6 & <b>7</b>", "<p>5 &lt; 6 &amp; &lt;b&gt;7&lt;/b&gt;</p>"),
    ],
)
def test_markdown_becomes_html(message: str, shown: str) -> None:
    assert html(message).startswith(shown)


@pytest.mark.parametrize(
    "message",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](data:text/html,<script>)",
        "[x](//evil.example)",
        "[x](/\\evil.example)",
        "[x]\n\n[x]: vbscript:x",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "![x](mailto:a@b.example)",
        "![x](file:///etc/passwd)",
        '[x](https://a.example "onmouseover=alert(1)")',
        "<a href='javascript:alert(1)'>x</a>",
        "<style>body{display:none}</style>",
        "`</code><script>`",
        '```"><script>\nx\n```',
        "<javascript:alert(1)>",
    ],
)
def test_nothing_runs_and_nothing_leads_astray(message: str) -> None:
    for tag, attributes in Seen(html(message)).tags:
        assert tag in {"p", "a", "img", "code", "pre", "br"}
        assert set(attributes) <= {"href", "src", "alt", "title", "rel"}
        for name in {"href", "src"} & set(attributes):
            assert attributes[name] in {"", "https://a.example", "https://desk.example/%5Cevil.example"}


class Seen(HTMLParser):
    """The tags that a browser would find."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "unit",
    ["[", "![", "**a", "*a ", "`a", "> ", "- ", "[a](", "[a](b", "<a:", "|", "\\", "&", "a|b\n-|-\n", "[a]: /x\n"],
)
def test_the_longest_message_of_nothing_but_marks_comes_to_an_end(unit: str) -> None:
    message = unit * (10_000 // len(unit))
    assert html(message) is not None
    assert markdown.plain(message) is not None


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("**now** or __later__", "now or later"),
        ("see [the ticket](https://a.example/5)", "see the ticket (https://a.example/5)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("![the lift](https://a.example/x.png)", "the lift"),
        ("## News\n- one", "News\n- one"),
        ("2 * 3 ** 4, snake_case, [brackets], a#b\n  kept", "2 * 3 ** 4, snake_case, [brackets], a#b\n  kept"),
    ],
)
def test_as_text_it_stays_readable(message: str, text: str) -> None:
    assert markdown.plain(message) == text
