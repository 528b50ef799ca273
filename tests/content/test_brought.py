"""What a brought file gave becomes part of a draft."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from app.content import brought, drafts, library, quiz_files
from app.content.drafts import DraftTexts
from app.content.importers import read
from app.content.importers.imported import FoundPicture, FoundSlide
from app.content.problems import ProblemList
from app.content.quiz_sketch import read_question
from app.documents.quiz_sheets import quiz_xlsx
from app.domain.quiz import ChooseAll, ChooseOne, Quiz, TrueOrFalse
from app.settings import ROOT
from tests.content.importers.written import ALARM, SMOKE, kahoot_rows, workbook
from tests.made_quizzes import quizzes

SHIPPED = library.load(ROOT / "lessons", ROOT / "quizzes")
EMPTY_QUIZ = "title: New\n\nmisconceptions:\n  FM1: Hide and wait\n\nquestions:\n"
PICTURES = ROOT / "lessons" / "pictures"


def shipped(key: str = "fire") -> DraftTexts:
    lesson, quiz = (ROOT / "lessons" / f"{key}.md").read_text(), (ROOT / "quizzes" / f"{key}.yaml").read_text()
    return DraftTexts(key, lesson, quiz)


def quiz_of(texts: DraftTexts) -> Quiz:
    """Read without the checks of a whole quiz, such as that five questions are anchors."""
    found = quiz_files.read(texts.key, texts.quiz, PICTURES, ProblemList("quiz"))
    assert not [problem for problem in found.problems.found if "cannot be read" in problem.sentence]
    assert found.quiz is not None
    return found.quiz


@pytest.mark.parametrize("quiz", SHIPPED.quizzes, ids=lambda quiz: quiz.key)
def test_a_shipped_quiz_comes_back_from_its_spreadsheet_into_an_empty_draft(quiz: Quiz) -> None:
    texts = replace(shipped(), quiz=EMPTY_QUIZ.replace("  FM1: Hide and wait\n", ""))
    made = quiz_of(brought.with_questions(texts, read("quiz.xlsx", quiz_xlsx(quiz))))
    assert made.questions == quiz.questions
    assert made.misconceptions == quiz.misconceptions


@settings(max_examples=25, deadline=None)
@given(quizzes)
def test_any_words_come_through_a_spreadsheet_into_a_quiz_file(quiz: Quiz) -> None:
    found = read("quiz.xlsx", quiz_xlsx(quiz))
    texts = brought.with_questions(DraftTexts("new", "", EMPTY_QUIZ), found)
    written = texts.quiz_sketch
    assert len(written.questions) == len(quiz.questions)
    problems = ProblemList("quiz")
    quiz_files.read("new", texts.quiz, PICTURES, problems)
    assert not [problem for problem in problems.found if "cannot be read" in problem.sentence]
    for text, one in zip(written.questions, quiz.questions, strict=True):
        values = read_question(text)
        assert values is not None
        assert isinstance(one, ChooseOne | TrueOrFalse | ChooseAll)
        right, wrong = (
            tuple(
                f"{option.text} [{option.misconception}]" if option.misconception else option.text
                for option in one.options
                if option.is_correct is is_right
            )
            for is_right in (True, False)
        )
        assert values.get("kind", "choose one") == one.kind.replace("_", " ")
        assert values["question"] == one.text
        assert values["right"] == (right if len(right) > 1 else right[0])
        assert values["wrong"] == wrong
        assert values.get("why", "") == one.explanation


def test_questions_come_after_those_that_are_there_and_get_free_names() -> None:
    texts = brought.with_questions(shipped(), read("quiz.xlsx", workbook(kahoot_rows(ALARM, SMOKE))))
    assert texts.quiz.startswith(shipped().quiz.rstrip("\n"))
    assert texts.quiz_sketch.keys[-3:] == ("F2R", "F11", "F12")
    assert "    question: Where is the cleaner air?\n    right: Near the floor\n" in texts.quiz


def test_what_is_missing_is_told_at_the_new_question() -> None:
    texts = brought.with_questions(shipped(), read("quiz.xlsx", workbook(kahoot_rows(SMOKE))))
    checked = drafts.check(texts, PICTURES, ["kent-fire-and-rescue-service"])
    assert {finding.sentence for finding in checked.of("questions", "F11")} == {
        "The why is missing.",
        "This question rests on no fact.",
        'The answer "Near the ceiling" names no misconception.',
    }


def test_the_first_questions_of_a_lesson_are_named_after_it() -> None:
    texts = brought.with_questions(
        DraftTexts("water", "", EMPTY_QUIZ), read("quiz.xlsx", workbook(kahoot_rows(ALARM, SMOKE)))
    )
    assert texts.quiz_sketch.keys == ("W1", "W2")


def names() -> brought.KeepPicture:
    kept: list[FoundPicture] = []

    def keep(picture: FoundPicture) -> str | None:
        kept.append(picture)
        return f"media/picture-{len(kept)}.webp" if picture.content else None

    return keep


SLIDES = (
    FoundSlide(
        1,
        "Smoke goes up",
        "Crawl low.",
        "Let pupils bend.\n\nTeacher: not a label.",
        (FoundPicture(b"a", "A door."),),
    ),
    FoundSlide(
        2, "", "# 9 o'clock\n> said\npicture: here", "", (FoundPicture(b"b"), FoundPicture(b"c", is_decorative=True))
    ),
    FoundSlide(3, "No picture", "", "", (FoundPicture(b""),)),
)


def test_slides_become_cards_of_the_facts_part() -> None:
    texts = brought.with_slides(shipped(), SLIDES, names())
    part = texts.sketch.part("facts")
    assert part is not None
    assert part.count("\n### ") == 6 + 4
    assert part.endswith(
        '### Smoke goes up\npicture: media/picture-1.webp "A door."\n\nCrawl low.\n\n'
        "### Slide 2\npicture: media/picture-2.webp\n\n\\# 9 o'clock\n\\> said\npicture: here\n\n"
        "### Slide 2\npicture: media/picture-3.webp decorative\n\n"
        "### No picture\n\n"
    )
    others = [one for key, one in zip(texts.sketch.keys, texts.sketch.parts, strict=True) if key != "facts"]
    assert "".join(others) in "".join(
        p for k, p in zip(shipped().sketch.keys, shipped().sketch.parts, strict=True) if k != "facts"
    )


def test_the_notes_of_a_talk_are_for_the_presenter() -> None:
    checked = drafts.check(
        brought.with_slides(shipped(), SLIDES[:1], lambda picture: None), PICTURES, ["kent-fire-and-rescue-service"]
    )
    assert checked.blocking == ()
    assert checked.lesson is not None
    note = checked.lesson.step("facts.1").presenter_note
    assert note.endswith("Smoke goes up: Let pupils bend. Teacher: not a label.")
    assert note.startswith("Kent Fire and Rescue Service asks for a test every week.")


def test_a_lesson_without_facts_gets_a_facts_part_before_its_story() -> None:
    lesson = "---\ntitle: New\n---\n\n## Hook: Look\n\n## Scenario: Mo\n\n## Sources\n"
    texts = brought.with_slides(DraftTexts("new", lesson, EMPTY_QUIZ), SLIDES[:1], names())
    assert texts.sketch.keys == ("hook", "facts", "scenario", "sources")
    assert brought.with_slides(DraftTexts("new", "", ""), SLIDES[:1], names()).sketch.keys == ("facts",)
