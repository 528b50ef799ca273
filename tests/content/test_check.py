"""The content folders are checked as a whole, lessons and quizzes against each other."""

import json
import shutil
from pathlib import Path

import pytest

from app.content import check, library

SHIPPED = Path(__file__).parents[2]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The shipped fire lesson and its quiz, free to be spoiled."""
    for name in ("lessons/fire.md", "quizzes/fire.yaml"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(SHIPPED / name, tmp_path / name)
    shutil.copytree(SHIPPED / "lessons" / "pictures" / "fire", tmp_path / "lessons" / "pictures" / "fire")
    return tmp_path


def spoil(content: Path, name: str, old: str, new: str) -> None:
    text = (content / name).read_text(encoding="utf-8")
    assert old in text
    (content / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def sentences(content: Path) -> list[str]:
    return [str(problem) for problem in check.check(content / "lessons", content / "quizzes")]


def test_content_without_problems_has_an_empty_list(content: Path) -> None:
    assert sentences(content) == []


def test_a_question_that_rests_on_an_unknown_fact_is_named_in_the_quiz_file(content: Path) -> None:
    spoil(content, "quizzes/fire.yaml", "facts: FIR-05", "facts: FIR-55")
    found = sentences(content)
    assert len(found) == 1
    assert found[0].startswith("quizzes/fire.yaml, line ")
    assert 'There is no fact "FIR-55"' in found[0]


def test_an_unknown_misconception_in_a_scenario_is_named_in_the_lesson_file(content: Path) -> None:
    spoil(content, "lessons/fire.md", "Hide and wait [FM1]", "Hide and wait [FM99]")
    found = sentences(content)
    assert len(found) == 1
    assert found[0].startswith("lessons/fire.md, line ")
    assert '"FM99" is not among the misconceptions' in found[0]


def test_a_lesson_that_names_no_known_quiz_is_a_problem(content: Path) -> None:
    spoil(content, "lessons/fire.md", "quiz: fire", "quiz: fyre")
    assert 'There is no quiz "fyre". Did you mean "fire"?' in sentences(content)[0]


def test_alt_text_that_holds_the_safest_answer_is_a_problem(content: Path) -> None:
    spoil(content, "lessons/fire.md", 'mo-night.svg "', 'mo-night.svg "Stay out, and call 999! ')
    assert "gives away the answer" in sentences(content)[0]


def test_a_picture_name_that_holds_the_safest_answer_is_a_problem(content: Path) -> None:
    pictures = content / "lessons" / "pictures" / "fire"
    (pictures / "alarm.svg").rename(pictures / "test-once-a-week.svg")
    spoil(content, "lessons/fire.md", "fire/alarm.svg", "fire/test-once-a-week.svg")
    assert 'gives away the answer "Once a week"' in sentences(content)[0]


def test_one_bad_lesson_does_not_hide_a_good_one(content: Path) -> None:
    (content / "lessons" / "road.md").write_bytes(b"\xff\xff")
    found = library.load(content / "lessons", content / "quizzes")
    assert [lesson.key for lesson in found.lessons] == ["fire"]
    assert [problem.file for problem in found.problems] == ["lessons/road.md"]


def test_a_lesson_whose_quiz_has_a_problem_cannot_be_taught(content: Path) -> None:
    spoil(content, "quizzes/fire.yaml", "anchor: yes", "anchor: no")
    found = library.load(content / "lessons", content / "quizzes")
    assert found.lessons == ()
    assert [draft.key for draft in found.drafts] == ["fire"]


def test_problems_of_the_lesson_and_of_its_quiz_are_named_at_once(content: Path) -> None:
    spoil(content, "lessons/fire.md", "minutes: 2.5", "minutes: many")
    spoil(content, "quizzes/fire.yaml", "facts: FIR-05", "facts: FIR-55")
    assert [sentence.partition(",")[0] for sentence in sentences(content)] == [
        "lessons/fire.md",
        "quizzes/fire.yaml",
    ]


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    found = check.check(tmp_path / "lessons", tmp_path / "quizzes")
    assert len(found) == 2


def test_the_report_counts_what_there_is(content: Path) -> None:
    report = check.report(content / "lessons", content / "quizzes")
    assert report.is_good
    assert check.as_text(report) == "1 lesson, 12 questions, 18 facts, 0 problems, 0 warnings."


def test_the_report_names_problems_before_warnings(content: Path) -> None:
    spoil(content, "lessons/fire.md", "Look for one minute.", "Look " + "and look " * 10 + "again.")
    spoil(content, "quizzes/fire.yaml", "facts: FIR-05", "facts: FIR-55")
    report = check.report(content / "lessons", content / "quizzes")
    lines = check.as_text(report).split("\n")
    assert not report.is_good
    assert lines[0].startswith("quizzes/fire.yaml, line ")
    assert lines[1].startswith("Warning: lessons/fire.md, line ")
    assert lines[2] == "0 lessons, 12 questions, 18 facts, 1 problem, 1 warning."


def test_the_report_can_be_read_by_a_program(content: Path) -> None:
    spoil(content, "quizzes/fire.yaml", "facts: FIR-05", "facts: FIR-55")
    found = json.loads(check.report(content / "lessons", content / "quizzes").model_dump_json())
    assert found["questions"] == 12
    assert set(found["problems"][0]) == {"file", "line", "sentence", "remedy", "is_warning"}
