"""What is made once for all who show the same."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Shared(Generic[Made]):
    """Keeps the newest so many; the oldest goes, for it can be made again at any time."""

    def __init__(self, most: int = 256) -> None:
        self._kept: dict[Hashable, Made] = {}
        self._most = most
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The one for this key, made now if it is not there."""
        made = self._kept.get(key)
        if made is None:
            made = make()
            with self._lock:
                while len(self._kept) >= self._most:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = made
        return made
