"""Captions are read line by line; what is wrong is told with its line, and what is kept is written anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.captions import LONGEST_CUE, Cue, read_captions, transcript, written
from app.content.problems import ProblemList

CAPTIONS = """WEBVTT - The smoke alarm
Language: en

NOTE made by hand

STYLE
::cue { color: red; background: url(http://evil.example/x) }

1
00:01.000 --> 00:03.500 line:0 align:start
<v Priya>Smoke goes up,
<i>so</i> you go &lt;low&gt;.

00:00:04.000 --> 00:00:06.000
Get out
"""


def read(text: str | bytes) -> tuple[tuple[Cue, ...], list[str]]:
    problems = ProblemList("captions.vtt")
    cues = read_captions(text.encode() if isinstance(text, str) else text, problems)
    return cues, [str(problem) for problem in problems.found]


def test_good_captions_are_read_with_times_words_and_who_says_them() -> None:
    cues, problems = read(CAPTIONS)
    assert problems == []
    assert cues == (
        Cue(begins=1, ends=3.5, words="Smoke goes up,\nso you go <low>.", speaker="Priya"),
        Cue(begins=4, ends=6, words="Get out"),
    )


def test_what_is_kept_has_no_styles_remarks_or_places() -> None:
    assert written(read(CAPTIONS)[0]) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:03.500\n<v Priya>Smoke goes up,\nso you go &lt;low&gt;.\n\n"
        "00:00:04.000 --> 00:00:06.000\nGet out\n"
    )


@given(
    st.lists(
        st.builds(
            lambda gap, lasts, words, speaker: (gap, lasts, words.strip(), speaker.strip()),
            st.integers(0, 500_000),
            st.integers(1, 9_000),
            st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\xa0"), min_size=1)
            .map(lambda words: " ".join(words.split())[:LONGEST_CUE].strip())
            .filter(bool),
            st.text("abc dé&<>").map(lambda name: " ".join(name.split())),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_was_written_reads_as_the_same(made: list[tuple[int, int, str, str]]) -> None:
    cues, now = [], 0
    for gap, lasts, words, speaker in made:
        now += gap
        cues.append(Cue(begins=now / 1000, ends=(now + lasts) / 1000, words=words, speaker=speaker))
    again, problems = read(written(tuple(cues)))
    assert problems == []
    assert again == tuple(cues)


ONE = "00:01.000 --> 00:03.500"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: These are no WebVTT captions."),
        ("1\n00:01,000 --> 00:02,000\nHello", "line 1: These are no WebVTT captions."),
        ("WEBVTTX\n\n" + ONE + "\nHello", "line 1: These are no WebVTT captions."),
        ("WEBVTT\n", "line 1: There are no words in these captions."),
        ("WEBVTT\n\nNOTE nothing else", "line 1: There are no words in these captions."),
        (f"WEBVTT\n\n{ONE}\n", "line 3: This caption has no words."),
        (f"WEBVTT\n\n{ONE}\n<c></c>", "line 3: This caption has no words."),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\nHello", 'line 3: "00:01,000 --> 00:02,000" is no time of a caption. T'),
        ("WEBVTT\n\n1:00 --> 2:00\nHello", 'line 3: "1:00 --> 2:00" is no time of a caption. Write it as'),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\nHello", "line 3:"),
        ("WEBVTT\n\n00:03.000 --> 00:03.000\nHello", "line 3: This caption ends before it begins."),
        (f"WEBVTT\n\n00:05.000 --> 00:06.000\nB\n\n{ONE}\nA", "line 6: This caption begins before the one above it."),
        (f"WEBVTT\n\n{ONE}\nA\n\nWords alone", 'line 6: "Words alone" has no time.'),
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nHello", 'line 3: "00:01.000 -> 00:02.000" has no time.'),
        (f"WEBVTT\n\n{ONE}\nA\n{ONE}\nB", "line 3: There is no empty line between two captions."),
        (f"WEBVTT\n\n{ONE}\n" + "word " * 50, "line 3: This caption has 249 characters."),
        (b"WEBVTT\n\n00:01.000 --> 00:03.500\nCaf\xe9", "line 4: A letter here is not saved as UTF-8."),
        (f"WEBVTT\n\n{ONE}\nHe\u202ello", "line 4: There is an invisible character in this line."),
        (f"WEBVTT\n\n{ONE}\nHe\0llo", "line 4: There is an invisible character in this line."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(text: str | bytes, told: str) -> None:
    cues, problems = read(text)
    assert len(problems) == 1
    assert told in problems[0]
    assert len(cues) <= 1


def test_line_ends_of_other_systems_and_a_mark_at_the_beginning_do_no_harm() -> None:
    assert read(b"\xef\xbb\xbf" + CAPTIONS.replace("\n", "\r\n").encode()) == read(CAPTIONS)


def test_a_file_of_nonsense_gives_no_endless_list() -> None:
    assert len(read("WEBVTT\n\n" + f"{ONE}\nA\n\n" + "nonsense\n\n" * 5000)[1]) <= 200


def test_the_transcript_has_a_paragraph_for_each_voice_and_after_each_pause() -> None:
    cues = (
        Cue(begins=0, ends=2, words="Smoke goes up,", speaker="Priya"),
        Cue(begins=2, ends=4, words="so you go low.", speaker="Priya"),
        Cue(begins=4, ends=5, words="Why?", speaker="Mo"),
        Cue(begins=5, ends=6, words="Cleaner air.", speaker="Priya"),
        Cue(begins=20, ends=22, words="Get out,", speaker="Priya"),
        Cue(begins=30, ends=31, words="stay out.", speaker="Priya"),
    )
    assert transcript(cues) == (
        "Priya: Smoke goes up, so you go low.",
        "Mo: Why?",
        "Priya: Cleaner air.",
        "Priya: Get out, stay out.",
    )


def test_a_long_speech_is_cut_into_paragraphs_at_the_end_of_a_sentence() -> None:
    cues = tuple(Cue(begins=n, ends=n + 1, words=f"This is sentence {n} of many, isn't it.") for n in range(20))
    paragraphs = transcript(cues)
    assert len(paragraphs) == 3
    assert all(paragraph.endswith(".") for paragraph in paragraphs)


def test_words_that_stay_while_the_next_caption_joins_them_are_said_once() -> None:
    cues = (Cue(begins=0, ends=2, words="Get out"), Cue(begins=1, ends=3, words="Get out"))
    assert transcript(cues) == ("Get out",)
