"""Whoever guesses waits, longer each time."""

import pytest

from app.domain.errors import NotAllowed
from app.web.wrong_passwords import WrongPasswords

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Door(WrongPasswords):
    """With a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(clock=lambda: self.now)

    def fail(self, times: int, account: str = "priya", address: str = HERE) -> None:
        for _ in range(times):
            self.failed(account, address)

    def wait(self, account: str = "priya", address: str = HERE) -> str:
        try:
            self.must_not_wait(account, address)
        except NotAllowed as refusal:
            return refusal.sentence.partition("Wait ")[2].partition(",")[0]
        return ""


def test_the_wait_doubles_up_to_five_minutes() -> None:
    door, waits = Door(), []
    for _ in range(14):
        door.fail(1)
        waits.append(door.wait())
    assert waits[:7] == ["", "", "", "", "2 seconds", "4 seconds", "8 seconds"]
    assert waits[-3:] == ["5 minutes"] * 3


def test_asking_in_the_meantime_makes_it_no_longer() -> None:
    door = Door()
    door.fail(5)
    for _ in range(50):
        door.wait()
    door.now = 2.1
    assert door.wait() == ""


@pytest.mark.parametrize("who", [("priya", THERE), ("cora", HERE)])
def test_neither_the_owner_elsewhere_nor_a_colleague_here_waits_for_it(who: tuple[str, str]) -> None:
    door = Door()
    door.fail(15)
    assert (door.wait(), door.wait(*who)) == ("5 minutes", "")


def test_an_address_that_tries_many_accounts_waits_too() -> None:
    door = Door()
    for number in range(20):
        door.fail(1, f"account-{number}")
    assert (door.wait("one more"), door.wait("one more", THERE)) == ("2 seconds", "")


def test_who_came_in_is_forgiven_but_not_what_the_address_did_to_others() -> None:
    door = Door()
    door.fail(6)
    door.came_in(" PRIYA ", HERE)
    assert door.wait() == ""
    door.fail(14, "cora")
    assert door.wait() == "2 seconds"


def test_all_is_forgotten_after_a_quarter_of_an_hour() -> None:
    door = Door()
    door.fail(30)
    door.now = 901
    door.fail(1)
    assert door.wait() == ""
