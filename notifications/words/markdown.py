"""A message's Markdown, as HTML that is safe to show anywhere, and as text for where there is no HTML."""

import re
from functools import lru_cache
from urllib.parse import urljoin

import nh3
from markdown_it import MarkdownIt

_TAGS = {"a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "hr", "img", "li", "ol", "p", "pre", "strong", "ul"}
_TAGS |= {"table", "tbody", "td", "th", "thead", "tr"}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
_REL = "noopener noreferrer nofollow"
# raw HTML comes out as the text that it is; one line break is a line break
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable("table")
_PICTURE = re.compile(r"!\[([^\]\n]{0,300})\]\(([^()\s]{1,1000})\)")
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\(([^()\s]{1,1000})\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\1")
_HEADING = re.compile(r"(?m)^#{1,6} +")


@lru_cache(maxsize=256)  # a broadcast is the same message many times
def html(message: str, *, base_url: str) -> str:
    """Safe HTML: no scripts, styles or raw tags; links to http, https and mailto; images by http and https alone.

    A path of our own becomes a whole address.
    """
    tokens = _MARKDOWN.parse(message)
    for token in tokens:
        for part in token.children or ():
            for name in {"href", "src"} & set(part.attrs):
                part.attrs[name] = _address(str(part.attrs[name]), base_url, name)
    made = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        made,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=_REL,
    ).strip()


def _address(given: str, base_url: str, where: str) -> str:
    """Blank for what leads nowhere: nh3 knows schemes, but neither pages without one nor what an image may have."""
    if given.startswith("/") and not given.startswith(("//", "/\\")):
        return urljoin(base_url, given)
    schemes = ("http://", "https://", "mailto:") if where == "href" else ("http://", "https://")
    return given if given.lower().startswith(schemes) else ""


@lru_cache(maxsize=256)
def plain(message: str) -> str:
    """The same to be read as text: addresses beside what they are linked to, without the marks of emphasis.

    >>> plain("Code **SPRING10**, see [the shop](https://shop.example/) - 2 * 3 * 4")
    'Code SPRING10, see the shop (https://shop.example/) - 2 * 3 * 4'
    """
    text = _PICTURE.sub(r"\1", message)
    text = _LINK.sub(lambda link: link[2] if link[1] == link[2] else f"{link[1]} ({link[2]})", text)
    return _HEADING.sub("", _STRONG.sub(r"\2", text))
