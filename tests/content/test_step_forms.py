"""A step's form shows its part, and makes the same part of what is typed into it."""

import pytest

from app.content.named_facts import names
from app.content.question_bodies import Body
from app.content.sketch import LessonSketch, PartSketch, SectionSketch, read_part, write_part
from app.content.step_forms import SectionFields, StepFields, fields_of, part_from, part_with_form, rearranged
from app.settings import ROOT
from tests.content.test_stories import STORY

SHIPPED = sorted((ROOT / "lessons").glob("*.md"))
PARTS = [(path.stem, key) for path in SHIPPED for key in LessonSketch.cut(path.read_text()).keys]


def part_of(lesson: str, key: str) -> PartSketch:
    text = LessonSketch.cut((ROOT / "lessons" / f"{lesson}.md").read_text()).part(key)
    found = read_part(text or "")
    assert found is not None
    return found


def as_sent(shown: StepFields) -> dict[str, str]:
    """What a browser sends for an untouched form."""
    part = shown.part
    sent = {
        "title": part.title,
        "text": part.text,
        "teacher": part.teacher,
        "presenter": part.presenter,
        "marks": "1",
    }
    sent |= {name: part.setting(name) for name in ("minutes", "lead", "sensitivity")}
    sent |= {"facts-listed": "1"} | {f"fact-{name}": "on" for name in names(part.setting("facts"))}
    sent |= {"picture": shown.picture.path, "alt": shown.picture.alt}
    sent |= {"tally-only": "on"} if part.setting("tally only") == "yes" else {}
    for section in shown.sections:
        sent |= as_sent_section(section)
    return sent


def as_sent_section(shown: SectionFields) -> dict[str, str]:
    name = shown.name
    sent = {f"{name}title": shown.title, f"{name}text": shown.text}
    sent |= {f"{name}picture": shown.picture.path, f"{name}alt": shown.picture.alt}
    if shown.raw:
        return sent | {f"{name}raw": shown.raw}
    sent |= {f"{name}why": shown.why, f"{name}talk": shown.talk}
    sent |= {f"{name}not-sure": "on"} if shown.offers_not_sure else {}
    return sent | (sent_body(shown.body, name) if shown.kind == "question" else {})


def sent_body(body: Body, name: str = "") -> dict[str, str]:
    """The fields of a question's own kind."""
    sent = {f"{name}kind": body.kind} | {f"{name}{one}": value for one, value in body.settings.items()}
    sent |= {f"{name}picture": body.picture.path, f"{name}alt": body.picture.alt}
    sent |= {f"{name}sure": "on"} if body.asks_sure else {}
    lines = body.lines
    if body.kind == "true or false":
        lines = (body.true_or_false("True"), body.true_or_false("False"))
    for place, line in enumerate(lines, start=1):
        sent |= {f"{name}option-{place}": line.text, f"{name}misconception-{place}": line.misconception}
        sent |= {f"{name}partner-{place}": line.partner, f"{name}place-{place}": line.place}
        if line.is_correct:
            sent |= {f"{name}right": str(place), f"{name}right-{place}": "on"}
    return sent


@pytest.mark.parametrize(("lesson", "key"), PARTS)
def test_an_untouched_form_makes_the_same_part(lesson: str, key: str) -> None:
    part = part_of(lesson, key)
    assert part_from(as_sent(fields_of(part)), part) == part


def test_what_is_typed_is_in_the_part() -> None:
    part = part_of("fire", "scenario")
    sent = as_sent(fields_of(part))
    sent |= {"title": "Mo\nwakes", "sensitivity": "0", "minutes": "4", "lead": "RNLI", "alt": 'He said "up"'}
    sent |= {
        "question-title": "What now?",
        "question-right": "2",
        "question-option-3": "",
        "question-option-4": "Run",
    }
    made = part_from(sent, part)
    assert (made.title, made.setting("sensitivity"), made.setting("minutes"), made.setting("lead")) == (
        "Mo wakes",
        "",
        "4",
        "RNLI",
    )
    assert made.setting("picture") == 'fire/mo-night.svg "He said "up"'
    question = made.sections[0]
    assert question.heading == "Question: What now?"
    assert question.text == "- [ ] Shout, get low, get out, call 999\n- [x] Hide and wait [FM1]\n- [ ] Run"


def test_a_picture_without_words_says_that_it_decorates() -> None:
    part = part_of("fire", "hook")
    made = part_from(as_sent(fields_of(part)) | {"alt": "ignored", "decorative": "on"}, part)
    assert made.setting("picture") == "fire/living-room.svg decorative"
    shown = fields_of(made)
    assert (shown.picture.alt, shown.picture.is_decorative) == ("", True)
    assert part_from(as_sent(shown) | {"picture": ""}, made).setting("picture") == ""


def test_settings_that_the_form_does_not_show_stay() -> None:
    part = PartSketch(kind="Hook", title="Look", settings=(("own thing", "kept"), ("minutes", "1")))
    assert part_from({"title": "See", "minutes": "2"}, part).settings == (("own thing", "kept"), ("minutes", "2"))


