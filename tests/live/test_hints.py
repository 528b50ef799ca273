"""Messages between workers: compact, numbered, and deaf to nonsense."""

import json

import pytest

from app.live.hints import MOST_BYTES, Hint, Message, Others, decode, encode

HINTS = (
    Hint("changed", 17, panels=("stage", "tally")),
    Hint("dismiss", 17, participant_id=5),
    Hint("seated", 17, participant_id=6),
    Hint("forget", 18),
)


def others(*, silent: int = 2, gone: int = 300, most: int = 1000) -> Others:
    return Others(silent_beats=silent, gone_beats=gone, most=most)


def heard(some: Others, *numbers: int, sender: str = "ann") -> list[bool]:
    return [some.missed(Message(sender, number)) for number in numbers]


@pytest.mark.parametrize("message", [Message("ann", 1), Message("ann", 2, HINTS), Message("ann", 3, is_last=True)])
def test_a_message_arrives_as_it_was_sent(message: Message) -> None:
    assert decode(encode(message)) == message


def test_a_message_says_no_more_than_it_must() -> None:
    assert json.loads(encode(Message("ann", 1))) == {"sender": "ann", "number": 1}
    assert len(encode(Message("ann", 1, HINTS[:1]))) < 100


GOOD = {"kind": "changed", "run_id": 1, "panels": ["stage"]}
WRONG: tuple[dict[str, object], ...] = (
    {"number": -1},
    {"number": 1.5},
    {"number": "1"},
    {"number": True},
    {"number": 10**30},
    {"sender": ""},
    {"sender": "a" * 41},
    {"sender": ["ann"]},
    {"hints": {}},
    {"hints": [{**GOOD, "kind": "explode"}]},
    {"hints": [{**GOOD, "run_id": None}]},
    {"hints": [{**GOOD, "run_id": -4}]},
    {"hints": [{**GOOD, "panels": "stage"}]},
    {"hints": [{**GOOD, "panels": ["stage"] * 11}]},
    {"hints": [{**GOOD, "panels": [1]}]},
    {"hints": [{**GOOD, "participant_id": "5"}]},
)
NONSENSE: list[object] = [
    None,
    7,
    "text",
    b"",
    b"hello",
    b"\xff\xfe",
    b"[" * 100_000,
    b"null",
    b"[]",
    b"{}",
    b'{"sender": "ann"}',
    b" " * MOST_BYTES + encode(Message("ann", 1)),
    *(json.dumps({"sender": "ann", "number": 1, "hints": [], **wrong}).encode() for wrong in WRONG),
]


@pytest.mark.parametrize("raw", NONSENSE, ids=lambda raw: repr(raw)[:40])
def test_nonsense_is_no_message(raw: object) -> None:
    assert decode(raw) is None


def test_a_word_that_a_newer_release_adds_is_overlooked() -> None:
    raw = json.dumps({"sender": "ann", "number": 1, "mood": "good", "hints": [{**GOOD, "seq": 4}]}).encode()
    assert decode(raw) == Message("ann", 1, (Hint("changed", 1, panels=("stage",)),))


def test_a_number_that_is_left_out_tells_that_something_was_lost() -> None:
    assert heard(others(), 1, 2, 3, 5, 6, 9)[1:] == [False, False, True, False, True]


def test_a_sender_that_was_never_heard_may_have_said_something_before() -> None:
    ann = others()
    assert heard(ann, 4, 5) == [True, False]
    assert heard(ann, 1, 2, sender="ben") == [True, False]


def test_a_late_or_doubled_message_is_no_gap() -> None:
    assert heard(others(), 1, 2, 3, 2, 3, 4)[1:] == [False] * 5


def test_one_who_falls_silent_counts_as_lost_until_heard_again() -> None:
    some = others(silent=2)
    heard(some, 1)
    assert [some.beat() for _ in range(4)] == [False, False, True, True]
    heard(some, 2)
    assert not some.beat()


def test_one_who_says_goodbye_is_not_waited_for() -> None:
    some = others(silent=2)
    heard(some, 1)
    some.missed(Message("ann", 2, is_last=True))
    assert [some.beat() for _ in range(4)] == [False] * 4


def test_one_who_never_comes_back_is_given_up_after_a_while() -> None:
    some = others(silent=2, gone=5)
    heard(some, 1)
    assert [some.beat() for _ in range(7)] == [False, False, True, True, True, False, False]


def test_a_flood_of_made_up_senders_fills_no_memory() -> None:
    some = others(most=10)
    for number in range(1000):
        heard(some, 1, sender=f"made up {number}")
    assert len(some._heard) <= 10
