"""What tests ask of a PDF."""

import re
import tempfile

import pdfua
import pypdfium2


def words_of(pdf: bytes) -> str:
    """All its words, with one space between them."""
    pages = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_bounded() for page in pages))


def pages_of(pdf: bytes) -> int:
    return len(pypdfium2.PdfDocument(pdf))


def faults_for_screen_readers(pdf: bytes) -> list[str]:
    """What a PDF/UA checker finds, which looks at what a machine can decide: tags, language, title, fonts, tables."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        return [f"{found.rule_id}: {found.message}" for found in pdfua.validate(file.name).findings]
