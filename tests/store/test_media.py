"""Pictures and films as the store knows them: whose, how much room, and where they are shown; on both databases."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.media import Medium
from app.store import drafts, media
from app.store.database import Database, Db
from tests.classroom import Classroom

FIRE, POLICE = 1, 2


def medium(letter: str = "a", agency_id: int = FIRE, size: int = 10, **more: object) -> Medium:
    known = {"public_name": letter * 32, "agency_id": agency_id, "mime": "image/webp", "size": size, "alt": letter}
    return Medium.model_validate(known | more)


def keep(database: Database, *media_: Medium, quota: int = 100) -> None:
    with database.transaction() as db:
        for one in media_:
            media.add(db, one, quota=quota)


def test_what_was_added_is_read_as_it_was(classroom: Classroom) -> None:
    film = medium("b", mime="video/mp4", captions="WEBVTT", seconds=3.5, width=640, height=360, rights="Ours.")
    keep(classroom.database, medium("a"), film)
    with classroom.database.reading() as db:
        assert media.of_agency(db, FIRE) == [film, medium("a")]
        assert media.own(db) == {film.path: film, medium("a").path: medium("a")}
        assert media.own(db, [POLICE]) == {}
        assert media.one(db, [POLICE, FIRE], "b" * 32) == film


def test_what_is_another_agencys_is_not_found(classroom: Classroom) -> None:
    keep(classroom.database, medium("a"))
    asks: list[Callable[[Db], object]] = [
        lambda db: media.one(db, [POLICE], "a" * 32),
        lambda db: media.one(db, [], "a" * 32),
        lambda db: media.remove(db, [POLICE], "a" * 32),
        lambda db: media.set_captions(db, [POLICE], "a" * 32, "WEBVTT"),
    ]
    for ask in asks:
        with pytest.raises(NotFound), classroom.database.transaction() as db:
            ask(db)


def test_an_agency_has_its_own_share(classroom: Classroom) -> None:
    keep(classroom.database, medium("a", size=60), medium("b", POLICE, size=60))
    with pytest.raises(NotAllowed, match="Remove some that no lesson uses"):
        keep(classroom.database, medium("c", size=41))
    keep(classroom.database, medium("c", size=40))


def test_two_who_add_at_once_do_not_both_fit_where_one_does(classroom: Classroom) -> None:
    """Each in a transaction of its own, as two workers are; the second waits until the first has committed."""
    outcomes: list[str] = []
    is_first_in, may_end = threading.Event(), threading.Event()

    def first() -> None:
        with classroom.database.transaction() as db:
            media.add(db, medium("a", size=60), quota=100)
            db.flush()
            is_first_in.set()
            may_end.wait(5)
        outcomes.append("kept")

    def second() -> None:
        is_first_in.wait(5)
        threading.Timer(0.2, may_end.set).start()
        try:
            keep(classroom.database, medium("b", size=60))
        except NotAllowed:
            outcomes.append("refused")

    threads = [threading.Thread(target=run) for run in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(outcomes) == ["kept", "refused"]


def test_what_a_question_of_a_draft_shows_cannot_be_removed(classroom: Classroom) -> None:
    keep(classroom.database, medium("a"))
    with classroom.database.transaction() as db:
        drafts.begin(
            db, "fire", title="Get out", agencies=(), lesson_text="", quiz_text=f"picture: {medium('a').path}",
            shipped_hash="", state="draft", by=None, now=datetime(2026, 11, 3, tzinfo=UTC),
        )  # fmt: skip
    with pytest.raises(Conflict, match="This is shown in Get out"), classroom.database.transaction() as db:
        media.remove(db, [FIRE], "a" * 32)


def test_what_a_version_shows_cannot_be_removed_and_all_else_can(classroom: Classroom) -> None:
    keep(classroom.database, medium("a"), medium("b"))
    step = classroom.fire.steps[0].model_copy(update={"text": f"![An alarm]({medium('a').path})"})
    classroom.publish(classroom.fire.model_copy(update={"steps": (step, *classroom.fire.steps[1:])}))
    with classroom.database.reading() as db:
        assert media.used_by(db, ["a" * 32, "b" * 32]) == {"a" * 32: ["Get out, stay out"], "b" * 32: []}
    with pytest.raises(Conflict, match="This is shown in Get out, stay out"), classroom.database.transaction() as db:
        media.remove(db, [FIRE], "a" * 32)
    with classroom.database.transaction() as db:
        assert media.remove(db, [FIRE], "b" * 32) == medium("b")
    with classroom.database.reading() as db:
        assert media.of_agency(db, FIRE) == [medium("a")]
