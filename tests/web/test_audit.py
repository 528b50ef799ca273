"""Which acts are noted and as what, and what a coordinator sees of them."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from app.domain.audit import ACTS
from app.domain.people import Member
from app.store import audit, directory
from app.store.tables import AuditEntryRow, ProgrammeRow
from tests.authors import author
from tests.cast import CORA, FAY, PASSWORD, PAUL, PRIYA, TESS_LINK, World, add_staff
from tests.classroom import Classroom
from tests.planning import book, plan
from tests.web.author.test_facts import sign
from tests.web.author.test_review import approve, publish
from tests.web.test_people import account_id, invite, role

FIRE = "kent-fire-and-rescue-service"


def noted(world: World) -> list[tuple[str, str, str]]:
    """All entries but sign-ins and what the server did, in order."""
    with world.parts.database.reading() as db:
        rows = db.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.seq))).all()
        assert audit.check(db)[0] is None
    assert {row.act for row in rows} <= set(ACTS)
    return [(row.actor, row.act, row.thing) for row in rows if not row.act.startswith("signed in")]


def signed_in(world: World) -> int:
    with world.parts.database.reading() as db:
        return len(db.exec(select(AuditEntryRow).where(col(AuditEntryRow.act).startswith("signed in"))).all())


def test_only_a_sign_in_with_a_new_browser_is_noted(world: World) -> None:
    browser = world.browser()
    for password in (PASSWORD, "wrong", PASSWORD):
        browser.post("/sign-in", data={"email": PRIYA, "password": password})
    assert signed_in(world) == 1
    world.staff(PRIYA)
    assert signed_in(world) == 2


def test_what_is_done_with_people_is_noted(world: World) -> None:
    cora, number, fire = world.staff(CORA), account_id(world, FAY), role(world, FIRE)
    me, agency = f"account {account_id(world, CORA)}", f"agency {fire.partition('-')[2]}"
    link = invite(cora, "sam@fire.example", fire)
    world.browser().post(link, data={"name": "Sam", "password": "three random words"})
    invite(cora, "eve@fire.example", fire)
    for act in ("invitations/withdraw", "disable", "enable", "second-factor/remove"):
        assert cora.post(f"/people/{act}", data={"account_id": number, "invitation_id": 2}).status_code == 303
    sam, fay = f"account {account_id(world, 'sam@fire.example')}", f"account {number}"
    assert noted(world) == [
        (me, "made an invitation", agency),
        (sam, "used an invitation", agency),
        (me, "gave a role", sam),
        (me, "made an invitation", agency),
        (me, "took an invitation back", agency),
        (me, "disabled an account", fay),
        (me, "let an account in again", fay),
        (me, "removed a second step", fay),
    ]


def test_what_is_done_in_a_programme_is_noted(world: World) -> None:
    cora = world.staff(CORA)
    me = f"account {account_id(world, CORA)}"
    session_id = plan(world, cora)
    book(world, cora, session_id, 1)
    cora.post("/programmes/town/bookings/1", data={"order": "cancel"})
    cora.post("/programmes/town/class-groups/1/link")
    season = {"name": "Another", "area": "A", "starts_on": "2026-11-03", "ends_on": "2027-07-23"}
    assert cora.post("/programmes/new", data=season).status_code == 303
    assert cora.post("/programmes/town/copy", data=season).status_code == 303
    assert noted(world) == [
        (me, "confirmed a booking", "booking 1"),
        (me, "cancelled a booking", "booking 1"),
        (me, "ended a class link", "class group 1"),
        (me, "made a class link", "class group 1"),
        (me, "made a programme", "programme 2"),
        (me, "copied a programme", "programme 3"),
    ]


def test_a_cancelled_session_and_a_packs_new_link_are_noted(world: World) -> None:
    cora = world.staff(CORA)
    me = f"account {account_id(world, CORA)}"
    with world.parts.database.transaction() as db:
        group = directory.add_class_group(db, 1, 1, "6Z", 20)
    session_id = plan(world, cora)
    book(world, cora, session_id, group)
    assert cora.post("/programmes/town/bookings/1/pack").status_code == 200
    assert cora.post(f"/programmes/town/timetable/{session_id}/cancel").status_code == 303
    assert noted(world) == [
        (me, "confirmed a booking", "booking 1"),
        (me, "made a class link", f"class group {group}"),
        (me, "cancelled a booking", "booking 1"),
    ]


def test_what_is_published_signed_and_retired_is_noted(world: World) -> None:
    priya, fay, cora = author(world), author(world, FAY), author(world, CORA)
    priya.type("/steps/hook", title="Another title")
    priya.send("/review/ask", revision=str(priya.revision))
    approve(fay, fay.revision)
    assert publish(fay, fay.revision) == 303
    assert sign(world, FAY) == 303
    assert cora.send("/retire").status_code == 303
    me, she = f"account {account_id(world, FAY)}", f"account {account_id(world, CORA)}"
    assert noted(world) == [
        (me, "published a lesson", "lesson fire"),
        (me, "signed a fact", "fact FIR-08"),
        (she, "retired a lesson", "lesson fire"),
    ]


def test_a_console_that_is_taken_or_handed_over_is_noted(world: World) -> None:
    session_id, cora = Classroom(world.parts.database, world.clock).lead(), world.staff(CORA)
    world.clock.forward(minutes=1)
    taken = cora.post(f"/present/{session_id}/console", data={"holder_epoch": 0})
    priya = account_id(world, PRIYA)
    handed = cora.post(f"/present/{session_id}/console", data={"holder_epoch": 1, "to": priya})
    me, thing = f"account {account_id(world, CORA)}", f"live session {session_id}"
    assert (taken.status_code, handed.status_code) == (303, 303)
    assert noted(world) == [(me, "took the console", thing), (me, "handed the console over", thing)]


def test_what_a_teacher_corrects_is_noted_for_the_class(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess).id
    tess.post("/class/run/finish", data={"without_count": "yes"})
    for act in ("attendance", "take-back"):
        assert tess.post(f"/class/run/{act}", data={"run": run, "present": "27"}).status_code == 303
    assert noted(world) == [
        ("class group 1", "corrected the attendance", f"run {run}"),
        ("class group 1", "took the end of a lesson back", f"run {run}"),
    ]


# The page


def rows_of(page: str) -> list[str]:
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>(<td.*?)</tr>", page)]


def test_a_coordinator_reads_what_her_people_did_by_their_names(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/people/disable", data={"account_id": account_id(world, FAY)})
    world.teacher().post("/class/run/attendance", data={"run": 1})
    page = cora.get("/people/audit")
    assert rows_of(page.text) == [
        "3 Nov 2026, 10:00 Cora disabled an account Fay",
        "3 Nov 2026, 10:00 Cora signed in with a new browser –",
    ]
    assert 'href="/people/audit"' in cora.get("/people").text
    assert world.staff(PRIYA).get("/people/audit").status_code == 403


def olga(world: World) -> TestClient:
    """Another programme, in which Paul's agency takes part too."""
    with world.parts.database.transaction() as db:
        now = world.clock.now.date()
        row = ProgrammeRow(slug="other", name="Other", area="A", starts_on=now, ends_on=now)
        other = directory.add_programme(db, row)
        directory.take_part(db, other, directory.agency_by_slug(db, "kent-police").id or 0, world.clock.now)
        add_staff(db, "olga@sia.example", "Olga", Member(role="coordinator", programme_id=other))
    return world.staff("olga@sia.example")


