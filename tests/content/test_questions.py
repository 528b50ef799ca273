"""Every kind of question as it is written in a lesson and in a quiz, and what is said of each mistake."""

from pathlib import Path

import pytest

from app.content import lesson_files, quiz_files
from app.content.pictures import size_of
from app.content.questions.kinds import KINDS
from app.domain.questions.match import Pair
from app.domain.questions.option import Scale
from app.domain.quiz import ChooseAll, ChooseOne, Estimate, Match, Opinion, PutInOrder, Question, Spot, TrueOrFalse
from tests.content.test_lesson_files import LESSON, write_lesson
from tests.content.test_quiz_files import QUIZ, write_quiz

CHOOSE_ALL = """### Question: Who can you tell?
kind: choose all
why: Two are better than one.
talk: Whom do you trust?
sure: yes

- [x] A teacher
- [ ] Nobody [FM1]
- [x] A parent
"""
TRUE_OR_FALSE = """### Question: A battery may be charged on a bed.
kind: true or false
why: A bed traps the heat.

- [x] False
- [ ] True [FM1]
"""
ESTIMATE = """### Question: It is 28 °C. How cold is the river?
kind: estimate
from: 5
to: 30
unit: °C
right: 10 to 15
why: It can still be under 15 °C.
talk: Why is it so cold?
"""
PUT_IN_ORDER = """### Question: Put the code in order.
kind: put in order
why: First find a safe place.

1. Find a safe place
2. Stop
3. Look and listen
"""
MATCH = """### Question: Which flag goes with which words?
kind: match
why: Lifeguards watch between red and yellow.

- Red = Do not go in
- Red and yellow = Swim here
"""
SPOT = """### Question: What could start a fire?
kind: spot
picture: fire/home.svg "A house with its front open."
why: Each of them can be put right today.

- [x] A towel over the hob (10% 50% 12% 20%)
- [x] A candle alone (60%, 40.5%, 12%, 20%)
- [ ] A closed window (2% 5% 12% 20%)
"""
HOOK = "## Facts: Two things\nminutes: 3\nfacts: FIR-05\n"


def lesson_with(question: str, part: str = "Hook: Look") -> str:
    assert HOOK in LESSON
    return LESSON.replace(HOOK, f"## {part}\nminutes: 2\n\n{question}\n{HOOK}")


def read_lesson(folder: Path, text: str) -> lesson_files.LessonFile:
    path = write_lesson(folder, text)
    return lesson_files.load(path, path.parent / "pictures")


def question_of(folder: Path, question: str) -> Question:
    file = read_lesson(folder, lesson_with(question))
    assert file.problems.found == []
    assert file.draft is not None
    found = file.draft.parts[1].question
    assert found is not None
    return found


def test_choose_all_has_several_ticked_answers(tmp_path: Path) -> None:
    found = question_of(tmp_path, CHOOSE_ALL)
    assert isinstance(found, ChooseAll)
    assert [option.text for option in found.right] == ["A teacher", "A parent"]
    assert [option.misconception for option in found.options] == [None, None, "FM1"]
    assert found.asks_sure


def test_true_stands_first_whatever_stands_first_in_the_file(tmp_path: Path) -> None:
    found = question_of(tmp_path, TRUE_OR_FALSE)
    assert isinstance(found, TrueOrFalse)
    assert [(one.text, one.is_correct, one.misconception) for one in found.options] == [
        ("True", False, "FM1"),
        ("False", True, None),
    ]


def test_true_or_false_needs_only_the_right_one(tmp_path: Path) -> None:
    found = question_of(tmp_path, TRUE_OR_FALSE.replace("- [ ] True [FM1]\n", ""))
    assert isinstance(found, TrueOrFalse)
    assert [one.is_correct for one in found.options] == [False, True]


def test_an_estimate_has_a_scale_and_a_right_range(tmp_path: Path) -> None:
    found = question_of(tmp_path, ESTIMATE)
    assert isinstance(found, Estimate)
    assert (found.scale, found.low, found.high) == (Scale(first=5, last=30, step=1, measure="°C"), 10, 15)


