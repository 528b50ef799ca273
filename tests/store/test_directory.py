"""Class links, staff and invitations: who gets in, for how long, and how it ends."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import Agency
from app.domain.people import Member, Teacher
from app.store import directory
from app.store.tables import ClassLinkRow, ProgrammeRow, SchoolRow
from tests.cast import CORA, PRIYA, TESS_LINK
from tests.classroom import TESS_CLASS, Classroom


def open_link(classroom: Classroom, key: str, token: str = TESS_LINK) -> None:
    with classroom.database.transaction() as db:
        link_id, _ = directory.class_of_link(db, token, classroom.clock.now)
        directory.open_class_link(db, link_id, key, classroom.clock.now)


def teacher(classroom: Classroom, key: str) -> Teacher | None:
    with classroom.database.reading() as db:
        return directory.teacher_by_key(db, key, classroom.clock.now)


def sign_in(classroom: Classroom, email: str = PRIYA, key: str = "key") -> None:
    with classroom.database.transaction() as db:
        account = directory.account_by_email(db, email)
        assert account is not None
        directory.sign_in(db, account.id or 0, key, classroom.clock.now)


def is_in(classroom: Classroom, key: str = "key") -> bool:
    with classroom.database.transaction() as db:
        found = directory.staff_by_key(db, key, classroom.clock.now)
        if found is not None:
            directory.touch_sign_in(db, key, classroom.clock.now)
        return found is not None


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


def test_links_per_class_are_those_that_are_alive(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        directory.make_class_link(db, directory.class_group(db, TESS_CLASS), "another")
        link_id, _ = directory.class_of_link(db, TESS_LINK, classroom.clock.now)
        db.get_one(ClassLinkRow, link_id).revoked_at = classroom.clock.now
    with classroom.database.reading() as db:
        assert directory.links_per_class(db, 1) == {1: 1, 2: 1}


# Staff


def test_a_sign_in_ends_after_an_hour_without_use(classroom: Classroom) -> None:
    sign_in(classroom)
    classroom.clock.forward(minutes=60)
    assert is_in(classroom)
    classroom.clock.forward(minutes=61)
    assert not is_in(classroom)


def test_a_sign_in_in_steady_use_ends_after_twelve_hours(classroom: Classroom) -> None:
    sign_in(classroom)
    for _ in range(23):
        classroom.clock.forward(minutes=30)
        assert is_in(classroom)
    classroom.clock.forward(minutes=30)
    assert not is_in(classroom)


def test_a_disabled_account_is_out_at_once(classroom: Classroom) -> None:
    sign_in(classroom)
    with classroom.database.transaction() as db:
        account = directory.account_by_email(db, PRIYA)
        assert account is not None
        account.disabled_at = classroom.clock.now
    assert not is_in(classroom)


def test_signing_out_ends_this_sign_in_only(classroom: Classroom) -> None:
    sign_in(classroom, key="here")
    sign_in(classroom, key="there")
    with classroom.database.transaction() as db:
        directory.sign_out(db, "here")
        directory.sign_out(db, "never-was")
    assert (is_in(classroom, "here"), is_in(classroom, "there")) == (False, True)


def test_a_member_of_staff_has_the_memberships_of_the_account(classroom: Classroom) -> None:
    sign_in(classroom, PRIYA, "priya")
    sign_in(classroom, CORA, "cora")
    with classroom.database.reading() as db:
        priya = directory.staff_by_key(db, "priya", classroom.clock.now)
        cora = directory.staff_by_key(db, "cora", classroom.clock.now)
        fire = directory.agency_by_slug(db, "kent-fire-and-rescue-service").id
    assert priya is not None
    assert cora is not None
    assert (set(priya.agency_ids), set(priya.programme_ids), priya.is_coordinator) == ({fire}, set(), False)
    assert (set(cora.agency_ids), set(cora.programme_ids), cora.is_coordinator) == (set(), {1}, True)


def test_an_e_mail_address_has_one_account_whatever_its_case(classroom: Classroom) -> None:
    with pytest.raises(Conflict, match="There is an account"), classroom.database.transaction() as db:
        directory.add_account(db, f" {PRIYA.upper()} ", "Another", "hash")


def test_a_membership_is_of_a_programme_or_an_agency(classroom: Classroom) -> None:
    with pytest.raises(IntegrityError), classroom.database.transaction() as db:
        directory.add_membership(db, 1, Member(role="presenter", programme_id=1, agency_id=1))


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
        directory.take_part(db, 1, fire)
        directory.take_part(db, 1, fire)
    with classroom.database.reading() as db:
        assert [agency.id for agency in directory.agencies_of_programme(db, 1)].count(fire) == 1
        assert directory.programmes_of_agency(db, fire) == {1}


# Invitations


def test_a_set_up_link_works_for_half_an_hour_and_until_a_later_one_is_made(classroom: Classroom) -> None:
    now = classroom.clock.now
    with classroom.database.transaction() as db:
        directory.invite_first_coordinator(db, "first", now)
        directory.must_be_invited(db, "first", now + timedelta(minutes=29))
        with pytest.raises(NotFound):
            directory.must_be_invited(db, "first", now + timedelta(minutes=30))
        directory.invite_first_coordinator(db, "second", now)
        with pytest.raises(NotFound, match="has been used or is too old"):
            directory.must_be_invited(db, "first", now)
        directory.must_be_invited(db, "second", now)
