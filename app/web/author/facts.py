"""The facts behind a lesson: where each comes from, who has signed it, and when it is to be looked at again."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.content.drafts import SOURCES, leader_of
from app.content.lesson_starts import with_new_part
from app.content.named_facts import names
from app.content.problems import ProblemList
from app.content.question_forms import fields_of_question
from app.content.sections import cut_sections
from app.content.sketch import PartSketch, SectionSketch, one_line, read_part, tidy, write_part
from app.content.sources import read_facts
from app.domain.audit import account
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.lesson import Fact
from app.domain.people import may
from app.store import audit, facts
from app.store.database import Db
from app.store.facts import Signature, Signatures
from app.web.author.desk import Desk, Typed, fingerprint, open_desk, save, saved
from app.web.author.page import finding_face, frame, told_findings
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other

SOON = timedelta(days=60)
SETTINGS = ("confidence", "for", "source", "checked on", "review by")
DATES = ("checked on", "review by")
NOT_THERE = "We could not find that fact. Somebody may have taken it out."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_list(router, pages)
    _add_editor(router, pages)
    _add_signing(router, pages)
    return router


@dataclass(frozen=True)
class Sources:
    """The facts of a draft as they are written, and as far as they can be read."""

    key: str
    part: PartSketch
    read: Mapping[str, Fact | None]

    @classmethod
    def of(cls, desk: Desk) -> "Sources | None":
        """None when the facts are written in a way that no form can show."""
        key = next((key for key in desk.sketch.keys if key.startswith(SOURCES)), "")
        text = desk.sketch.part(key) or "## Sources\n"
        part = read_part(text)
        if part is None:
            return None
        problems = ProblemList("sources")
        return cls(key, part, read_facts(cut_sections(text, problems, first_line=1), problems))

    def section(self, fact: str) -> SectionSketch:
        """Raises NotFound."""
        found = next((section for section in self.part.sections if section.heading == fact), None)
        if found is None:
            raise NotFound(NOT_THERE)
        return found

    def with_sections(self, sections: Iterable[SectionSketch]) -> str:
        return write_part(tidy(replace(self.part, sections=tuple(sections))))


# The list


def _add_list(router: APIRouter, pages: Pages) -> None:
    @router.get("/author/lessons/{key}/facts")
    def listed(key: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            return pages.page("author/facts.html", **_list_page(db, app, open_desk(db, app, who, key)))

    @router.post("/author/lessons/{key}/facts")
    def add(key: str, app: App, who: SignedIn) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must_edit_facts()
            if not any(one.startswith(SOURCES) for one in desk.sketch.keys):
                desk = save(db, app, desk, "facts/", lesson=with_new_part(desk.sketch, SOURCES).text)
            sources = sources_of(desk)
            name = _next_name([section.heading for section in sources.part.sections], desk.draft.topic_key)
            made = sources.with_sections([*sources.part.sections, SectionSketch(name)])
            save(db, app, desk, f"facts/{name}", lesson=desk.sketch.with_part(sources.key, made).text)
        return see_other(f"/author/lessons/{key}/facts/{name}")

    @router.post("/author/lessons/{key}/facts/{fact}/remove")
    def remove(key: str, fact: str, app: App, who: SignedIn) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must_edit_facts()
            sources = sources_of(desk)
            sources.section(fact)
            made = sources.with_sections(one for one in sources.part.sections if one.heading != fact)
            save(db, app, desk, f"facts/{fact}", lesson=desk.sketch.with_part(sources.key, made).text)
        return see_other(f"/author/lessons/{key}/facts")


def sources_of(desk: Desk) -> Sources:
    """Raises Invalid when no form can show them."""
    found = Sources.of(desk)
    if found is None:
        raise Invalid("The facts of this lesson cannot be read. Put their text right first.")
    return found


def _list_page(db: Db, app: Parts, desk: Desk) -> dict[str, Any]:
    sources = Sources.of(desk)
    signed = facts.signatures(db)
    uses = uses_of(desk)
    written = sources.part.sections if sources else ()
    shown = [(one.heading, one, sources.read.get(one.heading)) for one in written] if sources else []
    return frame(db, app, desk, "facts") | {
        "may_edit": desk.may_edit_facts,
        "is_plain": sources is not None,
        "facts": [
            {
                "key": name,
                "text": section.text,
                "source": section.setting("source"),
                "uses": len(uses.get(name, ())),
                "findings": [finding_face(desk, one) for one in desk.checked.of("facts", name)],
                "hash": facts.text_hash(fact) if fact else "",
                **signing_face(desk, fact, set(uses.get(name, [desk.owner.slug])), signed, app.clock().date()),
            }
            for name, section, fact in shown
        ],
        "findings": [finding_face(desk, one) for one in desk.checked.of("facts") if not one.key],
    }


def signing_face(desk: Desk, fact: Fact | None, leaders: set[str], signed: Signatures, today: date) -> dict[str, Any]:
    if fact is None:
        return {"signed": (), "awaiting": [], "can_sign": "", "review_by": None, "is_due": False}
    have = signatures_of(fact, signed)
    missing = [desk.known[key] for key in sorted(leaders) if key in desk.known]
    missing = [agency for agency in missing if agency.id not in {one.agency_id for one in have}]
    return {
        "signed": have,
        "awaiting": [agency.name for agency in missing],
        "can_sign": next((agency.slug for agency in missing if (agency.id or 0) in desk.who.agency_ids), ""),
        "review_by": fact.review_by,
        "is_due": fact.review_by <= today + SOON,
    }


def signatures_of(fact: Fact, signed: Signatures) -> tuple[Signature, ...]:
    return signed.get((fact.key, facts.text_hash(fact)), ())


Uses = dict[str, list[str]]
"""Fact -> the key of the agency that leads, for each step and question which rests on it."""


def uses_of(desk: Desk) -> Uses:
    """Whoever leads a step signs the facts behind it; those of the quiz are for the lesson's owner."""
    found: Uses = {}
    for part in desk.sketch.parts:
        shown = read_part(part)
        named = leader_of(part)
        leader = next((one.slug for one in desk.known.values() if one.name == named), desk.owner.slug)
        for fact in names(shown.setting("facts") if shown else ""):
            found.setdefault(fact, []).append(leader)
    for text in desk.texts.quiz_sketch.questions:
        for fact in names(fields_of_question(text).facts):
            found.setdefault(fact, []).append(desk.owner.slug)
    return found


