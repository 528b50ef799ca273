"""A lesson file becomes a draft, or a list of all that is wrong with it."""

from pathlib import Path

import pytest

from app.content.lesson_files import load
from app.content.problems import Problem
from app.domain.quiz import ChooseOne, Opinion

LESSON = """---
# A comment for the author.
title: Get out
topic: Fire
lead: Kent Fire and Rescue Service (KFRS)
supports: [RNLI]
quiz: fire
objectives:
  - get low in smoke
you need: >
  A screen
  and cards.
---

## Precheck: What do you know already?
minutes: 2.5
picture: fire/home.svg "A house with two doors."

It is fine to say *I'm not sure*.

> Teacher: Five questions,
> in silence.
>
> Count the pupils.

> Presenter: Say hello.

## Facts: Two things
minutes: 3
facts: FIR-05

### Smoke goes up
picture: fire/low.svg "A child near the floor."

Crawl low.

### Two ways out

Know both.

## Scenario: Mo wakes up
minutes: 3
sensitivity: 1

The alarm is beeping.

### Question: What should Mo do?
why: Outside he can call 999.
talk: What would you say to Mo?

- [ ] Hide and wait [FM1]
- [x] Get out
- [ ] Get the cat [FM3]

### Ending: Everyone is outside

Well done, Mo!

## Poll: Plans at home
minutes: 1
tally only: yes

### Question: Does your home have a plan?
not sure: no

- Yes
- Not sure

## Quiz: Show what you know
minutes: 5

## Sources
checked on: 2026-11-22
review by: 2027-11-22

### FIR-05
confidence: high
for: pupils
source: Kent Police, fire safety page;
  Inverclyde Council

Smoke rises.
"""


def write_lesson(folder: Path, text: str | bytes) -> Path:
    pictures = folder / "lessons" / "pictures" / "fire"
    pictures.mkdir(parents=True, exist_ok=True)
    for name in ("home.svg", "low.svg"):
        (pictures / name).write_text('<svg viewBox="0 0 1280 550"/>')
    path = folder / "lessons" / "fire.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems_of(folder: Path, text: str | bytes) -> list[Problem]:
    path = write_lesson(folder, text)
    return load(path, path.parent / "pictures").problems.found


def changed(old: str, new: str) -> str:
    assert old in LESSON
    return LESSON.replace(old, new, 1)


def test_a_good_lesson_file_becomes_a_draft(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, LESSON)
    file = load(path, path.parent / "pictures")
    assert file.problems.found == []
    assert file.draft is not None
    assert [part.kind for part in file.draft.parts] == ["precheck", "facts", "scenario", "poll", "quiz"]


def test_the_frame_names_title_agencies_and_needs(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, LESSON)
    draft = load(path, path.parent / "pictures").draft
    assert draft is not None
    assert (draft.key, draft.title, draft.topic.key) == ("fire", "Get out", "fire")
    assert (draft.lead.key, draft.lead.name) == ("kfrs", "Kent Fire and Rescue Service")
    assert [agency.key for agency in draft.supports] == ["rnli"]
    assert draft.you_need == "A screen and cards."


def test_notes_for_teacher_and_presenter_are_told_apart(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, LESSON)
    draft = load(path, path.parent / "pictures").draft
    assert draft is not None
    assert draft.parts[0].teacher_note == "Five questions, in silence.\n\nCount the pupils."
    assert draft.parts[0].presenter_note == "Say hello."
    assert draft.parts[0].text == "It is fine to say *I'm not sure*."


def test_a_question_with_a_ticked_answer_has_a_safest_one(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, LESSON)
    draft = load(path, path.parent / "pictures").draft
    assert draft is not None
    question = draft.parts[2].question
    assert isinstance(question, ChooseOne)
    assert [(option.key, option.text) for option in question.options] == [
        ("1", "Get out"),
        ("2", "Hide and wait"),
        ("3", "Get the cat"),
    ]
    assert [option.misconception for option in question.options] == [None, "FM1", "FM3"]


def test_a_question_without_boxes_is_an_opinion(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, LESSON)
    draft = load(path, path.parent / "pictures").draft
    assert draft is not None
    question = draft.parts[3].question
    assert isinstance(question, Opinion)
    assert not question.offers_not_sure
    assert draft.parts[3].tally_only


def test_a_fact_takes_the_dates_of_its_section_and_a_source_over_two_lines(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, LESSON)
    draft = load(path, path.parent / "pictures").draft
    assert draft is not None
    assert draft.facts[0].review_by.isoformat() == "2027-11-22"
    assert draft.facts[0].source == "Kent Police, fire safety page; Inverclyde Council"


