"""What lies on an author's desk: one lesson's draft, who may do what with it, and how it is saved."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import JSONResponse, Response

from app.content import drafts as content
from app.content.drafts import SOURCES, Checked, DraftTexts, leader_of
from app.content.parts import read_agency
from app.content.sketch import LessonSketch, read_part
from app.content.yaml_pieces import Value, read_values
from app.domain.errors import NotAllowed, NotFound
from app.domain.media import OwnMedia
from app.domain.people import Action, Staff, may
from app.store import directory, drafts, lessons, media
from app.store.database import Db
from app.store.drafts import OpenDraft
from app.store.tables import AgencyRow, LessonRow
from app.web.deps import Parts
from app.web.pages import clock_time, see_other, wants_json

STATES = {"draft": "Draft", "in review": "In review", "published": "Published"}
ELSEWHERE = "We could not find that lesson."


@dataclass(frozen=True)
class Desk:
    """One lesson's draft, opened by somebody who may see it."""

    who: Staff
    draft: OpenDraft
    known: Mapping[str, AgencyRow]
    """Every agency by its key."""
    programme_ids: frozenset[int]
    pictures: Path
    own: OwnMedia
    """Pictures and films of the lesson's agencies."""

    @property
    def key(self) -> str:
        return self.draft.key

    @property
    def address(self) -> str:
        return f"/author/lessons/{self.draft.key}"

    @cached_property
    def texts(self) -> DraftTexts:
        return DraftTexts(self.draft.key, self.draft.lesson_text, self.draft.quiz_text)

    @cached_property
    def sketch(self) -> LessonSketch:
        return self.texts.sketch

    @cached_property
    def front(self) -> dict[str, Value]:
        return read_front(self.texts)

    @cached_property
    def checked(self) -> Checked:
        return content.check(self.texts, self.pictures, self.known.keys(), self.own)

    @property
    def owner(self) -> AgencyRow:
        return next(agency for agency in self.known.values() if agency.id == self.draft.owner_agency_id)

    @property
    def agency_ids(self) -> frozenset[int]:
        """All agencies in the lesson: its owner, and those that lead a step or support it."""
        named = (self.known[key].id for key in self.draft.agencies if key in self.known)
        return frozenset({self.draft.owner_agency_id, *(agency_id or 0 for agency_id in named)})

    def may(self, action: Action) -> bool:
        return may(
            self.who,
            action,
            agency_id=self.draft.owner_agency_id,
            agency_ids=self.agency_ids,
            programme_ids=self.programme_ids,
            edited_by=self.draft.edited_by,
        )

    def leader(self, part: str) -> AgencyRow:
        """The agency whose step this is."""
        text = self.sketch.part(part)
        named = leader_of(text) if text is not None else ""
        return self.known.get(read_agency(named).key, self.owner) if named else self.owner

    def may_edit_step(self, part: str) -> bool:
        if part.startswith(SOURCES):
            return self.may_edit_facts
        return may(self.who, "edit_step", agency_id=self.leader(part).id or 0)

    @property
    def may_edit_facts(self) -> bool:
        """Whoever leads a step writes the facts behind it."""
        leaders = {self.leader(key).id or 0 for key in self.sketch.keys}
        return any(may(self.who, "edit_step", agency_id=one) for one in {self.draft.owner_agency_id, *leaders})

    def part(self, key: str) -> str:
        """Raises NotFound."""
        text = self.sketch.part(key)
        if text is None:
            raise NotFound("We could not find that step. Somebody may have taken it out.")
        return text

    def must_edit_place(self, place: str) -> None:
        """Whoever may change a step may undo a change of it. Raises NotAllowed."""
        area, _, part = place.partition("/")
        if area == "steps":
            self.must_edit_step(part)
        elif area == "facts":
            self.must_edit_facts()
        else:
            self.must("edit_lesson")

    def may_undo(self, place: str) -> bool:
        """What is published stays as it is: a change begins the next draft."""
        try:
            self.must_edit_place(place)
        except NotAllowed:
            return False
        return self.draft.state != "published"

    def must_edit_facts(self) -> None:
        if not self.may_edit_facts:
            raise NotAllowed("The facts of this lesson are written by the agencies that lead its steps.")

    def must(self, action: Action) -> None:
        if not self.may(action):
            raise NotAllowed(f"This lesson belongs to {self.owner.name}, whose members edit it.")

    def must_edit_step(self, part: str) -> None:
        if not self.may_edit_step(part):
            raise NotAllowed(f"This step is led by {self.leader(part).name}, whose members edit it.")


def open_desk(db: Db, app: Parts, who: Staff, key: str) -> Desk:
    """Raises NotFound for a lesson that is not there, or not theirs to see."""
    known = {agency.slug: agency for agency in directory.all_agencies(db)}
    draft = draft_of(db, app, key)
    ids = {known[agency].id or 0 for agency in draft.agencies if agency in known} | {draft.owner_agency_id}
    programmes = directory.programmes_of_agencies(db, frozenset(ids))
    desk = Desk(who, draft, known, programmes, app.settings.lessons_dir / "pictures", media.own(db, ids))
    if not desk.may("see_lesson"):
        raise NotFound(ELSEWHERE)
    return desk