def test_she_reads_nothing_of_another_programme(world: World) -> None:
    theirs = olga(world)
    cora, paul = world.staff(CORA), world.staff(PAUL)
    session_id = Classroom(world.parts.database, world.clock).lead()
    cora.post("/programmes/town/class-groups/1/link")
    assert paul.get(f"/present/{session_id}").status_code == 404
    assert rows_of(theirs.get("/people/audit").text) == ["3 Nov 2026, 10:00 Olga signed in with a new browser –"]
    mine = rows_of(cora.get("/people/audit").text)
    assert [row for row in mine if "Olga" in row or "Paul" in row] == []
    assert mine[0].endswith("Cora made a class link Harrowmarsh Primary School (demo), 6H")


@pytest.mark.parametrize("more", [0, 1])
def test_it_is_read_page_by_page(world: World, more: int) -> None:
    cora = world.staff(CORA)
    with world.parts.database.transaction() as db:
        for number in range(audit.A_PAGE - 1 + more):
            audit.note(db, world.clock.now, "class group 1", "corrected the attendance", f"run {number}")
    page = cora.get("/people/audit").text
    earlier = re.search(r"/people/audit\?before=\d+", page)
    assert len(rows_of(page)) == audit.A_PAGE
    assert bool(earlier) is bool(more)
    if earlier:
        assert rows_of(cora.get(earlier[0]).text) == ["3 Nov 2026, 10:00 Cora signed in with a new browser –"]


def test_no_words_that_somebody_typed_and_no_address_of_theirs_stand_in_the_log(world: World) -> None:
    cora = world.staff(CORA)
    invite(cora, "sam@fire.example", role(world, FIRE))
    with world.parts.database.reading() as db:
        rows = db.exec(select(AuditEntryRow)).all()
    said = " ".join(f"{row.actor} {row.act} {row.thing}" for row in rows)
    assert "@" not in said
    assert TESS_LINK not in said