def test_three_mistakes_are_all_named_with_file_and_line(tmp_path: Path) -> None:
    text = changed(' "A house with two doors."', "").replace("minutes: 5", "minutes: soon")
    text = text.replace("facts: FIR-05", "facts: FIR-50")
    found = [(problem.file, problem.line, problem.sentence) for problem in problems_of(tmp_path, text)]
    assert sorted(found) == [
        ("lessons/fire.md", 17, "This picture has no alt text."),
        ("lessons/fire.md", 30, 'There is no fact "FIR-50" in the lesson\'s sources.'),
        ("lessons/fire.md", 70, '"soon" is not a number of minutes.'),
    ]


def test_a_problem_reads_as_one_sentence_with_a_remedy(tmp_path: Path) -> None:
    found = problems_of(tmp_path, changed(' "A house with two doors."', ""))
    assert str(found[0]) == (
        "lessons/fire.md, line 17: This picture has no alt text. "
        "Add a description in quotes after the file name, or the word decorative."
    )


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        ("## Facts: Two things", "## Fakts: Two things", "## Fakts", 'Did you mean "facts"?'),
        ("minutes: 2.5", "minuets: 2.5", "minuets", 'Did you mean "minutes"?'),
        ("minutes: 2.5", "minutes: 2.5\nminutes: 4", "minutes: 4", "written twice"),
        ("minutes: 2.5", "minutes: -1", "minutes: -1", "not a number of minutes"),
        ("minutes: 2.5", "minutes: nan", "minutes: nan", "not a number of minutes"),
        ("minutes: 2.5\n", "", "## Precheck", '"minutes" is missing'),
        ("title: Get out", "titel: Get out", "titel", 'Did you mean "title"?'),
        ("title: Get out", "title: Get out\ntitle: Again", "title: Again", "written twice"),
        ("topic: Fire\n", "", "title:", '"topic" is missing'),
        ("quiz: fire\n", "", "title:", '"quiz" is missing'),
        ("fire/home.svg", "fire/none.svg", "picture:", "There is no picture"),
        ("fire/home.svg", "../../home.svg", "picture:", "cannot name a picture"),
        ("fire/home.svg", "fire/home.exe", "picture:", "not a kind of picture"),
        ('"A house with two doors."', "A house with two doors.", "picture:", "not in quotes"),
        ("- [x] Get out", "- [ ] Get out [FM5]", "### Question: What", "0 answers are marked"),
        ("- [ ] Hide and wait [FM1]", "- [x] Hide and wait", "### Question: What", "2 answers are marked"),
        ("- [ ] Get the cat [FM3]", "- [ ] Get  OUT! [FM3]", "- [ ] Get  OUT!", "offered twice"),
        ("- [ ] Get the cat [FM3]", "- [ ] [FM3]", "- [ ] [FM3]", "has no words"),
        ("- [x] Get out", "- [x] Get out [FM3]", "- [x]", "names the misconception FM3"),
        ("why: Outside he can call 999.\n", "", "### Question: What", '"why" is missing'),
        ("talk: What would you say to Mo?", "talk: Should Mo get out?", "talk:", "hold the safest answer"),
        ("talk: What would you say to Mo?", "not sure: no", "### Question: What", "also offers not sure"),
        ("- Not sure", "- [x] Not sure", "### Question: Does", "A poll has no right answer"),
        ("- Not sure", "Not sure", "Not sure", "is not an answer"),
        ("## Poll: Plans at home", "## Facts: Plans at home", "## Facts: Plans", "second facts part"),
        ("## Poll: Plans at home", "## Poll", "## Poll", "has no title"),
        ("### Question: Does your home have a plan?", "### Plans", "## Poll", "asks no question"),
        ("> Presenter: Say hello.", "> Say hello.", "> Say hello.", "We do not know who"),
        ("### Smoke goes up", "# Smoke goes up", "# Smoke", "wrong size"),
        ("for: pupils", "for: parents", "for:", 'is no "for" we know'),
        ("### FIR-05", "### Smoke", "### Smoke\n", "cannot name a fact"),
        ("review by: 2027-11-22", "review by: 2026-11-22", "### FIR-05", "before it was checked"),
        ("review by: 2027-11-22", "review by: next year", "review by:", "is not a date"),
        ("sensitivity: 1", "sensitivity: 3", "sensitivity:", 'is no "sensitivity" we know'),
        ("sensitivity: 1", "tally only: yes", "## Scenario", "Only a poll"),
        ("tally only: yes", "tally only: maybe", "tally only:", "neither yes nor no"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, at: str, words: str) -> None:
    text = changed(old, new)
    line = text[: text.index(f"\n{at}") + 1].count("\n") + 1
    found = problems_of(tmp_path, text)
    assert any(problem.line == line and words in str(problem) for problem in found), found


