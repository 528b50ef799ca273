"""Staff and invitations: who gets in, for how long, and how it ends."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain.errors import Conflict, NotFound
from app.domain.people import Member
from app.store import accounts, directory, invitations
from tests.cast import CORA, PRIYA
from tests.classroom import Classroom


def sign_in(classroom: Classroom, email: str = PRIYA, key: str = "key") -> None:
    with classroom.database.transaction() as db:
        account = accounts.account_by_email(db, email)
        assert account is not None
        accounts.sign_in(db, account.id or 0, key, classroom.clock.now)


def is_in(classroom: Classroom, key: str = "key") -> bool:
    with classroom.database.transaction() as db:
        found = accounts.staff_by_key(db, key, classroom.clock.now)
        if found is not None:
            accounts.touch_sign_in(db, key, classroom.clock.now)
        return found is not None


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
        account = accounts.account_by_email(db, PRIYA)
        assert account is not None
        account.disabled_at = classroom.clock.now
    assert not is_in(classroom)


def test_signing_out_ends_this_sign_in_only(classroom: Classroom) -> None:
    sign_in(classroom, key="here")
    sign_in(classroom, key="there")
    with classroom.database.transaction() as db:
        accounts.sign_out(db, "here")
        accounts.sign_out(db, "never-was")
    assert (is_in(classroom, "here"), is_in(classroom, "there")) == (False, True)


def test_a_member_of_staff_has_the_memberships_of_the_account(classroom: Classroom) -> None:
    sign_in(classroom, PRIYA, "priya")
    sign_in(classroom, CORA, "cora")
    with classroom.database.reading() as db:
        priya = accounts.staff_by_key(db, "priya", classroom.clock.now)
        cora = accounts.staff_by_key(db, "cora", classroom.clock.now)
        fire = directory.agency_by_slug(db, "kent-fire-and-rescue-service").id
    assert priya is not None
    assert cora is not None
    assert (set(priya.agency_ids), set(priya.programme_ids), priya.is_coordinator) == ({fire}, set(), False)
    assert (set(cora.agency_ids), set(cora.programme_ids), cora.is_coordinator) == (set(), {1}, True)


def test_an_e_mail_address_has_one_account_whatever_its_case(classroom: Classroom) -> None:
    with pytest.raises(Conflict, match="There is an account"), classroom.database.transaction() as db:
        accounts.add_account(db, f" {PRIYA.upper()} ", "Another", "hash")


def test_a_membership_is_of_a_programme_or_an_agency(classroom: Classroom) -> None:
    with pytest.raises(IntegrityError), classroom.database.transaction() as db:
        accounts.add_membership(db, 1, Member(role="presenter", programme_id=1, agency_id=1))


# Invitations


def test_a_set_up_link_works_for_half_an_hour_and_until_a_later_one_is_made(classroom: Classroom) -> None:
    now = classroom.clock.now
    with classroom.database.transaction() as db:
        invitations.invite_first_coordinator(db, "first", now)
        invitations.must_be_invited(db, "first", now + timedelta(minutes=29))
        with pytest.raises(NotFound):
            invitations.must_be_invited(db, "first", now + timedelta(minutes=30))
        invitations.invite_first_coordinator(db, "second", now)
        with pytest.raises(NotFound, match="has been used or is too old"):
            invitations.must_be_invited(db, "first", now)
        invitations.must_be_invited(db, "second", now)
