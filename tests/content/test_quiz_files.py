"""A quiz file becomes a quiz, or a list of all that is wrong with it."""

from pathlib import Path

import pytest

from app.content.problems import Problem
from app.content.quiz_files import QuizFile
from app.content.quiz_files import load as load_quiz

HEAD = """# A comment for the author.
title: Fire
misconceptions:
  FM1: Hide and wait
  FM6: An alarm looks after itself
questions:
"""
QUESTION = """
  - id: F{number}
    anchor: {anchor}
    question: What do you do first, number {number}?
    right: Get out {number}
    wrong:
      - Hide and wait for help [FM1]
      - Yes
    why: Outside you are safe.
    talk: Who could you wake?
    facts: FIR-04
"""
QUIZ = (HEAD + "".join(QUESTION.format(number=n, anchor="yes" if n < 6 else "no") for n in range(1, 7))).replace(
    "- Yes", "- Yes [FM6]"
)


def load(path: Path) -> QuizFile:
    return load_quiz(path, path.parent.parent / "pictures")


def write_quiz(folder: Path, text: str | bytes) -> Path:
    path = folder / "quizzes" / "fire.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems_of(folder: Path, text: str | bytes) -> list[Problem]:
    return load(write_quiz(folder, text)).problems.found


def changed(old: str, new: str) -> str:
    assert old in QUIZ
    return QUIZ.replace(old, new, 1)


def test_a_good_quiz_file_becomes_a_quiz(tmp_path: Path) -> None:
    file = load(write_quiz(tmp_path, QUIZ))
    assert file.problems.found == []
    assert file.quiz is not None
    assert (file.quiz.key, file.quiz.title) == ("fire", "Fire")
    assert len(file.quiz.live) == 6
    assert len(file.quiz.anchors) == 5


def test_the_safest_answer_is_kept_as_1_and_the_others_in_order(tmp_path: Path) -> None:
    quiz = load(write_quiz(tmp_path, QUIZ)).quiz
    assert quiz is not None
    assert [(option.key, option.text, option.misconception) for option in quiz.anchors[0].options] == [
        ("1", "Get out 1", None),
        ("2", "Hide and wait for help", "FM1"),
        ("3", "Yes", "FM6"),
    ]


def test_an_answer_that_reads_yes_stays_a_word(tmp_path: Path) -> None:
    quiz = load(write_quiz(tmp_path, QUIZ)).quiz
    assert quiz is not None
    assert quiz.anchors[0].options[2].text == "Yes"


def test_a_reserve_question_is_not_asked_live(tmp_path: Path) -> None:
    quiz = load(write_quiz(tmp_path, changed("anchor: no", "reserve: yes"))).quiz
    assert quiz is not None
    assert len(quiz.live) == 5
    assert len(quiz.questions) == 6


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        ("[FM1]", "[FM7]", "      - Hide", "not among the misconceptions"),
        (" [FM1]", "", "      - Hide", "names no misconception"),
        ("    why: Outside you are safe.\n", "", "  - id: F1", '"why" is missing'),
        ("    why:", "    wyh:", "    wyh:", 'Did you mean "why"?'),
        ("    right: Get out 1\n", "", "  - id: F1", '"right" is missing'),
        ("right: Get out 1", "right: Get out 1 [FM1]", "    right:", "names the misconception"),
        ("right: Get out 1", "right: yes [FM1]", "      - Yes", "offered twice"),
        ("right: Get out 1", "right: [a, b]", "    question:", "2 answers are marked"),
        ("right: Get out 1", f"right: {'o' * 61}", "    right:", "60 at most"),
        ("question: What do you do first, number 1?", f"question: {'o' * 111}", "    question:", "110 at most"),
        ("why: Outside you are safe.", f"why: {'o' * 161}", "    why:", "160 at most"),
        ("talk: Who could you wake?", "talk: Would you get out 1?", "    talk:", "hold the safest answer"),
        ("    facts: FIR-04\n", "", "  - id: F1", "rests on no fact"),
        ("- id: F2", "- id: f1", "    question: What do you do first, number 2", "two questions"),
        ("- id: F1", "- id: know", "  - id: know", "cannot name a question"),
        ("anchor: yes", "anchor: true", "    anchor: true", "neither yes nor no"),
        ("anchor: yes", "anchor: yes\n    anchor: no", "    anchor: no", "written twice"),
        ("anchor: yes", "anchor: yes\n    reserve: yes", "    question:", "an anchor and a reserve"),
        ("anchor: yes", "anchor: no", "title:", "4 questions are anchors"),
        ("title: Fire", "titel: Fire", "titel:", 'Did you mean "title"?'),
        ("  FM1: Hide and wait", "  FM1: Hide\n  FM1: Wait", "  FM1: Wait", "written twice"),
        ("right: Get out 1", "right: Say: get out", "    right:", "cannot be read"),
        ("    right: Get out 1", "\tright: Get out 1", "\tright:", "starts with a tab"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, at: str, words: str) -> None:
    text = changed(old, new)
    line = text[: text.index(f"\n{at}") + 1].count("\n") + 1
    found = problems_of(tmp_path, text)
    assert any(problem.line == line and words in str(problem) for problem in found), found


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = changed("[FM1]", "[FM7]").replace("title: Fire", "titel: Fire").replace("    facts: FIR-04\n", "", 1)
    assert sorted(problem.line for problem in problems_of(tmp_path, text)) == [2, 2, 8, 13]


