"""Who guesses waits, longer each time; nobody is ever locked out from elsewhere."""

import threading
import time
from collections.abc import Callable

from app.domain.errors import NotAllowed

TRIES_OF_ACCOUNT, TRIES_OF_ADDRESS = 5, 20
"""Failures without a wait: for one account from one address, and from one address for all accounts together."""
LONGEST_WAIT = 300.0
FORGOTTEN_AFTER = 900.0
MOST_KEPT = 20_000

Who = tuple[str, str]
"""Account and address; without an account: the address, whomever it tries."""


class WrongPasswords:
    """Failures at the door, in memory only. What is right is never counted: an office shares one address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[Who, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def must_not_wait(self, account: str, address: str) -> None:
        """Raises NotAllowed while the wait after the last failure lasts; asking meanwhile makes it no longer."""
        with self._lock:
            seconds = max(self._left(who, tries) for who, tries in _both(account, address))
        if seconds > 0:
            raise NotAllowed(f"That was wrong several times. Wait {_words(seconds)}, then try again.")

    def failed(self, account: str, address: str) -> None:
        now = self._clock()
        with self._lock:
            if len(self._failures) >= MOST_KEPT:
                self._failures = {who: one for who, one in self._failures.items() if now - one[1] < FORGOTTEN_AFTER}
            for who, _ in _both(account, address):
                self._failures[who] = (self._count(who) + 1, now)

    def came_in(self, account: str, address: str) -> None:
        """The account's failures from here are forgiven; those of the address with other accounts are not."""
        with self._lock:
            self._failures.pop((_named(account), address), None)

    def _count(self, who: Who) -> int:
        count, at = self._failures.get(who, (0, 0.0))
        return count if self._clock() - at < FORGOTTEN_AFTER else 0

    def _left(self, who: Who, tries: int) -> float:
        over = self._count(who) - tries
        if over < 0:
            return 0.0
        return self._failures[who][1] + min(2.0 ** min(over + 1, 10), LONGEST_WAIT) - self._clock()


def _both(account: str, address: str) -> tuple[tuple[Who, int], tuple[Who, int]]:
    return ((_named(account), address), TRIES_OF_ACCOUNT), (("", address), TRIES_OF_ADDRESS)


def _named(account: str) -> str:
    return f"of {account.strip().lower()[:200]}"


def _words(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} second{'s' if whole > 1 else ''}"
    minutes = -(-whole // 60)
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
