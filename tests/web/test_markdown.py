"""Authors' words become harmless HTML. How a browser takes the same words: `tests/journeys/test_media.py`."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.markdown import markdown
from tests.hostile_words import HOSTILE

PICTURE = "/media/0123456789abcdef"


class Reader(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def must_be_harmless(text: str) -> None:
    for links in (False, True):
        for tag, attributes in Reader(markdown(text, links=links)).found:
            match tag:
                case "img":
                    assert set(attributes) == {"src", "alt"}
                    assert attributes["src"] == PICTURE
                case "a":
                    assert links
                    href = attributes.pop("href") or ""
                    assert href.lower().startswith(("https://", "mailto:"))
                    assert attributes == {"rel": "noopener noreferrer", "target": "_blank"}
                case "span":
                    assert attributes == {"class": "unbroken"}
                case _:
                    assert tag in {"p", "ul", "ol", "li", "strong", "em", "br"}
                    assert attributes == {}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_stay_words(text: str) -> None:
    must_be_harmless(text)


PIECES = (
    "<",
    ">",
    '"',
    "'",
    "`",
    "\n",
    "\n\n",
    "[",
    "]",
    "(",
    ")",
    "![",
    "](",
    "](https://x.example",
    PICTURE,
    "&",
    ";",
)
MORE = (
    "javascript:",
    "script",
    "img src=x onerror=",
    "a href=",
    "*",
    "_",
    "#",
    "- ",
    "    ",
    "\\",
    "/",
    "=",
    "x",
    "\0",
)


@given(st.lists(st.sampled_from(PIECES + MORE), max_size=14).map("".join))
def test_no_mixture_of_signs_becomes_more_than_words(text: str) -> None:
    must_be_harmless(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**Low**\n\n- Crawl\n- Shout", "<p><strong>Low</strong></p>\n<ul>\n<li>Crawl</li>\n<li>Shout</li>\n</ul>"),
        ("It is *fine*.", "<p>It is <em>fine</em>.</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        (f"![A hot door]({PICTURE})", f'<p><img src="{PICTURE}" alt="A hot door"></p>'),
        ("![A hot door](fire/hot-door.svg)", "<p>A hot door</p>"),
        ("See [the page](https://x.example/a).", "<p>See the page.</p>"),
    ],
)  # fmt: skip
def test_what_an_author_means_is_shown(text: str, shown: str) -> None:
    assert markdown(text).strip() == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[the page](https://x.example/a?b=c&d)", '<a href="https://x.example/a?b=c&amp;d"'),
        ("<https://x.example>", '<a href="https://x.example"'),
        ("[write](mailto:a@b.example)", '<a href="mailto:a@b.example"'),
    ],
)
def test_adults_may_follow_a_link_which_tells_nothing_of_where_they_were(text: str, shown: str) -> None:
    html = markdown(text, links=True)
    assert shown in html
    assert 'rel="noopener noreferrer"' in html
    assert "<a" not in markdown(text)


def test_a_link_that_may_not_be_followed_is_only_its_words() -> None:
    assert markdown("[x](http://x.example) [y](/class)", links=True) == "<p>x y</p>\n"
