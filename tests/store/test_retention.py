"""What the purge and an erased school leave in the tables, on SQLite and on PostgreSQL."""

import secrets

from sqlmodel import SQLModel, select

from app.domain.feedback import Feedback
from app.store import amendments, directory, feedback, held
from app.store.tables import ParticipationRecordRow, SchoolRow
from tests.classroom import Classroom


def every_row(classroom: Classroom) -> str:
    """What a dump would hold."""
    with classroom.database.reading() as db:
        tables = SQLModel.metadata.tables.values()
        return "".join(str(list(db.connection().execute(table.select()))) for table in tables)


def taught(classroom: Classroom) -> int:
    run = classroom.start()
    guest = classroom.seat(run, "canary-seat")
    classroom.go_to(run, "before.F1")
    classroom.record(classroom.answer(run, guest)._replace(message_id="canary-answer"))
    classroom.finish(run)
    return run


def test_a_day_later_no_row_of_any_table_holds_a_canary(classroom: Classroom) -> None:
    canaries = ("canary-answer", directory.hashed("canary-seat"))
    taught(classroom)
    there = every_row(classroom)
    classroom.clock.forward(hours=24, minutes=1)
    classroom.purge()
    gone = every_row(classroom)
    assert [canary in there for canary in canaries] == [True, True]
    assert [canary in gone for canary in canaries] == [False, False]


def test_an_erased_school_leaves_counts_and_no_word(classroom: Classroom) -> None:
    run = taught(classroom)
    cora = classroom.account("cora@sia.example")
    with classroom.database.transaction() as db:
        school = db.get_one(SchoolRow, 1).name
        said = Feedback(useful=5, age_right=5, would_rebook=4, line="a canary line", may_be_quoted=True)
        feedback.say(db, run, said)
        feedback.say(db, run, said.model_copy(update={"useful": 3}))
        now = classroom.clock.now
        amendments.correct_head_count(db, 1, run, 27, reason="a canary reason", by=cora, now=now)
    there = every_row(classroom)
    with classroom.database.transaction() as db:
        listed = amendments.of_programme(db, 1)
        purged = held.erase(db, 1, 1, classroom.clock.now, lambda: secrets.token_hex(4))
    left = every_row(classroom)
    with classroom.database.reading() as db:
        records = db.exec(select(ParticipationRecordRow)).all()
    assert [(one.run_id, one.present, one.was_corrected) for one in listed] == [(run, 27, True)]
    assert purged == [run]
    assert [(record.run_id, record.present) for record in records] == [(run, 27)]
    assert records[0].school_id != 1
    for word in (school, "a canary line", "a canary reason", "canary-answer"):
        assert word in there, word
        assert word not in left, word
