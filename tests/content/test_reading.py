"""The reading check: long sentences, hard words with an easier one, and a grade for longer texts."""

import shutil
from pathlib import Path

from app.content import check
from app.content.easier_words import EASIER
from app.content.reading import FEWEST_WORDS, LongSentence, look_at
from app.content.syllables import count_syllables

SHIPPED = Path(__file__).parents[2]

SYLLABLES = {
    1: "smoke bikes walked called beach guess queen through breathe eyes key stayed phones helped fire place"
    " caught straight roads safe guard friend bruise",
    2: "alarm alarmed rescue's safety safely careful lifeguard wanted places noises beaches table candles"
    " people lion giant seeing playing flying quiet someone coastguard water river pupil password rescue"
    " question special firework homework pavement beyond pages useful helpful kitchen helmet",
    3: "family area video radio usual everyone firefighter animal battery idea worrying hospital electric"
    " grandmother location escalate",
    4: "emergency emergency's everybody information television identity",
}
EASY = "The alarm is loud. Mo wakes up. He smells smoke. He stays low and goes to the door. " * 6
HARD = (
    "Following identification of combustible materials, residents should immediately evacuate residential premises "
    "utilising designated emergency exit facilities, avoiding unnecessary investigation of the surrounding area. "
) * 6


def test_syllables_are_right_for_nearly_all_words() -> None:
    words = [(word, count) for count, words in SYLLABLES.items() for word in words.split()]
    wrong = {word for word, count in words if count_syllables(word) != count}
    assert len(wrong) <= len(words) / 20, wrong


def test_a_word_without_letters_is_one_syllable() -> None:
    assert [count_syllables(word) for word in ("999", "", "hm", "é")] == [1, 1, 1, 1]


def test_sentences_of_more_than_fifteen_words_are_named() -> None:
    long = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen."
    found = look_at(f"Short. {long} **Short again.** " + long.replace(" sixteen", ""))
    assert found.long_sentences == (LongSentence(long, 16),)


def test_hard_words_come_with_an_easier_one() -> None:
    found = look_at("Immediately leave the vehicle. It is purchased in order to help. Vehicles!")
    assert [(word.text, word.easier) for word in found.hard_words] == [
        ("Immediately", "straight away"),
        ("vehicle", "car or van"),
        ("in order to", "to"),
        ("purchased", "buy"),
        ("Vehicles", "car or van"),
    ]


def test_names_are_not_hard_words() -> None:
    assert look_at("Ask the Driver and Vehicle Agency.").hard_words == ()


def test_what_we_suggest_is_never_hard_itself() -> None:
    assert [easier for easier in EASIER.values() if look_at(easier).hard_words] == []
    assert list(EASIER) == sorted(EASIER)
    assert len(EASIER) >= 150


def test_easy_and_hard_texts_are_told_apart() -> None:
    easy, hard = look_at(EASY), look_at(HARD)
    assert easy.grade is not None
    assert hard.grade is not None
    assert easy.grade < 3
    assert hard.grade > 12
    assert (easy.is_hard, hard.is_hard) == (False, True)


def test_a_short_text_has_no_grade() -> None:
    short = "word " * (FEWEST_WORDS - 1)
    assert look_at(short).grade is None
    assert look_at(short).age is None
    assert look_at(f"{short} word").grade is not None


def test_nothing_is_hard_about_nothing() -> None:
    assert look_at("").words == 0
    assert look_at("", "\n", "- **...**").long_sentences == ()


def test_check_content_warns_of_hard_words_and_of_a_hard_lesson(tmp_path: Path) -> None:
    for folder in ("lessons", "quizzes"):
        shutil.copytree(SHIPPED / folder, tmp_path / folder)
    lesson = tmp_path / "lessons" / "fire.md"
    lesson.write_text(lesson.read_text().replace("Look for one minute.", f"Look for a vehicle. {HARD * 6}"))
    found = check.report(tmp_path / "lessons", tmp_path / "quizzes")
    told = [str(warning) for warning in found.warnings]
    assert found.is_good
    assert any('"vehicle" is a hard word. Try "car or van".' in sentence for sentence in told)
    assert any("What pupils read here suits an age of about" in sentence for sentence in told)


def test_the_shipped_lessons_give_no_warning() -> None:
    assert check.report(SHIPPED / "lessons", SHIPPED / "quizzes").warnings == ()
