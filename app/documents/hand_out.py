"""A lesson on paper, for a room without screens or to read first. Answers stand on a page of their own."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from app.domain.lesson import CONFIDENCE, Card, Draft, Fact, Part, Picture
from app.domain.media import OWN
from app.domain.questions.question import Form
from app.domain.quiz import Estimate, Question, Quiz, picture_of

PICTURES = "lessons/pictures/"  # where the pictures stand beside the hand-out in an exported lesson
NAMES = {
    "precheck": "Before we start",
    "hook": "Look",
    "facts": "Facts",
    "film": "Film",
    "scenario": "Story",
    "poll": "Class vote",
    "quiz": "Quiz",
    "pledge": "Promise",
    "take-home": "Take home",
}
HOW: dict[Form, str] = {
    "some": "Tick all that are right.",
    "areas": "Find them in the picture.",
    "order": "Write the letters in the right order.",
    "pairs": "Write the right number beside each letter.",
    "number": "Write a number.",
}
"""What to do on paper, where it is not one tick."""

_ALREADY = re.compile(r"[.!?:][*_\"'”’)]*$")


def hand_out(draft: Draft, quiz: Quiz) -> str:
    """The whole lesson as Markdown."""
    blocks = [*_frame(draft), *_parts(draft, quiz), *_answers(draft, quiz), *_facts(draft.facts)]
    return "\n\n".join(blocks) + "\n"


def _frame(draft: Draft) -> Iterator[str]:
    yield f"# {plain(draft.title)}"
    agencies = ", ".join(plain(agency.name) for agency in (draft.lead, *draft.supports))
    minutes = sum(part.minutes for part in draft.parts)
    yield f"{plain(draft.topic.name)} · {agencies} · about {minutes:g} minutes"
    if draft.objectives:
        yield "By the end I can:"
        yield "\n".join(f"- {plain(objective)}" for objective in draft.objectives)
    for label, text in (("Before you start", draft.before_you_start), ("You need", draft.you_need)):
        if text:
            yield f"**{label}:** {plain(text)}"


def _parts(draft: Draft, quiz: Quiz) -> Iterator[str]:
    for part in draft.parts:
        yield f"## {NAMES.get(part.kind, part.kind.capitalize())}: {plain(part.title)} ({part.minutes:g} min)"
        asks_about = picture_of(part.question) if part.question else None
        is_shown_later = asks_about is not None and asks_about == part.picture
        yield from _face(None if is_shown_later else part.picture, part.text)
        if part.film:
            yield "What is said in the film:"
            yield "\n\n".join(plain(words) for words in part.film.transcript)
        if part.teacher_note:
            yield "\n".join(f"> {line}".rstrip() for line in f"*Teacher:* {plain(part.teacher_note)}".split("\n"))
        for card in part.cards[: part.ask_after] if part.question else part.cards:
            yield from _card(card)
        if part.question:
            yield from _question(part.question, quiz.key, part.kind)
            for card in part.cards[part.ask_after :]:
                yield from _card(card)
        if part.ending:
            yield from _card(part.ending)
        asked = _asked_in(part, quiz)
        for number, question in enumerate(asked, start=1):
            yield from _question(question, quiz.key, part.kind, f"{number}. ")
        for confidence in CONFIDENCE if asked else ():
            yield from _question(confidence, quiz.key, part.kind)


def _card(card: Card) -> Iterator[str]:
    yield f"### {plain(card.title)}"
    yield from _face(card.picture, card.text)


def _face(picture: Picture | None, text: str) -> Iterator[str]:
    if picture:
        yield f"![{plain(picture.alt)}]({'' if picture.path.startswith(OWN) else PICTURES}{picture.path})"
    if text:
        yield text


def _question(question: Question, seed: str, place: str, number: str = "") -> Iterator[str]:
    """Letters as good as any: a safest answer that always comes first would tell itself."""
    yield f"**{number}{plain(question.text)}**"
    if picture := picture_of(question):
        yield from _face(picture, "")
    face = question.face(question.marks(seed, place))
    if how := HOW.get(question.form):
        yield f"*{how}*"
    lines = [f"- {option.letter}) {plain(option.text)}" for option in face.options]
    lines += [f"- {partner.letter}) {plain(partner.text)}" for partner in face.partners]
    if face.scale:
        first, last = (plain(question.in_words(str(number))) for number in (face.scale.first, face.scale.last))
        lines.append(f"- From {first} to {last}:")
    yield "\n".join([*lines, "- I'm not sure"] if question.offers_not_sure else lines)


def _answers(draft: Draft, quiz: Quiz) -> Iterator[str]:
    asked = [part.question for part in draft.parts if part.question]
    if quiz.questions or any(question.is_marked for question in asked):
        yield "## Answers"
    for part in draft.parts:
        if part.question and part.question.is_marked:
            yield f"**{plain(part.title)}**"
            yield _answer(part.question, quiz.key, part)
    for part in draft.parts:
        if questions := _asked_in(part, quiz):
            yield f"**{plain(part.title)}**"
            lines = (_answer(one, quiz.key, part, f"{number}. ") for number, one in enumerate(questions, start=1))
            yield "\n".join(lines)


def _asked_in(part: Part, quiz: Quiz) -> Sequence[Question]:
    return {"precheck": quiz.anchors, "quiz": quiz.live}.get(part.kind, ())


def _answer(question: Question, seed: str, part: Part, number: str = "") -> str:
    marks = question.marks(seed, part.kind)
    match question:
        case Estimate():
            said = plain(question.without_devices().correct.text)
        case _:
            sent = question.answer(marks)
            said = f"{sent}) {plain(question.in_words(question.to_store(sent, marks) or ''))}"
    end = "" if _ALREADY.search(said) else "."
    # Before the lesson nobody is told why: that is what the lesson is for.
    why = "" if part.kind == "precheck" else plain(question.explanation)
    return f"{number}{said}{end} {why}".rstrip()


def _facts(facts: Sequence[Fact]) -> Iterator[str]:
    if facts:
        yield "## Where the facts come from"
        yield "\n".join(
            f"- **{plain(fact.key)}** {plain(fact.text)} *Source: {plain(fact.source)}; "
            f"checked {_day(fact.checked_on)}, to be reviewed {_day(fact.review_by)}.*"
            for fact in facts
        )


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def plain(text: str) -> str:
    """Words that stay words in Markdown, whatever signs are in them."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", text)
    return re.sub(
        r"(?m)^(\s*)([-+]|\d+[.)])(?=\s)", lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", escaped
    )
