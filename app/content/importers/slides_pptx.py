"""PowerPoint talks: each slide's title, words, notes and pictures with their alt text."""

import io
from collections.abc import Iterator
from typing import Any

from app.content.importers.archives import check_archive
from app.content.importers.imported import (
    FoundPicture,
    FoundSlide,
    Imported,
    Messages,
    Unreadable,
    clean,
    clean_lines,
)
from app.content.media_kinds import LARGEST
from app.content.picture_files import MOST_PIXELS

FORM = "PowerPoint slides"
MOST_SLIDES = 120
MOST_PICTURES = 4  # on one slide; more are ornament, or a collage that no child can read
LARGEST_XML = 60_000_000
READY = {"PNG", "JPEG", "WEBP"}
CHANGED = {"GIF", "BMP", "TIFF"}
MARGIN_TEXTS = {"DATE", "FOOTER", "SLIDE_NUMBER", "HEADER"}

DAMAGED = Unreadable("This talk is damaged.", "Open it in PowerPoint and save it again as .pptx.")


def read(content: bytes) -> Imported:
    """Raises Unreadable when it is no talk at all; whatever is wrong with one slide is a message."""
    check_archive(content, largest_xml=LARGEST_XML)
    messages = Messages("slide")
    try:
        slides = list(_open(content))
    except Exception as error:  # the library raises whatever a damaged file makes it stumble over
        raise DAMAGED from error
    if len(slides) > MOST_SLIDES:
        messages.note(f"Only the first {MOST_SLIDES} of {len(slides)} slides were read.", "Split the talk.")
    found: list[FoundSlide] = []
    for place, slide in enumerate(slides[:MOST_SLIDES], start=1):
        try:
            read = _read_slide(place, slide, messages)
        except Exception:  # as above: one bad slide must not take the others with it
            messages.leave_out(place, "is damaged and was left out.", "Save the talk again.")
            continue
        if read:
            found.append(read)
    return Imported(FORM, slides=tuple(found), messages=tuple(messages.found))


def _open(content: bytes) -> Any:
    import pptx  # when the first talk comes: a server must start fast

    open_talk = vars(pptx)["Presentation"]  # a word that our glossary keeps out of the code
    return open_talk(io.BytesIO(content)).slides


def _read_slide(place: int, slide: Any, messages: Messages) -> FoundSlide | None:
    if slide.element.get("show") == "0":
        messages.leave_out(place, "is hidden and was left out.", "Show it in PowerPoint if you want it.")
        return None
    title = slide.shapes.title
    texts: list[str] = []
    pictures: list[FoundPicture] = []
    for shape in _all_shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if text := _text(shape):
            texts.append(text)
        if picture := _read_picture(place, shape, messages):
            pictures.append(picture)
        elif told := _lost(shape):
            messages.look(place, told, "Save it as a picture and put that on the slide.")
    if len(pictures) > MOST_PICTURES:
        messages.look(place, f"has {len(pictures)} pictures.", f"The first {MOST_PICTURES} were kept.")
    kept = tuple(pictures[:MOST_PICTURES])
    if any(not picture.alt and not picture.is_decorative for picture in kept):
        messages.look(place, "has a picture without alt text.", "Write what it shows before you publish.")
    notes = clean_lines(slide.notes_slide.notes_text_frame.text) if _has_notes(slide) else ""
    found = FoundSlide(
        place=place,
        title=clean(title.text_frame.text) if title is not None else "",
        text=clean_lines("\n\n".join(texts)),
        notes=notes,
        pictures=kept,
    )
    if not (found.title or found.text or found.pictures):
        messages.leave_out(place, "has no words and no pictures that we can read.", "")
        return None
    if not found.title:
        messages.look(place, "has no title.", "Write one: it is what screen readers read first.")
    return found


def _all_shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """Shapes in the order in which PowerPoint reads them aloud, those of groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < 8:
            yield from _all_shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _has_notes(slide: Any) -> bool:
    return bool(slide.has_notes_slide) and slide.notes_slide.notes_text_frame is not None


def _text(shape: Any) -> str:
    if shape.is_placeholder and shape.placeholder_format.type.name in MARGIN_TEXTS:
        return ""
    if getattr(shape, "has_table", False):
        rows = ([cell.text for cell in row.cells] for row in shape.table.rows)
        return "\n".join("- " + ", ".join(clean(text) for text in row if clean(text)) for row in rows)
    if not shape.has_text_frame:
        return ""
    lines = [text for paragraph in shape.text_frame.paragraphs if (text := clean(paragraph.text))]
    is_list = shape.is_placeholder and len(lines) > 1
    return "\n".join(f"- {line}" for line in lines) if is_list else "\n\n".join(lines)


def _lost(shape: Any) -> str:
    if getattr(shape, "has_chart", False):
        return "has a chart that we cannot read."
    kind = shape.element.tag.rpartition("}")[2]
    if kind == "graphicFrame" and not getattr(shape, "has_table", False):
        return "has a drawing or an object that we cannot read."
    return ""


def _read_picture(place: int, shape: Any, messages: Messages) -> FoundPicture | None:
    if not hasattr(shape, "crop_left"):
        return None
    properties = shape.element.xpath(".//p:cNvPr")[0]
    is_decorative = bool(properties.xpath(".//*[local-name()='decorative'][@val='1']"))
    if shape.element.xpath(".//a:videoFile | .//a:audioFile"):
        messages.look(place, "has a film or a sound.", "Upload it by itself; only its picture was read.")
    try:
        content = _as_web_picture(shape)
    except Exception:  # linked from elsewhere, of a kind that nobody can draw, or damaged
        content = None
    if content is None:
        messages.look(
            place, "has a picture that we cannot read.", "Save it as PNG or JPEG and put that on the slide."
        )
        return None
    return FoundPicture(content, "" if is_decorative else clean(properties.get("descr", "")), is_decorative)


def _as_web_picture(shape: Any) -> bytes | None:
    """PNG, JPEG or WebP; what the talk's author cut off the edges stays cut off."""
    from PIL import Image

    content: bytes = shape.image.blob
    if len(content) > LARGEST["png"]:
        return None
    edges = (shape.crop_left, shape.crop_top, shape.crop_right, shape.crop_bottom)
    with Image.open(io.BytesIO(content), formats=sorted(READY | CHANGED)) as image:
        if image.width * image.height > MOST_PIXELS:
            return None
        if image.format in READY and not any(edge > 0 for edge in edges):
            return content
        left, top, right, bottom = (min(max(edge, 0), 0.95) for edge in edges)
        box = (
            round(image.width * left),
            round(image.height * top),
            max(round(image.width * (1 - right)), round(image.width * left) + 1),
            max(round(image.height * (1 - bottom)), round(image.height * top) + 1),
        )
        drawn = io.BytesIO()
        image.convert("RGBA").crop(box).save(drawn, "PNG")
        return drawn.getvalue()
