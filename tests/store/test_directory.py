"""Class links, and the places of a programme."""

from datetime import date

import pytest

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import Agency
from app.domain.people import Teacher
from app.store import directory
from app.store.tables import ClassLinkRow, ProgrammeRow, SchoolRow
from tests.cast import TESS_LINK
from tests.classroom import TESS_CLASS, Classroom


def open_link(classroom: Classroom, key: str, token: str = TESS_LINK) -> None:
    with classroom.database.transaction() as db:
        link_id, _ = directory.class_of_link(db, token, classroom.clock.now)
        directory.open_class_link(db, link_id, key, classroom.clock.now)


def teacher(classroom: Classroom, key: str) -> Teacher | None:
    with classroom.database.reading() as db:
        return directory.teacher_by_key(db, key, classroom.clock.now)


# Class links


def test_a_class_link_opens_its_class_for_five_browsers(classroom: Classroom) -> None:
    for number in range(5):
        open_link(classroom, f"browser {number}")
    with pytest.raises(NotAllowed, match="Five browsers use this class link already"):
        open_link(classroom, "browser 5")
    found = [teacher(classroom, f"browser {number}") for number in range(6)]
    assert [one.class_group_id if one else None for one in found] == [TESS_CLASS] * 5 + [None]


def test_a_browser_that_signs_out_makes_room(classroom: Classroom) -> None:
    for number in range(5):
        open_link(classroom, f"browser {number}")
    gone = teacher(classroom, "browser 2")
    assert gone is not None
    with classroom.database.transaction() as db:
        directory.sign_teacher_out(db, gone, classroom.clock.now)
    open_link(classroom, "browser 5")
    assert teacher(classroom, "browser 2") is None
    assert teacher(classroom, "browser 5") is not None


def test_a_link_that_is_revoked_opens_nothing_and_lets_all_its_browsers_go(classroom: Classroom) -> None:
    open_link(classroom, "browser")
    with classroom.database.transaction() as db:
        link_id, _ = directory.class_of_link(db, TESS_LINK, classroom.clock.now)
        db.get_one(ClassLinkRow, link_id).revoked_at = classroom.clock.now
    assert teacher(classroom, "browser") is None
    with classroom.database.reading() as db, pytest.raises(NotFound, match="Ask your coordinator for a new one"):
        directory.class_of_link(db, TESS_LINK, classroom.clock.now)


def test_a_link_lives_until_the_last_day_of_its_programme(classroom: Classroom) -> None:
    open_link(classroom, "browser")
    classroom.clock.now = classroom.clock.now.replace(year=2027, month=7, day=23, hour=23)
    assert teacher(classroom, "browser") is not None
    classroom.clock.forward(hours=2)
    assert teacher(classroom, "browser") is None


def test_of_links_and_keys_only_hashes_are_kept(on_sqlite: Classroom) -> None:
    open_link(on_sqlite, "the-key-of-this-browser")
    on_sqlite.database.close()
    url = on_sqlite.database.engine.url.database
    assert url is not None
    with open(url, "rb") as file:
        content = file.read()
    assert TESS_LINK.encode() not in content
    assert b"the-key-of-this-browser" not in content
    assert directory.hashed(TESS_LINK).encode() in content


# Places


def test_a_class_label_is_used_once_in_a_school_and_programme(classroom: Classroom) -> None:
    with pytest.raises(Conflict, match="has a class called 6H already"), classroom.database.transaction() as db:
        directory.add_class_group(db, 1, 1, "6H", 20)
    with classroom.database.transaction() as db:
        assert directory.add_class_group(db, 1, 2, "6H", 20)


def test_a_school_is_made_once_and_may_take_part_in_several_programmes(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        row = ProgrammeRow(slug="next", name="Next", area="A", starts_on=date(2027, 9, 1), ends_on=date(2028, 7, 1))
        other = directory.add_programme(db, row)
        again = directory.add_school(db, other, SchoolRow(reference="D01", name="Another spelling"))
        directory.add_school(db, other, SchoolRow(reference="D01", name="Another spelling"))
    assert again == 1


def test_an_agency_takes_part_once(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        fire = directory.agency_of(db, Agency(key="kent-fire-and-rescue-service", name="KFRS"))
        directory.take_part(db, 1, fire, classroom.clock.now)
        directory.take_part(db, 1, fire, classroom.clock.now)
    with classroom.database.reading() as db:
        assert [agency.id for agency in directory.agencies_of_programme(db, 1)].count(fire) == 1
        assert directory.programmes_of_agency(db, fire) == {1}