def test_one_right_number_is_a_range_of_one(tmp_path: Path) -> None:
    found = question_of(tmp_path, ESTIMATE.replace("right: 10 to 15", "right: 12"))
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == (12, 12)


def test_things_to_put_in_order_stand_in_their_right_order(tmp_path: Path) -> None:
    found = question_of(tmp_path, PUT_IN_ORDER)
    assert isinstance(found, PutInOrder)
    assert [thing.text for thing in found.things] == ["Find a safe place", "Stop", "Look and listen"]


def test_a_pair_stands_on_both_sides_of_an_equals_sign(tmp_path: Path) -> None:
    found = question_of(tmp_path, MATCH)
    assert isinstance(found, Match)
    assert found.pairs[1] == Pair(key="2", text="Red and yellow", partner="Swim here")


def test_a_danger_says_where_it_is_in_the_picture(tmp_path: Path) -> None:
    found = question_of(tmp_path, SPOT)
    assert isinstance(found, Spot)
    assert (found.picture.path, found.frame) == ("fire/home.svg", (1280, 550))
    assert [(one.text, one.is_correct, one.x, one.y) for one in found.options] == [
        ("A towel over the hob", True, 10, 50),
        ("A candle alone", True, 60, 40.5),
        ("A closed window", False, 2, 5),
    ]


def test_a_hook_may_ask_and_a_poll_stays_an_opinion(tmp_path: Path) -> None:
    found = question_of(tmp_path, "### Question: Which one?\nwhy: So.\n\n- [x] This\n- [ ] That [FM1]\n")
    assert isinstance(found, ChooseOne)
    opinion = question_of(tmp_path, "### Question: Which one?\n\n- This\n- That\n")
    assert isinstance(opinion, Opinion)


def test_a_question_stands_where_it_is_written_among_the_cards(tmp_path: Path) -> None:
    text = LESSON.replace("### Two ways out", f"{ESTIMATE}\n### Two ways out")
    draft = read_lesson(tmp_path, text).draft
    assert draft is not None
    assert (len(draft.parts[1].cards), draft.parts[1].ask_after) == (2, 1)


