"""An author's words as paragraphs and lists for Typst: letters only, so that nothing in them is run or drawn."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it.token import Token


class Words(NamedTuple):
    text: str
    strong: bool = False
    emph: bool = False


class Block(NamedTuple):
    """One paragraph, or one item of a list."""

    is_item: bool
    words: tuple[Words, ...]

    @property
    def text(self) -> str:
        return "".join(one.text for one in self.words)


def prose(markdown: str) -> tuple[Block, ...]:
    """Links are only their words, and pictures are left out: what stands on paper leads nowhere."""
    from markdown_it import MarkdownIt  # when the first paper is wanted: a server must start fast

    return tuple(_blocks(MarkdownIt("commonmark", {"html": False}).parse(markdown)))


def _blocks(tokens: "list[Token]") -> Iterator[Block]:
    lists = 0
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists += 1
            case "bullet_list_close" | "ordered_list_close":
                lists -= 1
            case "inline":
                words = tuple(_words(token.children or []))
                if any(one.text.strip() for one in words):
                    yield Block(lists > 0, words)
            case "code_block" | "fence":
                yield Block(False, (Words(token.content),))


def _words(tokens: "list[Token]") -> Iterator[Words]:
    strong = emph = 0
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                strong += token.nesting
            case "em_open" | "em_close":
                emph += token.nesting
            case "softbreak" | "hardbreak":
                yield Words(" ", strong > 0, emph > 0)
            case "text" | "code_inline":
                if token.content:
                    yield Words(token.content, strong > 0, emph > 0)