def test_a_question_that_no_form_can_show_is_edited_as_text() -> None:
    section = SectionSketch("Question: How warm?", (("kind", "guess"), ("from", "5")), "right: 10\n- 3")
    part = PartSketch(kind="Hook", title="Guess", sections=(section,))
    assert read_part(write_part(part)) == part
    shown = fields_of(part)
    assert shown.sections[0].raw == "kind: guess\nfrom: 5\n\nright: 10\n- 3"
    assert part_from(as_sent(shown), part) == part
    typed = as_sent(shown) | {"question-raw": "kind: guess\r\nfrom: 6\r\n\r\n## Hook: no\n> no\n- 4"}
    made = part_from(typed, part)
    assert made.sections == (SectionSketch("Question: How warm?", (("kind", "guess"), ("from", "6")), "- 4"),)
    assert read_part(write_part(made)) == made


KINDS = {
    "true or false": "- [x] True",
    "choose all": "- [x] Shout\n- [x] Get out\n- [ ] Hide [FM1]",
    "estimate": "",
    "put in order": "1. Shout\n2. Get low\n3. Get out",
    "match": "- Red flag = Danger\n- Orange windsock = No inflatables",
    "spot": "- [x] Towel (15.5% 44% 9% 27%)\n- [ ] Sofa (1% 2% 30% 40%)\n- [ ] Lamp",
    "opinion": "- Yes\n- Not yet",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_question_has_a_form(kind: str) -> None:
    settings = {"kind": kind if kind != "opinion" else "", "picture": 'a/b.svg "A home"' if kind == "spot" else ""}
    settings |= (
        {"from": "5", "to": "30", "step": "5", "unit": "°C", "right": "10 to 15"} if kind == "estimate" else {}
    )
    settings |= {"sure": "yes"} if kind == "choose all" else {}
    kept = tuple((name, value) for name, value in settings.items() if value)
    part = PartSketch(kind="Hook", title="Ask", sections=(SectionSketch("Question: What?", kept, KINDS[kind]),))
    shown = fields_of(part)
    assert (shown.sections[0].raw, shown.sections[0].body.kind) == ("", kind)
    assert part_from(as_sent(shown), part) == part


def test_a_question_that_becomes_another_kind_keeps_its_words() -> None:
    part = part_of("fire", "scenario")
    made = part_from(as_sent(fields_of(part)) | {"question-kind": "choose all"}, part)
    assert made.sections[0].setting("kind") == "choose all"
    assert made.sections[0].text == part.sections[0].text
    order = part_from(as_sent(fields_of(made)) | {"question-kind": "put in order"}, made)
    assert order.sections[0].text == "1. Shout, get low, get out, call 999\n2. Hide and wait\n3. Get the cat"
    scale = part_from(as_sent(fields_of(made)) | {"question-kind": "estimate"}, made)
    assert (scale.sections[0].text, scale.sections[0].setting("right")) == ("", "")
    assert part_from(as_sent(fields_of(made)) | {"question-kind": "nonsense"}, made) == made


def test_cards_are_added_moved_and_taken_out() -> None:
    part = part_of("fire", "facts")
    titles = [section.heading for section in part.sections]
    assert [s.heading for s in rearranged(part, "add-card").sections] == [*titles, ""]
    assert [s.heading for s in rearranged(part, "up-card-2").sections][:2] == titles[1::-1]
    assert [s.heading for s in rearranged(part, "down-card-1").sections][:2] == titles[1::-1]
    assert [s.heading for s in rearranged(part, "remove-card-1").sections] == titles[1:]
    for nonsense in ("up-card-1", "down-card-6", "remove-card-9", "add-nothing", "", "up"):
        assert rearranged(part, nonsense) == part


def test_the_first_card_takes_the_words_and_picture_of_the_step() -> None:
    part = part_of("fire", "hook")
    made = rearranged(part, "add-card")
    assert (made.text, made.setting("picture")) == ("", "")
    card = SectionSketch(part.title, (("picture", part.setting("picture")),), part.text)
    assert made.sections == (card, *part.sections)


def test_a_question_and_an_ending_are_added_once() -> None:
    part = PartSketch(kind="Scenario", title="Mo")
    made = rearranged(rearranged(rearranged(part, "add-question"), "add-ending"), "add-question")
    assert [section.heading for section in made.sections] == ["Question:", "Ending:"]
    shown = fields_of(made)
    assert (shown.lacks_question, shown.lacks_ending) == (False, False)
    assert fields_of(part).lacks_question


@pytest.mark.parametrize("title", ["Question: mine", "ending: mine", "## x", "a\nb", ""])
def test_whatever_a_card_is_called_it_stays_a_card(title: str) -> None:
    part = part_of("fire", "facts")
    made = part_from(as_sent(fields_of(part)) | {"card-2-title": title}, part)
    assert read_part(write_part(made)) == made
    assert len(fields_of(made).sections) == 6
    assert {section.kind for section in fields_of(made).sections} == {"card"}


def test_a_story_that_goes_on_as_the_class_votes_is_written_as_text() -> None:
    assert part_with_form(STORY) is None
    assert part_with_form(STORY.partition("### Scene:")[0]) is None  # its answers still lead somewhere
    assert part_with_form("no part") is None
    for lesson in SHIPPED:
        for part in LessonSketch.cut(lesson.read_text()).parts:
            assert part_with_form(part) == read_part(part) is not None
