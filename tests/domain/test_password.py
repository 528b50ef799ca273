"""What makes a password good enough."""

import pytest

from app.domain.errors import Invalid
from app.domain.password import must_be_good

OWN = ("Priya Kettle", "priya.kettle@fire.example", "Safety in Action")


@pytest.mark.parametrize(
    "password", ["three random words", "LanternPebbleKettle7", "48203957106385", "zäune über möwen", "!?-_:;#+*~§$"]
)
def test_words_that_nobody_guesses_are_good_whatever_they_are_made_of(password: str) -> None:
    must_be_good(password, OWN)


@pytest.mark.parametrize("password", ["elevenchars", "", "x" * 129])
def test_a_password_has_twelve_to_128_characters(password: str) -> None:
    with pytest.raises(Invalid, match="at least twelve characters"):
        must_be_good(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaa",
        "Password1234567",
        "123456789012",
        "SafetyInAction2026!",
        "priyakettle12",
        "PRIYA.KETTLE@fire.example",
        "qwertyuiop123",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match="guessed soon"):
        must_be_good(password, OWN)
