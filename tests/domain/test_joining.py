"""Codes and aliases that no child can be teased with."""

import random
import re
import string
from collections.abc import Sequence

import pytest

from app.domain.errors import Conflict, Invalid, NotAllowed
from app.domain.joining import (
    BLOCKED_IN_CODES,
    CODE_LETTERS,
    deal_alias,
    must_deal_again,
    new_code,
    read_code,
    spaced,
)
from app.main import alias_words

ADJECTIVES, ANIMALS = alias_words()
ANYWHERE = (
    *("anal", "anus", "arse", "bitch", "bollock", "boob", "bugger", "bum", "clit", "cock", "coon", "crap", "cum"),
    *("cunt", "damn", "dick", "dildo", "dyke", "fag", "fanny", "fart", "fuck", "gay", "gyp", "heil", "hell", "homo"),
    *("jizz", "kill", "knob", "kike", "minge", "moron", "muff", "nazi", "negro", "nig", "nonce", "paki"),
    *("penis", "perv", "piss", "poo", "porn", "prick", "pube", "queer", "rape", "retard", "sex", "shag", "shit"),
    *("skank", "slag", "slut", "spastic", "spaz", "sperm", "spic", "tard", "tit", "tosser", "tranny", "turd"),
    *("twat", "vagina", "wank", "whore", "wog"),
)
"""Rude anywhere in a name, also across the join of its two words."""
AS_A_WORD = {
    *("ape", "ass", "baboon", "beast", "boar", "butt", "chicken", "cow", "cuckoo", "dirty", "dodo", "dog", "donkey"),
    *("dumb", "fat", "goat", "gorilla", "hippo", "hog", "hyena", "jackal", "lazy", "leech", "louse", "monkey"),
    *("old", "parasite", "pig", "poor", "rat", "sheep", "shrew", "skunk", "slimy", "sloth", "slow", "slug", "snail"),
    *("snake", "swine", "thick", "toad", "turkey", "ugly", "vermin", "viper", "vixen", "vulture", "walrus", "weak"),
    *("weasel", "whale", "worm", "wet", "black", "white", "brown", "yellow", "pink", "hot", "horny", "naughty"),
}
"""Unkind to a child as a name of its own."""


def seeded(number: int) -> "random.Random":
    return random.Random(number)


def test_there_are_two_thousand_names() -> None:
    assert len(set(ADJECTIVES)) * len(set(ANIMALS)) >= 2000
    assert len(set(ADJECTIVES)) == len(ADJECTIVES)
    assert len(set(ANIMALS)) == len(ANIMALS)


def test_no_name_is_rude_joined_or_split() -> None:
    bad = []
    for adjective in ADJECTIVES:
        for animal in ANIMALS:
            joined = f"{adjective}{animal}".lower()
            if any(word in joined for word in ANYWHERE) or {adjective.lower(), animal.lower()} & AS_A_WORD:
                bad.append(f"{adjective} {animal}")
    assert bad == []


def test_every_name_is_two_short_words_that_a_ten_year_old_can_read() -> None:
    for word in (*ADJECTIVES, *ANIMALS):
        assert re.fullmatch(r"[A-Z][a-z]{1,10}", word), word


def test_thirty_five_seats_have_thirty_five_names_and_animals_in_two_hundred_runs() -> None:
    for number in range(200):
        draw, taken = seeded(number), set[str]()
        for _ in range(35):
            alias = deal_alias(ADJECTIVES, ANIMALS, taken, draw.choice)
            assert alias not in taken
            taken.add(alias)
        assert len({alias.split()[1] for alias in taken}) == 35


def test_animals_repeat_only_when_all_are_taken() -> None:
    draw, taken = seeded(1), set[str]()
    for _ in range(60):
        taken.add(deal_alias(ADJECTIVES, ANIMALS, taken, draw.choice))
    assert len(taken) == 60
    assert len({alias.split()[1] for alias in taken}) == len(ANIMALS)


def test_when_chance_finds_none_the_last_free_name_is_found_all_the_same() -> None:
    adjectives, animals = ["Brave", "Calm"], ["Otter", "Seal"]
    taken = {"Brave Otter", "Calm Otter", "Brave Seal"}
    assert deal_alias(adjectives, animals, taken, lambda words: words[0]) == "Calm Seal"
    with pytest.raises(Conflict, match="This lesson is full"):
        deal_alias(adjectives, animals, {*taken, "Calm Seal"}, lambda words: words[0])


def test_a_name_is_dealt_three_times_in_all() -> None:
    must_deal_again(1)
    must_deal_again(2)
    with pytest.raises(NotAllowed, match="You have had three names"):
        must_deal_again(3)


# Codes


def test_codes_have_six_letters_that_are_never_mistaken() -> None:
    draw = seeded(7)
    codes = [new_code(draw.choice) for _ in range(5000)]
    assert all(re.fullmatch(f"[{CODE_LETTERS}]{{6}}", code) for code in codes)
    assert not set("AEIOU") & set(CODE_LETTERS)
    assert not set("BLSZ" + string.digits) & set(CODE_LETTERS)
    assert len(set(codes)) > 4990


def test_no_code_holds_a_word_that_is_read_as_rude() -> None:
    draw = seeded(8)
    words = (*BLOCKED_IN_CODES, "FCK", "CNT", "KKK", "WNK", "NGR", "GYP", "PKY")
    assert [code for code in (new_code(draw.choice) for _ in range(40_000)) for word in words if word in code] == []


def test_a_code_with_a_blocked_word_is_drawn_again() -> None:
    letters = iter("FCKXXX" + "KMTPVX")

    def next_letter(_: Sequence[str]) -> str:
        return next(letters)

    assert new_code(next_letter) == "KMTPVX"


@pytest.mark.parametrize(
    "typed", ["KMTPVX", "kmtpvx", " kmt pvx ", "KMT-PVX", "k m t p v x", "KMT\u00a0PVX", "kmt.pvx"]
)
def test_a_code_is_read_as_it_was_meant(typed: str) -> None:
    assert read_code(typed) == "KMTPVX"


@pytest.mark.parametrize("typed", ["", " ", "- -", "\n", "..."])
def test_nothing_typed_asks_for_the_six_letters(typed: str) -> None:
    with pytest.raises(Invalid, match="Type the six letters on the big screen"):
        read_code(typed)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("KMT", "KMT"), ("KMTPVXX", "KMT PVXX"), ("KMTPV0", "KMT PV0"), ("KMTPVA", "KMT PVA"), ("ß" * 3, "SSS SSS")],
)
def test_a_code_that_cannot_be_shows_what_was_typed(typed: str, shown: str) -> None:
    with pytest.raises(Invalid, match=f"We can't find {shown}. Check each letter."):
        read_code(typed)


def test_a_code_is_shown_in_two_halves() -> None:
    assert spaced("KMTPVX") == "KMT PVX"
    assert spaced("KMT") == "KMT"
