"""The fields of a step's form, and the part of a lesson that they make. A field is named as a problem names it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.content.named_facts import ticked
from app.content.parts import LEADS, MAY_ASK, WITH_CARDS, WITH_ENDING, WITH_QUESTION
from app.content.picture_fields import PictureFields
from app.content.question_bodies import Body, body_in_lesson, in_lesson, typed_body
from app.content.sketch import PartSketch, SectionSketch, Settings, one_line, read_part, tidy, write_part

Form = Mapping[str, str]


@dataclass(frozen=True)
class SectionFields:
    """A card, an ending or a question of a step; `name` begins the names of its fields."""

    name: str
    kind: str
    title: str
    picture: PictureFields
    text: str
    why: str = ""
    talk: str = ""
    offers_not_sure: bool = True
    body: Body = field(default_factory=Body)
    raw: str = ""
    """The question as text, when no form can show it."""


@dataclass(frozen=True)
class StepFields:
    """All that stands in the form of one step."""

    kind: str
    part: PartSketch
    picture: PictureFields
    sections: tuple[SectionFields, ...]

    @property
    def has_own_words(self) -> bool:
        """A step with cards shows those, and a film itself, never words of its own."""
        return self.kind != "film" and not any(section.kind == "card" for section in self.sections)

    @property
    def film(self) -> str:
        return self.part.setting("film")

    @property
    def can_have_cards(self) -> bool:
        return self.kind in WITH_CARDS

    @property
    def lacks_question(self) -> bool:
        return self.kind in WITH_QUESTION and not any(section.kind == "question" for section in self.sections)

    @property
    def may_ask(self) -> bool:
        """A hook or facts step asks when its author wants it to."""
        return self.kind in MAY_ASK and not any(section.kind == "question" for section in self.sections)

    @property
    def lacks_ending(self) -> bool:
        return self.kind in WITH_ENDING and not any(section.kind == "ending" for section in self.sections)


def part_with_form(text: str) -> PartSketch | None:
    """The part, when all of it has a field; None for text. A story that goes on as the class votes is text."""
    part = read_part(text)
    if part is None:
        return None
    heads = [section.heading.partition(":")[0].strip().casefold() for section in part.sections]
    leads_on = any(LEADS in section.text for section in part.sections)
    is_story = leads_on or "scene" in heads or max(heads.count("question"), heads.count("ending")) > 1
    return None if is_story else part


def fields_of(part: PartSketch) -> StepFields:
    kind = "-".join(part.kind.casefold().split())
    cards, sections = 0, []
    for section in part.sections:
        head, _, title = section.heading.partition(":")
        found = head.strip().casefold()
        if found in ("question", "ending"):
            sections.append(_section_fields(found, found, title.strip(), section, kind))
        else:
            cards += 1
            sections.append(_section_fields(f"card-{cards}", "card", section.heading, section, kind))
    return StepFields(kind, part, PictureFields.of(part.setting("picture")), tuple(sections))


def part_from(form: Form, before: PartSketch) -> PartSketch:
    """The part as typed. What the form does not show stays as it was."""
    marks = {"tally-only": "tally only"}
    kind, settings = fields_of(before).kind, dict(before.settings)
    for name in ("minutes", "lead", "sensitivity"):
        if name in form:
            settings[name] = form[name]
    settings["facts"] = ticked(form, before.setting("facts"))
    for mark, name in marks.items():
        if "marks" in form:  # an empty box is not sent
            settings[name] = "yes" if mark in form else ""
    if settings.get("sensitivity") == "0":
        settings["sensitivity"] = ""
    if "picture" in form:
        settings["picture"] = PictureFields.typed(form, "").setting
    film = one_line(form.get("film", before.setting("film"))).replace(" ", "-")
    if film != before.setting("film"):  # an own film brings its captions along
        settings |= {"film": film, "captions": f"{film.rpartition('.')[0]}.vtt" if film else ""}
    return tidy(
        replace(
            before,
            title=form.get("title", before.title),
            settings=_kept(settings),
            text=form.get("text", before.text),
            teacher=form.get("teacher", before.teacher),
            presenter=form.get("presenter", before.presenter),
            sections=tuple(
                _typed_section(form, shown, section, kind)
                for shown, section in zip(fields_of(before).sections, before.sections, strict=True)
            ),
        )
    )


def rearranged(part: PartSketch, order: str) -> PartSketch:
    """The part after one of its form's buttons: `add-card`, `up-card-2`, `down-card-2`, `remove-ending`."""
    verb, _, name = order.partition("-")
    sections = list(part.sections)
    names = [section.name.rstrip("-") for section in fields_of(part).sections]
    match verb:
        case "add" if name == "card":
            last = max((place for place, one in enumerate(names) if one.startswith("card-")), default=-1)
            sections.insert(last + 1, _first_card(part) if last < 0 else SectionSketch(""))
            if last < 0:
                part = replace(part, text="", settings=_without(part.settings, "picture"))
        case "add" if name in ("question", "ending") and name not in names:
            sections.append(SectionSketch(f"{name.capitalize()}:"))
        case "remove" if name in names:
            del sections[names.index(name)]
        case "up" | "down" if name in names:
            place = names.index(name)
            other = place + (-1 if verb == "up" else 1)
            if 0 <= other < len(sections):
                sections[place], sections[other] = sections[other], sections[place]
        case _:
            pass
    return replace(part, sections=tuple(sections))


