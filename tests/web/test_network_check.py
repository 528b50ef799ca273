"""Check your room: open to anyone, bounded, and plain without scripts. The browser's side: tests/journeys."""

from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from app.web.network_check import MOST_PER_ADDRESS, SPARE_SECONDS, Held
from tests.cast import World
from tests.served import ServedWorld

SOCKET = "/network-check/socket"


def quick(tmp_path: Path) -> World:
    return World(tmp_path / "data", options={"network_check_seconds": 0.2})


def test_the_page_says_what_to_allow_and_works_without_scripts(world: World) -> None:
    page = world.browser().get("/network-check").text
    assert "This page has reached you" in page
    for words in ("Host: 127.0.0.1", "Port: 8000", "Do not inspect", "The lesson works without any video"):
        assert words in page


def test_it_is_linked_from_today_help_and_a_code_that_is_not_found(world: World) -> None:
    link = 'href="/network-check"'
    assert link in world.teacher().get("/class").text
    assert link in world.browser().get("/help").text
    assert link in world.browser().post("/join", data={"code": "CDFGHJ"}).text
    assert link not in world.browser().get("/join").text


def test_the_socket_answers_each_word_and_ends_after_so_many(served: ServedWorld) -> None:
    socket = served.visitor().socket(SOCKET).connection
    for _ in range(round(served.settings.network_check_seconds + SPARE_SECONDS)):
        socket.send("hello")
        assert socket.recv(timeout=10) == "here"
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=10)


def test_a_long_word_ends_the_socket(served: ServedWorld) -> None:
    socket = served.visitor().socket(SOCKET).connection
    socket.send("x" * 17)
    with pytest.raises(ConnectionClosed) as ended:
        socket.recv(timeout=10)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1008


def test_an_address_holds_so_many_checks_and_no_more() -> None:
    held = Held()
    stack = [held.one_of("school") for _ in range(MOST_PER_ADDRESS)]
    assert all(one.__enter__() for one in stack)
    with held.one_of("school") as one_more, held.one_of("elsewhere") as other:
        assert (one_more, other) == (False, True)
    stack[0].__exit__(None, None, None)
    with held.one_of("school") as again:
        assert again


def test_the_poll_comes_late_and_the_clock_at_once(tmp_path: Path) -> None:
    with quick(tmp_path) as world:
        browser = world.browser()
        assert browser.get("/network-check/poll").json() == {"polled": True}
        assert browser.get("/network-check/now").json() == {"now": world.clock.now.timestamp() * 1000}
