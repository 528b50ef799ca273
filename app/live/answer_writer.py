"""Answers on their way to the disk."""

from collections.abc import Callable, Sequence

from app.live.group_commit import GroupCommit
from app.store import answers
from app.store.answers import Answer, Outcome
from app.store.database import Database

Written = Outcome | None
"""What became of an answer; None: not taken, keep it and ask again."""
Done = Callable[[Written], None]
OnSaved = Callable[[Sequence[Answer]], None]


class AnswerWriter(GroupCommit[Answer, Outcome]):
    """The one way by which answers are saved, whatever the transport."""

    def __init__(self, database: Database, on_saved: OnSaved, *, queue_size: int, batch_size: int) -> None:
        def tell_rooms(written: Sequence[tuple[Answer, Outcome]]) -> None:
            if saved := [answer for answer, outcome in written if outcome == "saved"]:
                on_saved(saved)

        super().__init__(
            database,
            answers.record,
            name="answer-writer",
            queue_size=queue_size,
            batch_size=batch_size,
            on_written=tell_rooms,
        )
