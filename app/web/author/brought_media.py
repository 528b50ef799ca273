"""Pictures of a talk, pictures and films of a package become an agency's own, by the names that the lesson uses."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.datastructures import FormData

from app.content.brought import KeepPicture
from app.content.drafts import DraftTexts
from app.content.importers.imported import FoundPicture, FoundSlide, Imported
from app.content.media_kinds import HEAD, UNKNOWN, recognise
from app.content.whole_lessons import needed_by
from app.domain.errors import Invalid
from app.domain.media import LONGEST_ALT, OWN, described, owned
from app.domain.people import may
from app.store import media
from app.store.media_files import MediaFolder
from app.web.author.desk import Desk, kind_and_title
from app.web.deps import Parts
from app.web.own_media import NO_AGENCY, add_film, add_picture, cues_of
from app.web.uploads import Received

IN_PACKAGE = re.compile(rf"{OWN}([0-9a-f]{{32}})\.(webp|mp4|webm)")


def are_in(found: Imported) -> bool:
    return any(slide.pictures for slide in found.slides) or any(map(IN_PACKAGE.fullmatch, found.files))


def kept(
    app: Parts, desk: Desk, slides: Sequence[FoundSlide], form: FormData
) -> tuple[tuple[FoundSlide, ...], KeepPicture]:
    """The slides with the descriptions that were typed, and by what name each picture is kept."""
    slides = tuple(replace(slide, pictures=_described(slide, form)) for slide in slides)
    names: dict[int, str] = {}
    if any(slide.pictures for slide in slides):
        agency_id, rights = _agency(desk), owned(str(form.get("rights", "")))
        for slide in slides:
            for picture in slide.pictures:
                label = picture.alt or f"From slide {slide.place}: {slide.title}"[:LONGEST_ALT]
                words: dict[str, Any] = {
                    "alt": described(
                        "" if picture.is_decorative else label, is_decorative=picture.is_decorative, is_film=False
                    ),
                    "is_decorative": picture.is_decorative,
                    "rights": rights,
                }
                try:
                    names[id(picture)] = add_picture(app, agency_id, picture.content, **words).path
                except Invalid as refusal:
                    told = f"A picture of {slide.title or f'slide {slide.place}'} cannot be kept. {refusal.sentence}"
                    raise Invalid(f"{told} Go back and take the tick off that slide.") from refusal
    return slides, lambda picture: names.get(id(picture))


def kept_of_package(app: Parts, agency_id: int, found: Imported, texts: DraftTexts, form: FormData) -> None:
    """Pictures and films that the lesson names and nobody here has yet, under the names that they have in it."""
    with app.database.reading() as db:
        here = media.own(db)
    new = [path for path in needed_by(texts) if path in found.files and path not in here]
    matches = [match for path in new if (match := IN_PACKAGE.fullmatch(path))]
    if not matches:
        return
    rights = owned(str(form.get("rights", "")))
    for match in matches:
        path, name = match[0], match[1]
        if match[2] == "webp":
            alt = re.search(rf'{re.escape(path)}\s+["“]([^"“”\n]+)', f"{texts.lesson}\n{texts.quiz}")
            shown: dict[str, Any] = {"alt": alt[1][:LONGEST_ALT] if alt else "", "is_decorative": alt is None}
            add_picture(app, agency_id, found.files[path], name=name, rights=rights, **shown)
        else:
            _keep_film(app, agency_id, found, path, name, alt=_title_of(texts, path), rights=rights)


def _keep_film(app: Parts, agency_id: int, found: Imported, path: str, name: str, *, alt: str, rights: str) -> None:
    """A film is no picture that could be drawn anew, so its bytes are examined and kept."""
    content, captions = found.files[path], found.files.get(f"{OWN}{name}.vtt")
    kind = recognise(content[:HEAD])
    if not path.endswith(f".{kind}"):
        raise Invalid(f"The film of the step {alt} cannot be kept. {UNKNOWN}")
    cues = cues_of(captions) if captions is not None else ()
    with MediaFolder(app.settings.data_dir).half_written() as half:
        half.write(content)
        file = Received(kind, len(content), half)
        add_film(app, agency_id, file, cues, name=name, alt=alt, rights=rights)


def _title_of(texts: DraftTexts, path: str) -> str:
    """What a film shows, in the words above it: a package says no more of it."""
    part = next((part for part in texts.sketch.parts if path in part), "")
    return (kind_and_title(part)[1] or "A film of this lesson")[:LONGEST_ALT]


def _described(slide: FoundSlide, form: FormData) -> tuple[FoundPicture, ...]:
    typed = [" ".join(str(form.get(f"alt-{slide.place}-{n}", "")).split()) for n in range(1, len(slide.pictures) + 1)]
    return tuple(
        replace(picture, alt=alt[:LONGEST_ALT].replace('"', "'"), is_decorative=picture.is_decorative and not alt)
        if alt
        else picture
        for picture, alt in zip(slide.pictures, typed, strict=True)
    )


def _agency(desk: Desk) -> int:
    """The lesson's owner if this person is of it, else another of the lesson's agencies. Raises Invalid."""
    mine = [one for one in sorted(desk.agency_ids) if may(desk.who, "use_media", agency_id=one)]
    if not mine:
        raise Invalid(NO_AGENCY)
    return desk.draft.owner_agency_id if desk.draft.owner_agency_id in mine else mine[0]
