"""A live session in the timetable, for tests that need one: planned as a coordinator's form does it."""

from datetime import datetime
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import select

from app.domain.timetable import HOME, Planned
from app.store import timetable
from app.store.tables import AccountRow, MembershipRow
from tests.cast import CORA, PRIYA, World

TIMETABLE = "/programmes/town/timetable"
ON, AT = "2026-11-10", "10:00"
"""A school day one week after the cast's clock."""


def presenter_value(world: World, email: str) -> str:
    """A presenter as the form of a plan names them."""
    with world.parts.database.reading() as db:
        row = db.exec(
            select(AccountRow.id, MembershipRow.agency_id)
            .join(MembershipRow, MembershipRow.account_id == AccountRow.id)  # type: ignore[arg-type]
            .where(AccountRow.email == email)
        ).one()
    return f"{row[0]}-{row[1]}"


def plan_form(world: World, **changed: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"on": ON, "at": AT, "minutes": "45", "capacity": "2", "video_url": "", "questions": "8"}
    form |= {"module_id": ["1"], "place": ["1"], "presenter": [presenter_value(world, PRIYA)], "part": ["all"]}
    return form | changed


def send_plan(world: World, cora: TestClient | None = None, **changed: Any) -> Response:
    return (cora or world.staff(CORA)).post(f"{TIMETABLE}/new", data=plan_form(world, **changed))


def plan(world: World, cora: TestClient | None = None, **changed: Any) -> int:
    """Cora plans the fire lesson with Priya. Returns the session's id."""
    answer = send_plan(world, cora, **changed)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def planned(world: World, session_id: int) -> Planned:
    with world.parts.database.reading() as db:
        return timetable.one(db, 1, session_id)


def book(world: World, cora: TestClient, session_id: int, *class_groups: int) -> None:
    answer = cora.post(
        f"{TIMETABLE}/{session_id}/bookings", data={"class_group_id": [str(one) for one in class_groups]}
    )
    assert answer.status_code == 303, answer.text


def go_to_the_day(world: World, *, minutes_before: int = 10) -> None:
    """The clock stands so many minutes before the planned session begins."""
    begins = datetime.fromisoformat(f"{ON}T{AT}").replace(tzinfo=HOME)
    world.clock.now = begins.astimezone(world.clock.now.tzinfo)
    world.clock.forward(minutes=-minutes_before)