def _section_fields(name: str, kind: str, title: str, section: SectionSketch, part: str) -> SectionFields:
    fields = SectionFields(
        name=f"{name}-",
        kind=kind,
        title=title,
        picture=PictureFields.of(section.setting("picture")),
        text=section.text,
    )
    if kind != "question":
        return fields
    body = body_in_lesson(section, part)
    if body is None:
        return replace(fields, raw=_raw(section))
    return replace(
        fields,
        why=section.setting("why"),
        talk=section.setting("talk"),
        offers_not_sure=section.setting("not sure").casefold() != "no",
        body=body,
    )


def _typed_section(form: Form, shown: SectionFields, before: SectionSketch, part: str) -> SectionSketch:
    name = shown.name
    if f"{name}title" not in form:
        return before
    title = form[f"{name}title"]
    heading = title if shown.kind == "card" else f"{shown.kind.capitalize()}: {title}"
    if shown.kind == "question":
        return _typed_question(form, shown, heading, part)
    if shown.kind == "card" and re.match(r"\s*(question|ending)\s*:", title, re.IGNORECASE):
        heading = title.replace(":", " -", 1)  # else it would be another kind of section
    settings = dict(before.settings) | {"picture": PictureFields.typed(form, name).setting}
    return SectionSketch(heading, _kept(settings), form.get(f"{name}text", before.text))


def _typed_question(form: Form, shown: SectionFields, heading: str, part: str) -> SectionSketch:
    name = shown.name
    if shown.raw or f"{name}raw" in form:
        return _from_raw(heading, form.get(f"{name}raw", shown.raw))
    body = typed_body(form, name, shown.body)
    settings, lines = in_lesson(body, part)
    said = dict(settings) | {"why": form.get(f"{name}why", ""), "talk": form.get(f"{name}talk", "")}
    has_no_tick = "marks" in form and f"{name}not-sure" not in form
    said["not sure"] = "no" if has_no_tick and not body.is_marked else ""
    return SectionSketch(heading, _kept(said), lines)


def _raw(section: SectionSketch) -> str:
    whole = write_part(PartSketch(kind="Hook", sections=(section,)))
    return whole.partition("\n### ")[2].partition("\n")[2].strip("\n")


def _from_raw(heading: str, raw: str) -> SectionSketch:
    """Settings and answers as text. Headings and notes among them become words."""
    lines = [line for line in raw.replace("\r\n", "\n").split("\n") if not re.match(r"#{1,6}(\s|$)|>", line)]
    text = f"## Hook:\n\n### {one_line(heading)}\n" + "\n".join(line.rstrip() for line in lines)
    found = read_part(text)
    return found.sections[0] if found and found.sections else SectionSketch(heading, (), "\n".join(lines))


def _first_card(part: PartSketch) -> SectionSketch:
    """The step's own words and picture become its first card; beside cards they would never be shown."""
    picture = part.setting("picture")
    return SectionSketch(part.title, (("picture", picture),) if picture else (), part.text)


def _kept(settings: Mapping[str, str]) -> Settings:
    return tuple((name, value) for name, value in settings.items() if value.strip())


def _without(settings: Settings, name: str) -> Settings:
    return tuple((known, value) for known, value in settings if known != name)
