"""Bookings: which class groups have a place in a planned live session, and how far each of them is."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from app.domain import booking as rules
from app.domain.booking import HAS_A_PLACE, TO_COME, Booked, State
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.store.database import Db
from app.store.open_runs import OpenRun
from app.store.tables import (
    BookingRow,
    ClassGroupRow,
    LiveSessionRow,
    ParticipationRecordRow,
    ProgrammeSchoolRow,
    RunRow,
    SchoolRow,
)

# Reading


def of_sessions(db: Db, session_ids: Collection[int]) -> dict[int, list[Booked]]:
    """Live session -> its bookings, by school and class."""
    return _by_session(db, col(BookingRow.live_session_id).in_(list(session_ids)))


def of_class(db: Db, class_group_id: int) -> list[Booked]:
    found = _by_session(db, BookingRow.class_group_id == class_group_id)
    return [one for bookings in found.values() for one in bookings]


def one(db: Db, programme_id: int, booking_id: int) -> Booked:
    """A booking of this programme. Raises NotFound."""
    [*found] = _by_session(db, BookingRow.id == booking_id, ClassGroupRow.programme_id == programme_id).values()
    if not found:
        raise NotFound("We could not find that booking.")
    return found[0][0]


def sessions_of(db: Db, booking_ids: Collection[int]) -> list[int]:
    """The live sessions in which these bookings are."""
    found = select(BookingRow.live_session_id).where(col(BookingRow.id).in_(list(booking_ids))).distinct()
    return list(db.exec(found).all())


def _by_session(db: Db, *which: Any) -> dict[int, list[Booked]]:
    rows = db.exec(
        select(BookingRow, SchoolRow.name, ClassGroupRow.label, ClassGroupRow.on_roll)
        .join(ClassGroupRow, col(ClassGroupRow.id) == BookingRow.class_group_id)
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .where(*which)
        .order_by(col(SchoolRow.name), col(ClassGroupRow.label))
    ).all()
    found: dict[int, list[Booked]] = defaultdict(list)
    for row, school, label, on_roll in rows:
        found[row.live_session_id].append(_booked(row, school, label, on_roll))
    return found


def _booked(row: BookingRow, school: str, label: str, on_roll: int | None) -> Booked:
    return Booked(
        id=row.id or 0,
        live_session_id=row.live_session_id,
        class_group_id=row.class_group_id,
        school=school,
        label=label,
        on_roll=on_roll,
        state=_state(row),
        pack_was_sent=row.pack_sent_at is not None,
        room_checked_on=row.room_checked_on,
        dsl_told_on=row.dsl_told_on,
        pupils_thought_of_on=row.pupils_thought_of_on,
        send_to=row.send_to,
        mail_trouble=row.mail_trouble,
        ics_sequence=row.ics_sequence,
    )


def _state(row: BookingRow) -> State:
    return cast(State, row.state)


# Asking for a place, and being given one


def request(db: Db, session_id: int, class_group_id: int) -> None:
    """A teacher asks for a place, while there is one. Raises Conflict when the last has gone, or NotFound."""
    session = _locked(db, session_id)
    group = db.get(ClassGroupRow, class_group_id)
    if session.cancelled_at is not None or group is None or group.programme_id != session.programme_id:
        raise NotFound("We could not find that live session.")
    if session.opened_at is not None:
        raise NotAllowed("This live session has begun. Ask your coordinator for another one.")
    row = _row(db, session_id, class_group_id)
    if row is not None and row.state != "cancelled":
        raise Conflict("Your class has asked for this live session already.")
    if session.capacity is not None and _places_taken(db, session_id) >= session.capacity:
        raise Conflict(
            "The last place in this live session has just gone. Choose another one, or ask your coordinator."
        )
    _write(db, row, session_id, class_group_id, "requested")


def book(db: Db, session_id: int, class_group_ids: Iterable[int]) -> list[int]:
    """The coordinator gives places, also beyond the room there is: the timetable warns. Returns the bookings' ids."""
    session = _locked(db, session_id)
    if session.cancelled_at is not None or session.ended_at is not None:
        raise NotAllowed("This live session takes no more classes.")
    wanted = list(dict.fromkeys(class_group_ids))
    theirs = select(ClassGroupRow.id).where(
        ClassGroupRow.programme_id == session.programme_id, col(ClassGroupRow.id).in_(wanted)
    )
    if len(db.exec(theirs).all()) != len(wanted):
        raise NotFound("We could not find that class.")
    rows = select(BookingRow).where(
        BookingRow.live_session_id == session_id, col(BookingRow.class_group_id).in_(wanted)
    )
    there = {row.class_group_id: row for row in db.exec(rows).all()}
    booked = []
    for class_group_id in wanted:
        row = there.get(class_group_id)
        if row is None or row.state in ("requested", "cancelled"):
            booked.append(_write(db, row, session_id, class_group_id, "confirmed"))
    return booked


def _write(db: Db, row: BookingRow | None, session_id: int, class_group_id: int, state: str) -> int:
    if row is None:
        row = BookingRow(live_session_id=session_id, class_group_id=class_group_id, state=state)
        try:
            with db.begin_nested():
                db.add(row)
        except IntegrityError:
            raise Conflict("This class has been booked just now. Look at the list again.") from None
    else:
        row.state = state
        row.ics_sequence += 1
    db.flush()
    return row.id or 0