def _next_name(names: list[str], topic: str) -> str:
    """FIR-19 after FIR-18."""
    found = [match for name in names if (match := re.fullmatch(r"([A-Z]{2,5})-(\d{1,3})", name))]
    letters = found[-1][1] if found else re.sub(r"[^A-Z]", "", topic.upper())[:3].ljust(2, "X")
    return f"{letters}-{max((int(one[2]) for one in found if one[1] == letters), default=0) + 1:02d}"


# One fact


def _add_editor(router: APIRouter, pages: Pages) -> None:
    @router.get("/author/lessons/{key}/facts/{fact}")
    def editor(key: str, fact: str, app: App, who: SignedIn, missing: bool = False) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/fact.html", **_fact_page(db, app, desk, fact, is_asked=missing))

    @router.post("/author/lessons/{key}/facts/{fact}")
    def save_fact(key: str, fact: str, request: Request, app: App, who: SignedIn, form: Typed) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must_edit_facts()
            sources = sources_of(desk)
            before = sources.section(fact)
            typed = typed_fact(form, before)
            if form.get("read") != _read(before) and typed != before:
                raise Conflict("Somebody has changed this fact meanwhile. Go back, and look at it again.")
            made = sources.with_sections(typed if one is before else one for one in sources.part.sections)
            desk = save(db, app, desk, f"facts/{fact}", lesson=desk.sketch.with_part(sources.key, made).text)
            faces = [finding_face(desk, one) for one in desk.checked.of("facts", typed.heading)]
            address = f"{desk.address}/facts/{typed.heading}"
            read = _read(sources_of(desk).section(typed.heading))
            return saved(request, desk, address, read=read, findings=faces, moved_to=address)


def _fact_page(db: Db, app: Parts, desk: Desk, fact: str, *, is_asked: bool) -> dict[str, Any]:
    sources = sources_of(desk)
    section = sources.section(fact)
    return frame(db, app, desk, "facts") | {
        "fact": fact,
        "may_edit": desk.may_edit_facts,
        "read": _read(section),
        "text": section.text,
        "fields": {name.replace(" ", "_"): section.setting(name) for name in SETTINGS},
        "usual": {name.replace(" ", "_"): sources.part.setting(name) for name in DATES},
        **told_findings(desk, "facts", fact, is_new=section == SectionSketch(fact), is_asked=is_asked),
    }


def typed_fact(form: dict[str, str], before: SectionSketch) -> SectionSketch:
    """The fact as typed; what the form does not show stays as it was."""
    settings = dict(before.settings)
    settings |= {name: form[field] for name in SETTINGS if (field := name.replace(" ", "-")) in form}
    name = one_line(form.get("name", before.heading)).strip("# ").replace("/", "-")[:12]
    made = SectionSketch(
        name or before.heading,
        tuple((known, value) for known, value in settings.items() if value.strip()),
        form.get("text", before.text),
    )
    return tidy(PartSketch(kind="x", sections=(made,))).sections[0]


def _read(section: SectionSketch) -> str:
    return fingerprint(write_part(PartSketch(kind="x", sections=(section,))))


# Signing


def _add_signing(router: APIRouter, pages: Pages) -> None:
    @router.post("/author/lessons/{key}/facts/{fact}/sign")
    def sign(key: str, fact: str, app: App, who: SignedIn, words: Annotated[str, Form()] = "") -> Response:
        """For the signer's agency; `words` tells which words were read."""
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            read = sources_of(desk).read.get(fact)
            if read is None:
                raise NotFound(NOT_THERE)
            if words != facts.text_hash(read):
                raise Conflict("The words of this fact have changed. Read it again before you sign it.")
            leaders = uses_of(desk).get(fact, [desk.owner.slug])
            mine = [one for one in desk.known.values() if may(who, "sign_fact", agency_id=one.id or 0)]
            agency = next((one for one in mine if one.slug in leaders), None)
            if agency is None:
                raise NotAllowed("A fact is signed by the agency that leads a step which rests on it.")
            facts.sign(db, read, agency_id=agency.id or 0, account_id=who.account_id, on=app.clock().date())
            audit.note(db, app.clock(), account(who.account_id), "signed a fact", f"fact {fact}")
        return see_other(f"/author/lessons/{key}/facts#{fact}")
