"""PDF slides: each page as a picture, with the words on it, from which its author can make a real card."""

import io
import threading
from typing import TYPE_CHECKING

from app.content.importers.imported import (
    FoundPicture,
    FoundSlide,
    Imported,
    Messages,
    Unreadable,
    clean,
    clean_lines,
)

if TYPE_CHECKING:
    import pypdfium2

FORM = "PDF slides"
MOST_PAGES = 60
WIDEST, HIGHEST = 1600, 1200  # pixels
LARGEST_SCALE = 4  # a small page stays small

_pdfium = threading.Lock()  # the library must not be called twice at once


def read(content: bytes) -> Imported:
    """Raises Unreadable when it cannot be opened at all."""
    import pypdfium2  # when the first PDF comes: a server must start fast

    messages = Messages("page")
    with _pdfium:
        try:
            pages = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).casefold():
                raise Unreadable("This PDF is locked with a password.", "Save it again without one.") from error
            raise Unreadable("This PDF is damaged.", "Save or print it as a PDF again.") from error
        try:
            return _read_pages(pages, messages)
        finally:
            pages.close()


def _read_pages(pages: "pypdfium2.PdfDocument", messages: Messages) -> Imported:
    import pypdfium2

    count = len(pages)
    if count > MOST_PAGES:
        messages.note(f"Only the first {MOST_PAGES} of {count} pages were read.", "Split the PDF.")
    found: list[FoundSlide] = []
    for place in range(1, min(count, MOST_PAGES) + 1):
        try:
            found.append(_read_page(place, pages[place - 1]))
        except (pypdfium2.PdfiumError, ValueError, OverflowError):
            messages.leave_out(place, "is damaged and was left out.", "Save or print it as a PDF again.")
    if found:
        messages.note(
            "Each page came as a picture, and a picture of words cannot be read aloud or made larger.",
            "Write its alt text, or better: write its words on a card.",
        )
    return Imported(FORM, slides=tuple(found), messages=tuple(messages.found))


def _read_page(place: int, page: "pypdfium2.PdfPage") -> FoundSlide:
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise ValueError("a page without a size")
    text = page.get_textpage().get_text_bounded()
    bitmap = page.render(scale=min(WIDEST / width, HIGHEST / height, LARGEST_SCALE))
    drawn = io.BytesIO()
    bitmap.to_pil().convert("RGB").save(drawn, "WEBP", quality=82)
    lines = [line for line in clean_lines(text).split("\n") if line]
    return FoundSlide(
        place=place,
        title=clean(lines[0])[:80] if lines else f"Page {place}",
        text="\n".join(lines[1:]),
        pictures=(FoundPicture(drawn.getvalue()),),
    )