def _locked(db: Db, session_id: int) -> LiveSessionRow:
    """A planned session, with its places held still until we are done: two who want the last come one by one."""
    row = db.exec(
        select(LiveSessionRow)
        .where(LiveSessionRow.id == session_id, col(LiveSessionRow.is_planned).is_(True))
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("We could not find that live session.")
    return row


def _row(db: Db, session_id: int, class_group_id: int) -> BookingRow | None:
    found = select(BookingRow).where(
        BookingRow.live_session_id == session_id, BookingRow.class_group_id == class_group_id
    )
    return db.exec(found).one_or_none()


def _places_taken(db: Db, session_id: int) -> int:
    found = select(func.count()).where(
        BookingRow.live_session_id == session_id, col(BookingRow.state).in_(HAS_A_PLACE)
    )
    return db.exec(found).one()


# What becomes of a booking


def confirm(db: Db, booking: Booked) -> None:
    row = _current(db, booking.id)
    row.state = rules.confirmed(_state(row))
    row.ics_sequence += 1


def cancel(db: Db, booking: Booked) -> None:
    row = _current(db, booking.id)
    row.state = rules.cancelled(_state(row))
    row.ics_sequence += 1


def cancel_all(db: Db, session_id: int) -> None:
    """The session itself is cancelled."""
    found = select(BookingRow).where(
        BookingRow.live_session_id == session_id, col(BookingRow.state).in_(("requested", *TO_COME))
    )
    for row in db.exec(found).all():
        row.state = "cancelled"
        row.ics_sequence += 1


def set_send_to(db: Db, booking: Booked, address: str) -> None:
    _current(db, booking.id).send_to = address


def note_pack_sent(db: Db, booking: Booked, now: datetime) -> None:
    row = _current(db, booking.id)
    row.state = rules.with_pack(_state(row))
    row.pack_sent_at, row.mail_trouble = now, ""


def note_mail(db: Db, booking_id: int, trouble: str) -> None:
    """What kept the last letter from going; empty when it went."""
    _current(db, booking_id).mail_trouble = trouble


def tick(db: Db, class_group_id: int, booking_id: int, today: date, *, dsl: bool, pupils: bool, room: bool) -> None:
    """What the teacher says is done, with the day on which it was first said; never who said it."""
    row = _current(db, booking_id)
    if row.class_group_id != class_group_id:
        raise NotFound("We could not find that booking.")
    row.state = rules.with_room(
        _state(row),
        is_checked=room,
        pack_was_sent=row.pack_sent_at is not None,
    )
    row.dsl_told_on = (row.dsl_told_on or today) if dsl else None
    row.pupils_thought_of_on = (row.pupils_thought_of_on or today) if pupils else None
    row.room_checked_on = (row.room_checked_on or today) if room else None


def _current(db: Db, booking_id: int) -> BookingRow:
    row = db.exec(
        select(BookingRow)
        .where(BookingRow.id == booking_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("We could not find that booking.")
    return row


# What the hour itself makes of it


def note_attended(db: Db, run: OpenRun) -> None:
    """The class's run of its live session has ended."""
    row = _of_run(db, run)
    if row is not None:
        row.state = "attended"


def take_back_attended(db: Db, run: OpenRun) -> None:
    row = _of_run(db, run)
    if row is not None and row.state == "attended":
        row.state = rules.with_room(
            "confirmed", is_checked=row.room_checked_on is not None, pack_was_sent=row.pack_sent_at is not None
        )


def _of_run(db: Db, run: OpenRun) -> BookingRow | None:
    return None if run.live_session_id is None else _row(db, run.live_session_id, run.class_group_id)


def note_who_stayed_away(db: Db, session_id: int) -> None:
    """The session has ended: a class that has no run of it did not come."""
    here = select(RunRow.class_group_id).where(RunRow.live_session_id == session_id)
    away = select(BookingRow).where(
        BookingRow.live_session_id == session_id, col(BookingRow.class_group_id).not_in(here)
    )
    for row in db.exec(away).all():
        row.state = rules.after_session(_state(row))


# Whom to chase


def without_head_count(db: Db, programme_id: int) -> list[tuple[str, str, datetime]]:
    """School, class and time of each lesson whose teacher has not confirmed how many pupils there were."""
    rows = db.exec(
        select(SchoolRow.name, ClassGroupRow.label, func.min(ParticipationRecordRow.began_at))
        .join(ClassGroupRow, col(ClassGroupRow.id) == ParticipationRecordRow.class_group_id)
        .join(SchoolRow, col(SchoolRow.id) == ParticipationRecordRow.school_id)
        .where(
            ParticipationRecordRow.programme_id == programme_id,
            ParticipationRecordRow.status == "head_count_missing",
        )
        .group_by(col(ParticipationRecordRow.run_id), col(SchoolRow.name), col(ClassGroupRow.label))
        .order_by(func.min(ParticipationRecordRow.began_at))
    ).all()
    return [(school, label, at) for school, label, at in rows]


def not_booked(db: Db, programme_id: int) -> list[tuple[str, str]]:
    """School and class of each target class that has no place and has had no lesson."""
    places = select(BookingRow.class_group_id).where(col(BookingRow.state).in_(HAS_A_PLACE))
    taught = select(ParticipationRecordRow.class_group_id)
    rows = db.exec(
        select(SchoolRow.name, ClassGroupRow.label)
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .join(
            ProgrammeSchoolRow,
            (col(ProgrammeSchoolRow.school_id) == SchoolRow.id)
            & (col(ProgrammeSchoolRow.programme_id) == ClassGroupRow.programme_id),
        )
        .where(
            ClassGroupRow.programme_id == programme_id,
            col(ProgrammeSchoolRow.is_target).is_(True),
            col(ClassGroupRow.id).not_in(places),
            col(ClassGroupRow.id).not_in(taught),
        )
        .order_by(col(SchoolRow.name), col(ClassGroupRow.label))
    ).all()
    return [(school, label) for school, label in rows]