def test_a_long_sentence_is_a_warning_and_blocks_nothing(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, changed("Crawl low.", "Crawl " + "low and " * 10 + "slow."))
    file = load(path, path.parent / "pictures")
    assert [problem.is_warning for problem in file.problems.found] == [True]
    assert file.draft is not None


def test_a_crowded_card_is_a_warning(tmp_path: Path) -> None:
    found = problems_of(tmp_path, changed("Crawl low.", "Crawl low. " * 20))
    assert [(problem.line, problem.is_warning) for problem in found] == [(32, True)]


def test_a_second_offer_of_not_sure_is_a_warning(tmp_path: Path) -> None:
    found = problems_of(tmp_path, changed("not sure: no\n", ""))
    assert [problem.is_warning for problem in found] == [True]


def test_words_beside_cards_are_refused_as_they_would_never_be_shown(tmp_path: Path) -> None:
    found = problems_of(tmp_path, changed("facts: FIR-05\n", "facts: FIR-05\n\nRead these.\n"))
    assert [problem.line for problem in found] == [28]


def test_a_lesson_without_a_precheck_is_refused(tmp_path: Path) -> None:
    found = problems_of(tmp_path, changed("## Precheck: What", "## Hook: What"))
    assert [problem.sentence for problem in found] == ["This lesson has no precheck part."]


def test_a_sentence_with_a_colon_stays_on_the_screen(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, changed("### Two ways out\n\nKnow both.", "### Two ways out\nRemember: know both."))
    draft = load(path, path.parent / "pictures").draft
    assert draft is not None
    assert draft.parts[1].cards[1].text == "Remember: know both."


def test_line_ends_and_byte_marks_of_other_editors_do_no_harm(tmp_path: Path) -> None:
    assert problems_of(tmp_path, b"\xef\xbb\xbf" + LESSON.replace("\n", "\r\n").encode()) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b" \n\n", "This file is empty."),
        (LESSON.encode() + b"caf\xe9", "A letter here is not saved as UTF-8."),
        (LESSON.encode() + b"\x00", "There is an invisible character in this line."),
        (b"x" * 1_000_001, "This file is larger than 1 MB."),
        (b"Hello", "The lesson's title and lead are not there."),
        (b"---\n---\n", "There are no names with values here."),
        (b"---\na: &a [x]\nb: *a\n---\n", "This line cannot be read:"),
        (b"---\ntitle: !!python/object:os.system x\n---\n", "This line cannot be read:"),
        (b'---\ntitle: "\\UFFFFFFFF"\n---\n', "This line cannot be read:"),
        (b'---\ntitle: "\\uD800"\n---\n', "There is an invisible character here."),
        (b"---\ntitle: x\n\tlead: y\n---\n", "This line starts with a tab."),
        (b"---\n" + b"[" * 50_000 + b"\n---\n", "This line cannot be read:"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_plain_words(tmp_path: Path, content: bytes, sentence: str) -> None:
    found = problems_of(tmp_path, content)
    assert any(problem.sentence.startswith(sentence) for problem in found), found


@pytest.mark.parametrize(
    "content",
    [
        "---\ntitle: x\n---\n" + "## x\n### y\nz: 1\n" * 30_000,
        "---\ntitle: x\n---\n## Hook: x\na: b\n" + "  c\n" * 200_000,
        "---\ntitle: x\n---\n## Hook: x\n" + "> Teacher: a\n\n" * 50_000,
        "---\ntitle: x\n---\n## Hook: x\n\n" + " " * 900_000,
        "---\ntitle: x\n---\n## Hook: x\n\n" + "[" * 900_000 + "]",
    ],
)
@pytest.mark.timeout(20)
def test_a_file_of_nonsense_is_read_quickly_and_gives_a_short_report(tmp_path: Path, content: str) -> None:
    assert 1 <= len(problems_of(tmp_path, content)) <= 200


def test_a_folder_with_the_name_of_a_lesson_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "lessons" / "fire.md").mkdir(parents=True)
    file = load(tmp_path / "lessons" / "fire.md", tmp_path)
    assert [problem.sentence for problem in file.problems.found] == ["This is not a file."]