def draft_of(db: Db, app: Parts, key: str) -> OpenDraft:
    """The draft that is kept; of a shipped lesson that nobody has edited here, its files."""
    try:
        return drafts.of_lesson(db, key)
    except NotFound:
        row = next((row for row in lessons.rows(db) if row.key == key), None)
        if row is None:
            raise NotFound(ELSEWHERE) from None
        return _shipped_draft(db, app, row)


def _shipped_draft(db: Db, app: Parts, row: LessonRow) -> OpenDraft:
    texts = shipped_texts(app, row.key)
    version = lessons.newest_version(db, row.id or 0)
    published = next((one for one in lessons.versions_of(db, row.id or 0) if one.id == version), None)
    return OpenDraft(
        id=0,
        lesson_id=row.id or 0,
        key=row.key,
        topic_key=row.topic_key,
        owner_agency_id=row.owner_agency_id,
        title=row.title,
        agencies=agencies_in(texts),
        lesson_text=texts.lesson,
        quiz_text=texts.quiz,
        shipped_hash=hash_of(texts),
        revision=0,
        state="published",
        edited_by=None,
        edited_at=published.published_at if published else app.clock(),
    )


def shipped_texts(app: Parts, key: str) -> DraftTexts:
    """The files of a lesson that came with this release; empty texts where there are none."""
    lesson = _read(app.settings.lessons_dir / f"{key}.md")
    quiz = str(read_front(DraftTexts(key, lesson, "")).get("quiz", ""))
    is_name = re.fullmatch(r"[a-z0-9-]+", quiz)
    return DraftTexts(key, lesson, _read(app.settings.quizzes_dir / f"{quiz}.yaml") if is_name else "")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""


def hash_of(texts: DraftTexts) -> str:
    return hashlib.sha256(f"{texts.lesson}\n{texts.quiz}".encode()).hexdigest()


def read_front(texts: DraftTexts) -> dict[str, Value]:
    """What a lesson says about itself; nothing when that cannot be read."""
    return read_values(texts.sketch.front or "") or {}


def agencies_in(texts: DraftTexts) -> tuple[str, ...]:
    """The keys of all agencies that a draft names."""
    front = read_front(texts)
    supports = front.get("supports", ())
    named = [str(front.get("lead", "")), *(supports if isinstance(supports, tuple) else [str(supports)])]
    named += [leader_of(part) for part in texts.sketch.parts]
    return tuple(sorted({read_agency(name).key for name in named if name}))


def save(db: Db, app: Parts, desk: Desk, place: str, *, lesson: str | None = None, quiz: str | None = None) -> Desk:
    """Keep the changed texts, and open the desk anew. `place` is what was changed, in words of its pages."""
    texts = DraftTexts(
        desk.key,
        desk.draft.lesson_text if lesson is None else lesson,
        desk.draft.quiz_text if quiz is None else quiz,
    )
    draft = desk.draft if desk.draft.id else begin(db, app, desk)
    title = str(read_front(texts).get("title") or desk.draft.title)
    draft = drafts.save(
        db,
        draft,
        place=place,
        title=title,
        agencies=agencies_in(texts),
        lesson_text=texts.lesson,
        quiz_text=texts.quiz,
        by=desk.who.account_id,
        now=app.clock(),
    )
    return replace(desk, draft=draft)


def begin(db: Db, app: Parts, desk: Desk) -> OpenDraft:
    """From now on the lesson is written here, and no longer in its shipped file."""
    return drafts.begin(
        db,
        desk.key,
        title=desk.draft.title,
        agencies=desk.draft.agencies,
        lesson_text=desk.draft.lesson_text,
        quiz_text=desk.draft.quiz_text,
        shipped_hash=desk.draft.shipped_hash,
        state="published",
        by=None,
        now=app.clock(),
    )


def fingerprint(text: str) -> str:
    """Tells whether a step or question is still the one that an author read."""
    return hashlib.sha256(text.strip("\n").encode()).hexdigest()[:16]


async def _form(request: Request) -> dict[str, str]:
    """All fields of a form; of several with one name the last."""
    return {name: str(value) for name, value in (await request.form()).items()}


Typed = Annotated[dict[str, str], Depends(_form)]


def saved(request: Request, desk: Desk, address: str, **more: Any) -> Response:
    """Tells author.js what was saved and when; without scripts the page is shown again."""
    if not wants_json(request):
        return see_other(address)
    say = f"Saved {clock_time(desk.draft.edited_at)}"
    return JSONResponse({"say": say, "revision": desk.draft.revision, **more})


def kind_and_title(part: str) -> tuple[str, str]:
    """For lists: ("Hook", "Spot 6 things to make safer")."""
    found = read_part(part)
    if found:
        return found.kind, found.title
    name, _, title = part.partition("\n")[0].lstrip("# ").partition(":")
    return name.strip() or "Part", title.strip()