@pytest.mark.parametrize(
    ("question", "old", "new", "at", "words"),
    [
        (CHOOSE_ALL, "- [x] A parent", "- [ ] A parent [FM1]", "### Question: Who", "1 of 3 answers"),
        (CHOOSE_ALL, "- [ ] Nobody [FM1]", "- [x] Nobody", "### Question: Who", "3 of 3 answers"),
        (CHOOSE_ALL, "- [ ] Nobody [FM1]\n", "", "### Question: Who", "Offer three or four"),
        (CHOOSE_ALL, "kind: choose all\n", "", "### Question: Who", 'add the line "kind: choose all"'),
        (CHOOSE_ALL, "kind: choose all", "kind: choose al", "kind:", 'Did you mean "choose all"?'),
        (
            CHOOSE_ALL,
            "- [x] A parent",
            "- A parent",
            "- A parent",
            'not a line of a question of the kind "choose all"',
        ),
        (CHOOSE_ALL, "sure: yes", "sure: maybe", "sure:", "neither yes nor no"),
        (CHOOSE_ALL, "Whom do you trust?", "Is a parent safe?", "talk:", "hold the safest answer"),
        (TRUE_OR_FALSE, "- [x] False", "- [x] Never", "### Question: A bat", "not answered by True or False"),
        (TRUE_OR_FALSE, "- [ ] True [FM1]", "- [x] True", "### Question: A bat", "not answered by True or False"),
        (ESTIMATE, "from: 5\n", "", "### Question: It is", '"from" is missing'),
        (ESTIMATE, "from: 5", "from: five", "from:", "not a whole number"),
        (ESTIMATE, "from: 5", "from: 40", "### Question: It is", "no even steps"),
        (ESTIMATE, "from: 5", "from: 5\nstep: 2", "### Question: It is", "no even steps"),
        (ESTIMATE, "to: 30", "to: 300", "### Question: It is", "use a larger step"),
        (ESTIMATE, "right: 10 to 15\n", "", "### Question: It is", '"right" is missing'),
        (ESTIMATE, "right: 10 to 15", "right: cold", "right:", "not a range of numbers"),
        (ESTIMATE, "right: 10 to 15", "right: 15 to 10", "### Question: It is", "not on the scale"),
        (ESTIMATE, "right: 10 to 15", "right: 10 to 31", "### Question: It is", "not on the scale"),
        (ESTIMATE, "right: 10 to 15", "right: 5 to 30", "### Question: It is", "Every number"),
        (ESTIMATE, "unit: °C", "unit: degrees Celsius", "unit:", "12 at most"),
        (ESTIMATE, "Why is it so cold?", "Is it 12 or more?", "talk:", "hold the safest answer"),
        (ESTIMATE, "talk:", "- [x] 12\ntalk:", "- [x] 12", "only settings"),
        (PUT_IN_ORDER, "3. Look and listen\n", "", "### Question: Put", "Have three to 5"),
        (PUT_IN_ORDER, "2. Stop", "2. Find a safe place", "2. Find", "offered twice"),
        (PUT_IN_ORDER, "2. Stop", "- Stop", "- Stop", "1. for each thing"),
        (PUT_IN_ORDER, "2. Stop", f"2. {'o' * 41}", "2. ooo", "40 at most"),
        (MATCH, "- Red = Do not go in", "- Red", "- Red\n", "not a pair"),
        (MATCH, "- Red = Do not go in", "- Red =", "- Red =", "has no words"),
        (MATCH, "- Red = Do not go in\n", "", "### Question: Which flag", "Have two to 4"),
        (MATCH, "- Red = Do not go in", "- Red = Swim here", "- Red and", "offered twice"),
        (SPOT, "picture:", "sure: yes\npikture:", "pikture:", 'Did you mean "picture"?'),
        (SPOT, 'picture: fire/home.svg "A house with its front open."\n', "", "### Question: What c", "is missing"),
        (SPOT, "(10% 50% 12% 20%)", "", "- [x] A towel", "does not say where"),
        (SPOT, "(10% 50% 12% 20%)", "(95% 50% 12% 20%)", "- [x] A towel", "not inside the picture"),
        (SPOT, "(10% 50% 12% 20%)", "(10% 50% 3% 20%)", "- [x] A towel", "smaller than 7%"),
        (SPOT, "(10% 50% 12% 20%)", "(55% 30% 12% 20%)", "- [x] A candle", "lies over"),
        (SPOT, "- [ ] A closed", "- [x] A closed", "### Question: What c", "3 of 3 things are dangers"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, question: str, old: str, new: str, at: str, words: str
) -> None:
    assert old in question
    text = lesson_with(question.replace(old, new, 1))
    line = text[: text.index(f"\n{at}") + 1].count("\n") + 1
    found = read_lesson(tmp_path, text).problems.found
    assert any(problem.line == line and words in str(problem) for problem in found), found


@pytest.mark.parametrize("question", [CHOOSE_ALL, ESTIMATE, PUT_IN_ORDER, MATCH, SPOT], ids=lambda one: one[:30])
def test_a_poll_and_a_promise_have_no_right_answer(tmp_path: Path, question: str) -> None:
    start = LESSON.index("### Question: Does your home")
    text = LESSON[:start] + question + LESSON[LESSON.index("\n## Quiz:") :]
    found = read_lesson(tmp_path, text).problems.found
    assert any("A poll has no right answer" in problem.sentence for problem in found), found


def test_nobody_is_asked_how_sure_an_opinion_is(tmp_path: Path) -> None:
    found = read_lesson(tmp_path, LESSON.replace("not sure: no", "not sure: no\nsure: yes")).problems.found
    assert [problem.sentence for problem in found] == ["Nobody can be sure where no answer is right."]


# The same kinds in a quiz

IN_A_QUIZ = {
    "choose all": "right:\n      - A teacher\n      - A parent\n    wrong:\n      - Nobody [FM1]",
    "true or false": 'right: "False"\n    wrong: "True [FM6]"',
    "estimate": "from: 0\n    to: 100\n    step: 10\n    unit: m\n    right: 20 to 30",
    "put in order": "order:\n      - Find\n      - Stop\n      - Look",
    "match": "pairs:\n      - Red = Do not go in\n      - Red and yellow = Swim here",
    "spot": (
        'picture: fire/home.svg "A house."\n'
        "    right:\n      - A towel (10% 50% 12% 20%)\n      - A candle (60% 40% 12% 20%)\n"
        "    wrong: A window (2% 5% 12% 20%)"
    ),
}
PLAIN = "right: Get out 6\n    wrong:\n      - Hide and wait for help [FM1]\n      - Yes [FM6]"


def read_quiz(folder: Path, kind: str, lines: str, *, anchor: bool = False) -> quiz_files.QuizFile:
    write_lesson(folder, LESSON)
    last = QUIZ.rindex("  - id: F6")
    assert PLAIN in QUIZ[last:]
    question = QUIZ[last:].replace(PLAIN, f"kind: {kind}\n    {lines}")
    text = QUIZ[:last] + (question.replace("anchor: no", "anchor: yes") if anchor else question)
    path = write_quiz(folder, text)
    return quiz_files.load(path, folder / "lessons" / "pictures")


@pytest.mark.parametrize("kind", IN_A_QUIZ)
def test_every_kind_can_stand_in_a_quiz(tmp_path: Path, kind: str) -> None:
    file = read_quiz(tmp_path, kind, IN_A_QUIZ[kind])
    assert file.problems.found == []
    assert file.quiz is not None
    found = file.quiz.questions[-1]
    assert found.kind.replace("_", " ") == kind
    assert (found.key, found.fact_ids, found.explanation) == ("F6", ("FIR-04",), "Outside you are safe.")
    assert not found.is_reserve


def test_every_kind_of_the_domain_has_its_form_in_files() -> None:
    assert set(KINDS) == {*IN_A_QUIZ, "choose one", "opinion"}


@pytest.mark.parametrize("kind", IN_A_QUIZ)
def test_only_choose_one_can_be_an_anchor(tmp_path: Path, kind: str) -> None:
    found = read_quiz(tmp_path, kind, IN_A_QUIZ[kind], anchor=True).problems.found
    assert any("can be an anchor" in problem.sentence for problem in found), found


@pytest.mark.parametrize(
    ("kind", "lines", "words"),
    [
        ("opinion", PLAIN, "no kind of question"),
        ("put in order", PLAIN, '"order" is missing'),
        ("put in order", f"{IN_A_QUIZ['put in order']}\n    wrong: Run", '"wrong" is not a name we know here'),
        ("match", "pairs:\n      - Red: Do not go in\n      - Blue = x", "not plain text"),
        ("estimate", IN_A_QUIZ["estimate"].replace("step: 10", "stop: 10"), 'Did you mean "step"?'),
        ("choose all", IN_A_QUIZ["choose all"].replace(" [FM1]", ""), "names no misconception"),
        ("spot", IN_A_QUIZ["spot"].replace("home.svg", "none.svg"), "There is no picture"),
    ],
)
def test_a_mistake_in_a_quiz_is_told(tmp_path: Path, kind: str, lines: str, words: str) -> None:
    found = read_quiz(tmp_path, kind, lines).problems.found
    assert any(words in str(problem) for problem in found), found


def test_a_description_that_tells_a_danger_is_refused(tmp_path: Path) -> None:
    file = read_lesson(tmp_path, lesson_with(SPOT.replace("its front open", "a candle alone")))
    file.shelf.check_answers(file.right_answers)
    assert any("gives away the answer" in problem.sentence for problem in file.problems.found)


@pytest.mark.parametrize(
    ("start", "size"),
    [
        (b'<svg xmlns="x" viewBox="0 0 1280 550">', (1280, 550)),
        (b"<svg viewBox='0,0,12.5,8'>", (12.5, 8)),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0", (640, 480)),
        (b"<svg>", None),
        (b"", None),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_start(
    tmp_path: Path, start: bytes, size: tuple[float, float] | None
) -> None:
    (tmp_path / "one").write_bytes(start)
    assert size_of(tmp_path / "one") == size


def test_a_picture_without_a_size_cannot_have_places(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, lesson_with(SPOT))
    (path.parent / "pictures" / "fire" / "home.svg").write_text("<svg/>")
    found = lesson_files.load(path, path.parent / "pictures").problems.found
    assert [problem.sentence for problem in found] == ["The size of this picture cannot be read."]
