"""Talks: PowerPoint with notes, pictures and alt text, and PDF pages as pictures."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pptx
import pytest
from PIL import Image
from pptx.util import Inches

from app.content.importers import read
from app.content.importers.imported import Imported


def said(found: Imported) -> list[str]:
    return [str(message) for message in found.messages]


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20)) -> io.BytesIO:
    drawn = io.BytesIO()
    Image.new("RGB", size, "teal").save(drawn, kind)
    drawn.seek(0)
    return drawn


def talk(*writers: Callable[[Any], None]) -> bytes:
    """A talk of one slide for each writer, with the layout "Title and Content"."""
    made = pptx.Presentation()
    for write in writers:
        write(made.slides.add_slide(made.slide_layouts[1]))
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def words(slide: Any) -> None:
    slide.shapes.title.text = "Smoke goes up"
    slide.placeholders[1].text = "Crawl low\nFeel the door\n\nCall 999"
    box = slide.shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box.text_frame.text = "Get out, stay out."
    slide.notes_slide.notes_text_frame.text = "Let pupils bend low.\nAsk who wakes whom."


def add_picture(slide: Any, alt: str = "", kind: str = "PNG") -> Any:
    slide.shapes.title.text = "Look"
    shape = slide.shapes.add_picture(picture(kind), 0, 0)
    shape._element.nvPicPr.cNvPr.set("descr", alt)
    return shape


def test_a_slide_gives_title_words_notes() -> None:
    found = read("talk.pptx", talk(words))
    assert found.form == "PowerPoint slides"
    assert said(found) == []
    slide = found.slides[0]
    assert slide.title == "Smoke goes up"
    assert slide.text == "- Crawl low\n- Feel the door\n- Call 999\n\nGet out, stay out."
    assert slide.notes == "Let pupils bend low.\nAsk who wakes whom."


def test_a_picture_comes_with_its_alt_text() -> None:
    found = read("talk.pptx", talk(lambda slide: add_picture(slide, "A smoke alarm.")))
    assert found.slides[0].pictures[0].alt == "A smoke alarm."
    assert found.slides[0].pictures[0].content == picture().getvalue()
    assert said(found) == []


def test_a_picture_without_alt_text_is_kept_and_named() -> None:
    found = read("talk.pptx", talk(words, add_picture))
    assert len(found.slides[1].pictures) == 1
    assert said(found) == ["Slide 2 has a picture without alt text. Write what it shows before you publish."]


def test_what_was_cut_off_a_picture_stays_cut_off() -> None:
    def crop(slide: Any) -> None:
        add_picture(slide, "A door.").crop_left = 0.5

    found = read("talk.pptx", talk(crop))
    with Image.open(io.BytesIO(found.slides[0].pictures[0].content)) as image:
        assert image.size == (20, 20)


def test_pictures_of_other_kinds_become_png() -> None:
    found = read(
        "talk.pptx",
        talk(lambda slide: add_picture(slide, "A door.", "GIF"), lambda slide: add_picture(slide, "A key.", "TIFF")),
    )
    kinds = [Image.open(io.BytesIO(one.content)).format for slide in found.slides for one in slide.pictures]
    assert kinds == ["PNG", "PNG"]


def test_a_picture_too_large_to_draw_is_left_out_and_named() -> None:
    header = b"IHDR" + struct.pack(">II", 9_000, 9_000) + b"\x08\x02\0\0\0"
    small = picture().getvalue()
    huge = small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]

    def write(slide: Any) -> None:
        slide.shapes.title.text = "Look"
        slide.shapes.add_picture(io.BytesIO(huge), 0, 0)

    found = read("talk.pptx", talk(write))
    assert found.slides[0].pictures == ()
    assert said(found)[0].startswith("Slide 1 has a picture that we cannot read. Save it as PNG or JPEG")


def test_tables_are_read_and_charts_are_named() -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    def table(slide: Any) -> None:
        slide.shapes.title.text = "Flags"
        cells = slide.shapes.add_table(1, 2, 0, 0, Inches(2), Inches(1)).table
        cells.cell(0, 0).text, cells.cell(0, 1).text = "Red", "Do not go in"

    def chart(slide: Any) -> None:
        slide.shapes.title.text = "Fires"
        figures: Any = CategoryChartData()  # type: ignore[no-untyped-call]
        figures.categories = ["2024"]
        figures.add_series("Fires", (211,))
        slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(2), Inches(2), figures)

    found = read("talk.pptx", talk(table, chart))
    assert found.slides[0].text == "- Red, Do not go in"
    assert said(found) == ["Slide 2 has a chart that we cannot read. Save it as a picture and put that on the slide."]


def test_hidden_and_empty_slides_are_left_out_and_named() -> None:
    def hidden(slide: Any) -> None:
        slide.shapes.title.text = "Spare"
        slide._element.set("show", "0")

    found = read("talk.pptx", talk(hidden, lambda slide: None, words))
    assert [slide.place for slide in found.slides] == [3]
    assert [sentence[:35] for sentence in said(found)] == [
        "Slide 1 is hidden and was left out.",
        "Slide 2 has no words and no picture",
    ]


def test_a_slide_without_a_title_is_named() -> None:
    def untitled(slide: Any) -> None:
        slide.placeholders[1].text = "Crawl low"

    assert said(read("talk.pptx", talk(untitled)))[0].startswith("Slide 1 has no title.")


def test_footers_dates_and_numbers_are_no_words_of_a_slide() -> None:
    from lxml import etree

    def footer(slide: Any) -> None:
        words(slide)
        box = slide.shapes.add_textbox(0, 0, Inches(1), Inches(1))
        box.text_frame.text = "Not for pupils"
        properties = box._element.nvSpPr.nvPr
        etree.SubElement(properties, properties.tag.replace("nvPr", "ph"), type="ftr", idx="11")

    assert "Not for pupils" not in read("talk.pptx", talk(footer)).slides[0].text


def test_a_talk_that_is_cut_off_or_broken_is_refused() -> None:
    content = talk(words)
    for share in (0.3, 0.9):
        assert said(read("talk.pptx", content[: int(len(content) * share)]))[0].startswith("This file is damaged")
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[:200])
    assert said(read("talk.pptx", broken.getvalue()))[0].startswith("This talk is damaged.")


def pdf(*pages: str, box: str = "0 0 320 180") -> bytes:
    """A plain PDF with a line of words on each page."""
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    parts.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    kids = []
    for page in pages:
        stream = (
            f"BT /F1 14 Tf 20 100 Td 16 TL {' '.join(f'({line}) Tj T*' for line in page.split(chr(10)))} ET".encode()
        )
        parts.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        parts.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] {font} /Contents {len(parts)} 0 R >>".encode())
        kids.append(f"{len(parts)} 0 R")
    parts[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    content = b"%PDF-1.7\n"
    places = []
    for number, part in enumerate(parts, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, table)


def test_a_pdf_page_is_a_picture_and_its_words() -> None:
    found = read("talk.pdf", pdf("Smoke goes up\nCrawl low", ""))
    assert found.form == "PDF slides"
    assert [(slide.title, slide.text) for slide in found.slides] == [("Smoke goes up", "Crawl low"), ("Page 2", "")]
    with Image.open(io.BytesIO(found.slides[0].pictures[0].content)) as image:
        assert (image.format, image.size) == ("WEBP", (1280, 720))
    assert found.slides[0].pictures[0].alt == ""
    assert said(found)[0].startswith("Each page came as a picture")


@pytest.mark.parametrize("box", ["0 0 200000 200000", "0 0 1 14000", "0 0 14000 1"])
def test_a_page_of_any_size_becomes_a_small_picture(box: str) -> None:
    found = read("talk.pdf", pdf("Wide", box=box))
    for slide in found.slides:
        with Image.open(io.BytesIO(slide.pictures[0].content)) as image:
            assert max(image.size) <= 1600


def test_a_long_pdf_is_read_in_part_and_said_so() -> None:
    found = read("talk.pdf", pdf(*["Page"] * 61, box="0 0 16 9"))
    assert len(found.slides) == 60
    assert said(found)[0] == "Only the first 60 of 61 pages were read. Split the PDF."


def test_a_pdf_that_is_cut_off_is_refused() -> None:
    assert said(read("talk.pdf", pdf("Words")[:40])) == ["This PDF is damaged. Save or print it as a PDF again."]
