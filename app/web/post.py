"""Letters on their way: sent outside of every transaction, and what went wrong is noted beside the booking."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.documents import calendar, letters, mail
from app.documents.calendar import Entry
from app.documents.letters import Pack
from app.documents.mail import Letter
from app.domain.audit import class_group
from app.domain.booking import Booked
from app.domain.errors import Invalid
from app.domain.timetable import Planned
from app.store import accounts, audit, bookings, class_links, directory, timetable
from app.store.database import Db
from app.web import calendars
from app.web.class_links import address_of
from app.web.deps import Parts
from app.web.security import new_key

log = logging.getLogger(__name__)
LONGEST_ADDRESS = 254


def read_address(typed: str) -> str:
    """An e-mail address as typed, or nothing. Raises Invalid."""
    address = typed.strip()
    name, _, host = address.rpartition("@")
    is_odd = any(mark.isspace() or not mark.isprintable() or mark in '<>,;:"\\()[]' for mark in address)
    if address and (
        is_odd or not name or "@" in name or "." not in host.strip(".") or len(address) > LONGEST_ADDRESS
    ):
        raise Invalid("That is not an e-mail address. Write for example office@school.example")
    return address


def tell(app: Parts, booking_ids: Sequence[int]) -> None:
    """A place was given, moved or taken back: to whoever left an address, with the calendar entry as it is now."""
    if app.mail is None or not booking_ids:
        return
    with app.database.reading() as db:
        found = [one for one in _with_sessions(db, booking_ids) if one[1].send_to]
    letters_of = [_about_place(app, planned, booked) for planned, booked in found]
    troubles = list(mail.send(app.mail, letters_of))
    with app.database.transaction() as db:
        for (_, booked), trouble in zip(found, troubles, strict=True):
            bookings.note_mail(db, booked.id, trouble)


def _about_place(app: Parts, planned: Planned, booked: Booked) -> Letter:
    entry = calendar.of_booking(planned, booked, letters.calendar_words(planned))
    return _letter(app, booked.send_to, planned, letters.about_place(planned, booked), entry)


def _letter(app: Parts, to: str, planned: Planned, said: tuple[str, str], entry: Entry) -> Letter:
    """One that changes a calendar."""
    written = calendar.write([entry], name=planned.title, now=app.clock())
    return Letter(to=to, subject=said[0], words=said[1], calendar=written, method=calendar.method([entry]))


def tell_presenters(app: Parts, planned: Planned, *, before: Planned | None = None, is_news: bool = True) -> None:
    """A live session was planned, changed or cancelled: to whoever presents it, or did before, at their own address.

    Nothing waits for these letters and there is no list of them: what did not go is logged, and the page of live
    sessions shows how it is.
    """
    if app.mail is None:
        return
    there = {one.account_id for one in planned.presenters}
    were = {one.account_id for one in before.presenters} if before is not None else set()
    with app.database.reading() as db:
        addresses = accounts.addresses(db, there | were if is_news else there ^ were)
    told = [_about_presenting(app, planned, to, is_theirs=one in there) for one, to in addresses.items()]
    troubles = [trouble for trouble in mail.send(app.mail, told) if trouble]
    if troubles:
        log.warning("%s letters to presenters did not go: %s", len(troubles), troubles[0])


def _about_presenting(app: Parts, planned: Planned, to: str, *, is_theirs: bool) -> Letter:
    entry = calendars.entry_of(app, planned)
    entry = replace(entry, is_cancelled=entry.is_cancelled or not is_theirs)
    return _letter(app, to, planned, letters.about_presenting(planned, is_theirs=is_theirs), entry)


def _with_sessions(db: Db, booking_ids: Sequence[int]) -> list[tuple[Planned, Booked]]:
    wanted = set(booking_ids)
    sessions = timetable.of_ids(db, bookings.sessions_of(db, booking_ids))
    return [(planned, booked) for planned in sessions for booked in planned.bookings if booked.id in wanted]


def pack_of(app: Parts, db: Db, planned: Planned, booked: Booked, *, by: str) -> Pack:
    """A pack with the class link of the letter, made when there is none yet."""
    return Pack(
        planned=planned,
        booked=booked,
        lessons=tuple(timetable.lessons_of(db, planned)),
        class_link=_class_link(app, db, booked.class_group_id, by),
        check_address=f"{app.settings.base_address}/network-check",
    )


def _class_link(app: Parts, db: Db, class_group_id: int, by: str) -> str:
    """Empty when an earlier release made it: then only its holder knows it, and a new one would end it."""
    now, secret = app.clock(), app.settings.secret()
    link = class_links.of_class(db, class_group_id, secret=secret, now=now)
    if link is None:
        group = directory.class_group(db, class_group_id)
        class_links.make(db, group, secret=secret, seed=new_key(), now=now)
        audit.note(db, now, by, "made a class link", class_group(class_group_id))
        link = class_links.of_class(db, class_group_id, secret=secret, now=now)
    return address_of(app, link.token) if link is not None and link.token else ""


def send_packs(app: Parts, due: Iterable[tuple[Planned, Booked]], *, by: str) -> tuple[list[Pack], int, int]:
    """Those that are printed, and how many e-mails went and did not. What did not go is due as before."""
    printed: list[Pack] = []
    posted: list[Pack] = []
    with app.database.transaction() as db:
        for planned, booked in due:
            pack = pack_of(app, db, planned, booked, by=by)
            by_mail = app.mail is not None and bool(booked.send_to)
            (posted if by_mail else printed).append(pack)
            if not by_mail:
                bookings.note_pack_sent(db, booked, app.clock())
    troubles = list(mail.send(app.mail, [_pack_letter(app, pack) for pack in posted])) if app.mail else []
    with app.database.transaction() as db:
        for pack, trouble in zip(posted, troubles, strict=True):
            if trouble:
                bookings.note_mail(db, pack.booked.id, trouble)
            else:
                bookings.note_pack_sent(db, pack.booked, app.clock())
    failed = sum(bool(trouble) for trouble in troubles)
    return printed, len(troubles) - failed, failed


def _pack_letter(app: Parts, pack: Pack) -> Letter:
    subject, words = letters.about_pack(pack)
    entries = [calendar.of_booking(pack.planned, pack.booked, letters.calendar_words(pack.planned))]
    written = calendar.write(entries, name=pack.planned.title, now=app.clock())
    return Letter(to=pack.booked.send_to, subject=subject, words=words, calendar=written)
