"""An author's words as harmless HTML: what they wrote as HTML is text, and only a few tags pass.

Two walls: the reader makes no HTML of its own but what stands here, and the sanitiser lets nothing else through.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {"p", "ul", "ol", "li", "strong", "em", "br", "img", "a", "span"}
_ATTRIBUTES = {"img": {"src", "alt"}, "a": {"href"}}
_PICTURE = re.compile(r"/media/[0-9a-f]{16}", re.ASCII)
_ONE_LETTER_FIRST = re.compile(r"(?<![\w-])[A-Za-z]-\w+")
_LINK = re.compile(r"(https://|mailto:)[^\s\\]+", re.ASCII | re.IGNORECASE)


def markdown(text: str, *, links: bool = False) -> Markup:
    """For pupils and the classroom screen a link is only its words: on a child's device it would lead away.

    A picture is one of the lesson's own, which `show` has given its name in the run; any other is only its words too.
    """
    import nh3  # when the first text is shown: a server that was killed must serve again soon

    html = _reader(links).render(text)
    return Markup(
        nh3.clean(
            html,
            tags=_TAGS if links else _TAGS - {"a"},
            attributes=_ATTRIBUTES,
            attribute_filter=_allowed,
            url_schemes={"https", "mailto"},
            allowed_classes={"span": {"unbroken"}},
            link_rel="noopener noreferrer",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )
    )


def unbroken(text: str) -> Markup:
    """A text in which no line ends within a word such as e-scooter."""
    # Not a hyphen that never breaks: not every voice can read that one aloud.
    return Markup(_ONE_LETTER_FIRST.sub(r'<span class="unbroken">\g<0></span>', str(escape(text))))


def _allowed(tag: str, name: str, value: str) -> str | None:
    match tag, name:
        case "img", "src":
            return value if _PICTURE.fullmatch(value) else None
        case "a", "href":
            return value if _LINK.fullmatch(value) else None
        case _:
            return value


@cache
def _reader(links: bool) -> "MarkdownIt":
    from markdown_it import MarkdownIt  # as above

    reader = MarkdownIt("commonmark", {"html": False})
    reader.add_render_rule("text", _words)
    reader.add_render_rule("image", _picture)
    reader.add_render_rule("link_open", _open_link if links else _nothing)
    reader.add_render_rule("link_close", _close_link if links else _nothing)
    return reader


def _words(_: Any, tokens: Sequence[Any], place: int, *__: Any) -> str:
    return unbroken(tokens[place].content)


def _picture(_: Any, tokens: Sequence[Any], place: int, *__: Any) -> str:
    address, words = str(tokens[place].attrGet("src")), escape(tokens[place].content)
    return f'<img src="{address}" alt="{words}">' if _PICTURE.fullmatch(address) else str(words)


def _open_link(_: Any, tokens: Sequence[Any], place: int, *__: Any) -> str:
    address = str(tokens[place].attrGet("href"))
    return f'<a href="{escape(address)}">' if _LINK.fullmatch(address) else ""


def _close_link(_: Any, tokens: Sequence[Any], place: int, *__: Any) -> str:
    opened = next(token for token in reversed(tokens[:place]) if token.type == "link_open")  # links do not nest
    return "</a>" if _LINK.fullmatch(str(opened.attrGet("href"))) else ""


def _nothing(*_: Any) -> str:
    return ""
