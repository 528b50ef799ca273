"""Who may do what."""

from typing import Any

import pytest

from app.domain.people import Action, Actor, Member, Phone, Staff, Teacher, may

FIRE, POLICE, TOWN, OTHER = 1, 2, 10, 11
PRIYA = Staff(account_id=1, name="Priya", memberships=(Member(role="presenter", agency_id=FIRE),))
CORA = Staff(account_id=2, name="Cora", memberships=(Member(role="coordinator", programme_id=TOWN),))
NOBODY = Staff(account_id=3, name="Nobody", memberships=())
TESS = Teacher(class_group_id=1, sign_in_id=1)
PHONE = Phone(run_id=1)


@pytest.mark.parametrize(
    ("who", "agency", "programmes", "allowed"),
    [
        (PRIYA, FIRE, {TOWN}, True),
        (PRIYA, POLICE, {TOWN}, False),
        (CORA, FIRE, {TOWN}, True),
        (CORA, FIRE, {OTHER}, False),
        (CORA, FIRE, set(), False),
        (NOBODY, FIRE, {TOWN}, False),
        (TESS, FIRE, {TOWN}, False),
        (PHONE, FIRE, {TOWN}, False),
    ],
)
def test_an_agencys_report_is_read_by_its_members_and_by_coordinators_of_its_programmes(
    who: Actor, agency: int, programmes: set[int], allowed: bool
) -> None:
    assert may(who, "read_agency_report", agency_id=agency, programme_ids=frozenset(programmes)) is allowed


@pytest.mark.parametrize(
    ("who", "programmes", "allowed"),
    [
        (CORA, {TOWN}, True),
        (CORA, {OTHER}, False),
        (CORA, set(), False),
        (PRIYA, {TOWN}, False),
        (TESS, {TOWN}, False),
    ],
)
def test_a_programme_is_run_by_its_coordinators(who: Actor, programmes: set[int], allowed: bool) -> None:
    assert may(who, "run_programme", programme_ids=frozenset(programmes)) is allowed


@pytest.mark.parametrize(("who", "allowed"), [(TESS, True), (PHONE, True), (PRIYA, False), (CORA, False)])
def test_a_run_is_led_by_its_teacher_or_the_paired_phone(who: Actor, allowed: bool) -> None:
    assert may(who, "lead_run") is allowed


CONTENT: tuple[Action, ...] = (
    "see_lesson",
    "edit_lesson",
    "edit_step",
    "publish_lesson",
    "retire_lesson",
    "sign_fact",
)


@pytest.mark.parametrize("action", ["read_agency_report", "run_programme", *CONTENT, "review_lesson"])
@pytest.mark.parametrize("who", [PRIYA, CORA, NOBODY, TESS, PHONE])
def test_what_belongs_to_nobody_is_for_nobody(who: Actor, action: Action) -> None:
    assert not may(who, action)


RNLI = 3
SAM = Staff(account_id=4, name="Sam", memberships=(Member(role="presenter", agency_id=RNLI),))
PAUL = Staff(account_id=5, name="Paul", memberships=(Member(role="presenter", agency_id=POLICE),))
OLGA = Staff(account_id=6, name="Olga", memberships=(Member(role="coordinator", programme_id=OTHER),))
LESSON: dict[str, Any] = {
    "agency_id": FIRE,
    "agency_ids": frozenset({FIRE, RNLI}),
    "programme_ids": frozenset({TOWN}),
}
"""A lesson of the fire service with a step that the RNLI leads."""


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("see_lesson", [PRIYA, SAM, CORA]),
        ("review_lesson", [PRIYA, SAM, CORA]),
        ("edit_lesson", [PRIYA]),
        ("publish_lesson", [PRIYA, CORA]),
        ("retire_lesson", [CORA]),
        ("sign_fact", [PRIYA]),
    ],
)
def test_what_may_be_done_with_a_lesson_follows_from_the_agencies_in_it(action: Action, allowed: list[Staff]) -> None:
    everybody: list[Actor] = [PRIYA, SAM, PAUL, CORA, OLGA, NOBODY, TESS, PHONE]
    assert [who for who in everybody if may(who, action, **LESSON)] == allowed


def test_a_step_is_edited_by_the_agency_that_leads_it() -> None:
    assert [who for who in (PRIYA, SAM, PAUL, CORA) if may(who, "edit_step", agency_id=RNLI)] == [SAM]


@pytest.mark.parametrize(
    ("who", "agency", "allowed"),
    [(PRIYA, FIRE, True), (PRIYA, POLICE, False), (CORA, POLICE, True), (OLGA, FIRE, False)],
)
def test_a_presenter_is_invited_by_colleagues_and_by_coordinators_of_the_agencys_programmes(
    who: Staff, agency: int, allowed: bool
) -> None:
    assert may(who, "invite_presenter", agency_id=agency, programme_ids=frozenset({TOWN})) is allowed


@pytest.mark.parametrize("action", ["disable_account", "reset_second_factor"])
@pytest.mark.parametrize(
    ("who", "places", "allowed"),
    [
        (CORA, [{TOWN}], True),
        (CORA, [{TOWN, OTHER}], True),
        (CORA, [{TOWN}, {OTHER}], False),
        (CORA, [], False),
        (OLGA, [{TOWN}], False),
        (PRIYA, [{TOWN}], False),
    ],
)
def test_an_account_is_disabled_by_who_coordinates_every_place_where_it_counts(
    who: Staff, places: list[set[int]], allowed: bool, action: Action
) -> None:
    within = tuple(frozenset(one) for one in places)
    assert may(who, action, account_id=9, places=within) is allowed
    assert not may(who, action, account_id=who.account_id, places=within)


def test_nobody_reviews_what_they_changed_last() -> None:
    for who in (PRIYA, SAM, CORA):
        assert not may(who, "review_lesson", edited_by=who.account_id, **LESSON)
