"""A scenario that goes on as the class votes: every answer leads down, and every way to an ending."""

from pathlib import Path

import pytest

from app.content import lesson_files, quiz_files
from app.domain.lesson import Asking, Lesson, Slide, unroll
from tests.content.test_lesson_files import LESSON, write_lesson
from tests.content.test_quiz_files import QUIZ, write_quiz

STORY = """## Scenario: Mo wakes up
minutes: 3

The alarm is beeping.

### Question: What does Mo do?
why: Look what happens next.

- Shout and get out -> Everyone is outside
- Look for the cat -> Smoke in the hall
- Go back to sleep -> Somebody wakes Mo

### Scene: Smoke in the hall
picture: fire/low.svg "A hallway."

There is smoke in the hall. Mo gets low.

### Question: And now?

- Go back and wave at the window -> Firefighters come
- Crawl out -> Everyone is outside

### Ending: Somebody wakes Mo

His sister shouts. They all get out.

### Ending: Firefighters come

They find Mo at the window. He is safe.

### Ending: Everyone is outside

Well done, Mo!
"""


def lesson_text(story: str = STORY) -> str:
    start, end = LESSON.index("## Scenario:"), LESSON.index("## Poll:")
    return f"{LESSON[:start]}{story}\n{LESSON[end:]}"


def read(folder: Path, story: str = STORY) -> lesson_files.LessonFile:
    path = write_lesson(folder, lesson_text(story))
    return lesson_files.load(path, path.parent / "pictures")


def story_lesson(folder: Path) -> Lesson:
    """The lesson with this story, unrolled."""
    file = read(folder)
    quiz = quiz_files.load(write_quiz(folder, QUIZ), folder / "lessons" / "pictures").quiz
    assert file.problems.found == []
    assert file.draft is not None
    assert quiz is not None
    return unroll(file.draft, quiz)


def test_a_story_is_unrolled_with_all_its_ways(tmp_path: Path) -> None:
    steps = [step for step in story_lesson(tmp_path).steps if step.part == "scenario"]
    assert [(step.key, step.title) for step in steps] == [
        ("scenario", "Mo wakes up"),
        ("scenario.ask", "Mo wakes up"),
        ("scenario.scene.1", "Smoke in the hall"),
        ("scenario.ask.1", "Smoke in the hall"),
        ("scenario.scene.2", "Somebody wakes Mo"),
        ("scenario.scene.3", "Firefighters come"),
        ("scenario.scene.4", "Everyone is outside"),
    ]
    votes = {step.key: [way.to for way in step.ways] for step in steps if isinstance(step, Asking)}
    assert votes == {
        "scenario.ask": ["scenario.scene.4", "scenario.scene.1", "scenario.scene.2"],
        "scenario.ask.1": ["scenario.scene.3", "scenario.scene.4"],
    }
    assert [step.ends_story for step in steps if isinstance(step, Slide)] == [False, False, True, True, True]
    assert [step.question.kind for step in steps if isinstance(step, Asking)] == ["opinion", "opinion"]


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        (" -> Somebody wakes Mo", "", "- Go back to sleep", "leads nowhere"),
        ("-> Somebody wakes Mo", "-> Somebody wakes Jo", "- Go back to sleep", 'Did you mean "Somebody wakes Mo"?'),
        ("-> Firefighters come", "-> Mo wakes up", "- Go back and", "There is no scene"),
        ("-> Firefighters come", "-> Smoke in the hall", "- Go back and", "below this question"),
        (
            "-> Firefighters come",
            "-> Everyone is outside",
            "### Ending: Fire",
            'No answer leads to "Firefighters come"',
        ),
        ("### Ending: Firefighters come", "### Scene: Firefighters come", "### Scene: Fire", "The story stops"),
        ("### Ending: Firefighters come", "### Ending: Everyone is outside", "### Ending: Everyone", "two scenes"),
        ("- Shout", "- [x] Shout", "### Question: What does", "none of its answers is marked"),
        ("why: Look", "kind: choose all\nwhy: Look", "### Question: What does", "none of its answers is marked"),
        (
            "### Ending: Somebody",
            "### Question: Why?\n\n- So\n- Or so\n\n### Ending: Somebody",
            "### Question: Why",
            "no place",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, at: str, words: str) -> None:
    assert old in STORY
    text = lesson_text(STORY.replace(old, new, 1))
    path = write_lesson(tmp_path, text)
    found = lesson_files.load(path, path.parent / "pictures").problems.found
    lines = [n for n, line in enumerate(text.split("\n"), start=1) if line.startswith(at)]
    assert any(problem.line in lines and words in str(problem) for problem in found), found


def test_only_a_scenario_goes_on_as_the_class_votes(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, LESSON.replace("- Yes\n", "- Yes -> Thank you\n"))
    found = lesson_files.load(path, path.parent / "pictures").problems.found
    assert [problem.sentence for problem in found] == ["In this poll part no answer leads on."]


def test_a_scene_that_no_answer_names_is_told(tmp_path: Path) -> None:
    plain = LESSON.replace("### Ending: Everyone is outside", "### Scene: Everyone is outside")
    path = write_lesson(tmp_path, plain)
    found = lesson_files.load(path, path.parent / "pictures").problems.found
    assert [problem.sentence for problem in found] == ['Nothing leads to "Everyone is outside".']
