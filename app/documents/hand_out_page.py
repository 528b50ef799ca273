"""The hand-out as one HTML file that needs nothing else: pictures inside, made for paper."""

import base64
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from app.documents.hand_out import PICTURES

if TYPE_CHECKING:
    from markdown_it.token import Token

KINDS = {"svg": "svg+xml", "png": "png", "jpg": "jpeg", "webp": "webp"}
STYLE = """
@page { size: A4; margin: 16mm 15mm 18mm; }
* { box-sizing: border-box; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1d2b36; background: #fff;
  font: 1.0625rem/1.5 "Atkinson Hyperlegible Next", Verdana, "DejaVu Sans", sans-serif; }
h1 { font-size: 2.1rem; line-height: 1.15; margin: 0 0 .3rem; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 2.2rem 0 .6rem; padding-top: .7rem;
  border-top: 3px solid #1d2b36; }
h3 { font-size: 1.15rem; margin: 1.5rem 0 .4rem; }
h1, h2, h3 { break-after: avoid; }
p, ul, ol { margin: 0 0 .7rem; }
ul, ol { padding-left: 1.4rem; }
p:has(> strong:only-child) { break-after: avoid; margin-top: 1.1rem; }
p:has(> strong:only-child) + ul { break-inside: avoid; list-style: none; padding-left: .6rem; columns: 2 13rem; }
p:has(> strong:only-child) + ul li { break-inside: avoid; }
p:has(> img) { break-after: avoid; }
img { display: block; max-width: 100%; max-height: 58mm; margin: .4rem 0 .8rem; border-radius: 6px; }
blockquote { margin: 0 0 .9rem; padding: .5rem .9rem; background: #f2efe6; border-left: 5px solid #8a7f63;
  font-size: .95rem; break-inside: avoid; }
blockquote p { margin: 0; }
h2.answers { break-before: page; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 11.5pt; }
  blockquote { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
""".strip()


def hand_out_page(title: str, markdown: str, pictures: Mapping[str, bytes]) -> str:
    """`pictures` by their path in the lesson, such as `fire/alarm.svg`; one that is not there is its alt text."""
    from markdown_it import MarkdownIt  # when somebody exports: a server must start fast

    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(markdown)
    for token in _all(tokens):
        if token.type == "image":
            _embed(token, pictures)
        elif token.type == "inline" and token.content == "Answers":
            tokens[tokens.index(token) - 1].attrSet("class", "answers")
    body = reader.renderer.render(tokens, reader.options, {})
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _all(tokens: "Iterable[Token]") -> "Iterable[Token]":
    for token in tokens:
        yield token
        yield from token.children or ()


def _embed(token: "Token", pictures: Mapping[str, bytes]) -> None:
    """Nothing is fetched from anywhere when the hand-out is opened."""
    path = str(token.attrGet("src") or "").removeprefix(PICTURES)
    kind = KINDS.get(path.rpartition(".")[2])
    if kind and path in pictures:
        token.attrSet("src", f"data:image/{kind};base64,{base64.b64encode(pictures[path]).decode()}")
    else:
        alt = "".join(child.content for child in token.children or ())
        token.type, token.tag, token.attrs, token.content = "text", "", {}, alt
