"""What tests ask of a PDF."""

import re

import pypdfium2


def words_of(pdf: bytes) -> str:
    """All its words, with one space between them."""
    pages = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_bounded() for page in pages))


def pages_of(pdf: bytes) -> int:
    return len(pypdfium2.PdfDocument(pdf))


def is_accessible(pdf: bytes) -> bool:
    """Whether it says that it is PDF/UA-1, and has what a screen reader needs: tags, a language, a title."""
    says = b"<pdfuaid:part>1" in pdf and b"<dc:title>" in pdf
    return says and all(mark in pdf for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang"))
