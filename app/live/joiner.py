"""Devices on their way into a lesson: thirty at once in each class are seated in a few commits, none is refused."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from app.domain.errors import DomainError
from app.domain.joining import Choose
from app.live.group_commit import GroupCommit
from app.store import participants
from app.store.database import Database, Db
from app.store.participants import Names, Seated, Wish


class Joiner(GroupCommit[Wish, Seated | DomainError]):
    """Seats devices in the order in which they came; each is told its alias, or why not."""

    def __init__(
        self,
        database: Database,
        on_joined: Callable[[Iterable[Seated]], None],
        *,
        names: Names,
        spare: int,
        clock: Callable[[], datetime],
        choose: Choose,
        queue_size: int,
        batch_size: int,
    ) -> None:
        def seat(db: Db, wishes: Sequence[Wish]) -> list[Seated | DomainError]:
            return participants.join(db, wishes, names, spare=spare, now=clock(), choose=choose)

        super().__init__(
            database,
            seat,
            name="joiner",
            queue_size=queue_size,
            batch_size=batch_size,
            on_written=lambda written: on_joined(one for _, one in written if isinstance(one, Seated)),
        )