def test_one_question_with_five_answers_is_refused(tmp_path: Path) -> None:
    text = changed("      - Yes [FM6]", "".join(f"      - Wait {n} [FM1]\n" for n in range(4)))
    found = problems_of(tmp_path, text)
    assert ["5 answers" in problem.sentence or "6 answers" in problem.sentence for problem in found] == [True]


def test_one_wrong_answer_may_stand_in_the_same_line(tmp_path: Path) -> None:
    text = changed("wrong:\n      - Hide and wait for help [FM1]\n      - Yes [FM6]", "wrong: Hide, then wait [FM1]")
    quiz = load(write_quiz(tmp_path, text)).quiz
    assert quiz is not None
    assert [option.text for option in quiz.anchors[0].options] == ["Get out 1", "Hide, then wait"]


def test_the_safest_answer_may_not_be_the_longest_in_most_questions(tmp_path: Path) -> None:
    found = problems_of(tmp_path, QUIZ.replace("right: Get out", "right: Get out as fast as you safely can"))
    assert [problem.sentence for problem in found] == ["The safest answer is the longest in 6 of 6 questions."]


def test_a_long_sentence_is_only_a_warning(tmp_path: Path) -> None:
    file = load(write_quiz(tmp_path, changed("Outside you are safe.", "so " * 16 + "safe.")))
    assert [problem.is_warning for problem in file.problems.found] == [True]
    assert file.quiz is not None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\xff\xfe\x00", "A letter here is not saved as UTF-8."),
        (b"a" * 1_000_001, "This file is larger than 1 MB."),
        (b"just words", "There are no names with values here."),
        (b"- a\n- b\n", "There are no names with values here."),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "This line cannot be read:"),
        (b"title: *bold*\n", "This line cannot be read:"),
        (b"title: !!python/name:os.system\n", "This line cannot be read:"),
        (b"title: a\n---\ntitle: b\n", "This line cannot be read:"),
        (b"title: {" * 5_000, "This line cannot be read:"),
        (b"? [a, b]\n: c\n", "This name is not plain text."),
        (b"title: a\nquestions: none\n", "There are no questions here."),
        (b"title: a\nquestions:\n  - one\n", "This is not a question."),
        (b"title: a\nquestions:\n  - id:\n      - F1\n", '"id" is not plain text.'),
        (b"title: a\nmisconceptions: [a]\n", "There are no misconceptions here."),
    ],
)
def test_hostile_or_broken_yaml_is_refused_in_plain_words(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = load(write_quiz(tmp_path, content))
    assert file.quiz is None
    assert any(problem.sentence.startswith(sentence) for problem in file.problems.found), file.problems.found
