"""Who may hold the console of a live session, and who may be asked to."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, or_, select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.people import Staff
from app.domain.presenter import Presenter
from app.store.database import Db
from app.store.tables import (
    AccountRow,
    AgencyRow,
    LiveSessionPresenterRow,
    LiveSessionRow,
    MembershipRow,
    ProgrammeAgencyRow,
)


def of_session(db: Db, session_id: int) -> list[Presenter]:
    """All who were given something to lead; whoever started the session comes first."""
    return of_sessions(db, [session_id])[session_id]


def of_sessions(db: Db, session_ids: Collection[int]) -> dict[int, list[Presenter]]:
    """The same for many sessions, in one query."""
    found: dict[int, list[Presenter]] = defaultdict(list)
    for row, *names in db.exec(_OF_SESSIONS, params={"ids": list(session_ids)}).all():
        found[row.live_session_id].append(_presenter(row, *names))
    return found


def one(db: Db, session_id: int, account_id: int) -> Presenter:
    """What this account may lead; a coordinator of the programme leads everything, for no agency. Raises NotFound."""
    found = db.exec(_ONE, params={"ids": [session_id], "account": account_id}).first()
    given = _presenter(*found) if found is not None else coordinator(db, session_id, account_id)
    if given is None:
        raise NotFound("We could not find that live session.")
    return given


def is_opened(db: Db, session_id: int) -> bool:
    """Whether a live session has a console yet: one of the timetable gets it when it is opened."""
    opened = select(LiveSessionRow.id).where(
        LiveSessionRow.id == session_id, col(LiveSessionRow.opened_at).is_not(None)
    )
    return db.exec(opened).first() is not None


def coordinator(db: Db, session_id: int, account_id: int) -> Presenter | None:
    """A coordinator of the session's programme, or None."""
    name = db.exec(
        select(AccountRow.name)
        .join(MembershipRow, col(MembershipRow.account_id) == AccountRow.id)
        .join(LiveSessionRow, col(LiveSessionRow.programme_id) == MembershipRow.programme_id)
        .where(LiveSessionRow.id == session_id, AccountRow.id == account_id, col(AccountRow.disabled_at).is_(None))
    ).first()
    return None if name is None else Presenter(account_id=account_id, name=name, leads_all=True)


# Statements that are made once: pupils wait for each cue until it is known whether its presenter may give it.
_OF_SESSIONS: Any = (
    select(LiveSessionPresenterRow, AccountRow.name, AgencyRow.slug, AgencyRow.name)
    .join(AccountRow, col(AccountRow.id) == LiveSessionPresenterRow.account_id)
    .outerjoin(AgencyRow, col(AgencyRow.id) == LiveSessionPresenterRow.agency_id)
    .where(
        col(LiveSessionPresenterRow.live_session_id).in_(bindparam("ids", expanding=True)),
        col(AccountRow.disabled_at).is_(None),
    )
    .order_by(col(LiveSessionPresenterRow.id))
)
_ONE: Any = _OF_SESSIONS.where(LiveSessionPresenterRow.account_id == bindparam("account"))


def _presenter(row: LiveSessionPresenterRow, name: str, agency_key: str | None, agency: str | None) -> Presenter:
    return Presenter(
        account_id=row.account_id,
        name=name,
        agency_id=row.agency_id,
        agency_key=agency_key or "",
        agency=agency or "",
        leads_all=row.leads_all,
        module=row.position,
    )


def add(
    db: Db,
    session_id: int,
    account_id: int,
    *,
    agency_id: int | None,
    leads_all: bool = False,
    module: int | None = None,
) -> None:
    """Give somebody something to lead, or something else than before.

    Raises NotAllowed when a presenter of another agency were given all of it.
    """
    rows = db.exec(
        select(LiveSessionPresenterRow)
        .where(LiveSessionPresenterRow.live_session_id == session_id)
        .order_by(col(LiveSessionPresenterRow.id))
    ).all()
    if leads_all and rows and rows[0].agency_id != agency_id:
        raise NotAllowed("A presenter of another agency leads a part of the live session, not all of it.")
    row = next((one for one in rows if one.account_id == account_id), None)
    if row is None:
        row = LiveSessionPresenterRow(live_session_id=session_id, account_id=account_id, agency_id=agency_id)
    elif row is rows[0]:
        raise Conflict("Whoever started the live session leads all of it.")
    row.leads_all, row.position = leads_all, None if leads_all else module
    db.add(row)
    db.flush()


def candidates(db: Db, programme_id: int) -> list[Presenter]:
    """Presenters of the agencies that take part in a programme."""
    found = db.exec(
        select(AccountRow, AgencyRow)
        .join(MembershipRow, col(MembershipRow.account_id) == AccountRow.id)
        .join(AgencyRow, col(AgencyRow.id) == MembershipRow.agency_id)
        .join(ProgrammeAgencyRow, col(ProgrammeAgencyRow.agency_id) == AgencyRow.id)
        .where(
            ProgrammeAgencyRow.programme_id == programme_id,
            col(ProgrammeAgencyRow.accepted_at).is_not(None),
            MembershipRow.role == "presenter",
            col(AccountRow.disabled_at).is_(None),
        )
        .order_by(col(AgencyRow.name), col(AccountRow.name))
    ).all()
    return [
        Presenter(
            account_id=account.id or 0,
            name=account.name,
            agency_id=agency.id,
            agency_key=agency.slug,
            agency=agency.name,
        )
        for account, agency in found
    ]


def open_sessions(db: Db, staff: Staff) -> list[int]:
    """Ids of the live sessions that are open and that this person may present, the newest first."""
    given = select(LiveSessionPresenterRow.live_session_id).where(
        LiveSessionPresenterRow.account_id == staff.account_id
    )
    found = db.exec(
        select(LiveSessionRow.id)
        .where(
            col(LiveSessionRow.opened_at).is_not(None),
            col(LiveSessionRow.ended_at).is_(None),
            or_(col(LiveSessionRow.id).in_(given), col(LiveSessionRow.programme_id).in_(staff.programme_ids)),
        )
        .order_by(col(LiveSessionRow.id).desc())
    ).all()
    return [session_id for session_id in found if session_id is not None]
