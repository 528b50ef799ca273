"""Who asks, and what they may do."""

from typing import Literal

from pydantic import BaseModel

from app.domain.errors import Invalid

Role = Literal["coordinator", "presenter"]


class Member(BaseModel, frozen=True):
    """One role of an account: coordinator of a programme, or presenter of an agency."""

    role: Role
    programme_id: int | None = None
    agency_id: int | None = None


class Staff(BaseModel, frozen=True):
    """A signed-in coordinator or presenter."""

    account_id: int
    name: str
    memberships: tuple[Member, ...]
    email: str = ""
    has_second_factor: bool = False

    @property
    def is_coordinator(self) -> bool:
        return any(member.role == "coordinator" for member in self.memberships)

    @property
    def agency_ids(self) -> frozenset[int]:
        return frozenset(m.agency_id for m in self.memberships if m.agency_id is not None)

    @property
    def programme_ids(self) -> frozenset[int]:
        return frozenset(m.programme_id for m in self.memberships if m.programme_id is not None)


class Teacher(BaseModel, frozen=True):
    """A browser that opened a class link: one class group of one school, for one programme."""

    class_group_id: int
    sign_in_id: int


class Phone(BaseModel, frozen=True):
    """A teacher's phone, paired with one run for its controls."""

    run_id: int


Actor = Staff | Teacher | Phone
Action = Literal[
    "read_agency_report",
    "read_funders_page",
    "report_figures",
    "run_programme",
    "use_media",
    "answer_for_agency",
    "lead_run",
    "see_lesson",
    "edit_lesson",
    "edit_step",
    "review_lesson",
    "publish_lesson",
    "retire_lesson",
    "sign_fact",
    "invite_coordinator",
    "invite_presenter",
    "disable_account",
    "reset_second_factor",
    "read_audit",
]


def may(
    actor: Actor,
    action: Action,
    *,
    agency_id: int = 0,
    programme_ids: frozenset[int] = frozenset(),
    agency_ids: frozenset[int] = frozenset(),
    edited_by: int | None = None,
    account_id: int = 0,
    places: tuple[frozenset[int], ...] = (),
) -> bool:
    """The one place that says who may do what.

    `agency_id` and `programme_ids` say whose thing it is: the agency, and the programmes in which it takes part.
    Of a lesson, `agency_ids` are all that lead or support it, and `edited_by` is who changed it last. Of an account,
    `places` has for each of its roles the programmes in which that counts.
    """
    match actor, action:
        case Staff(), "see_lesson":
            return bool(actor.agency_ids & agency_ids or actor.programme_ids & programme_ids)
        case Staff(), "review_lesson":  # nobody reviews the own work
            sees = may(actor, "see_lesson", agency_ids=agency_ids, programme_ids=programme_ids)
            return sees and actor.account_id != edited_by
        case Staff(), "edit_lesson" | "edit_step" | "sign_fact":  # of the agency that owns, leads or signs it
            return agency_id in actor.agency_ids
        case Staff(), "publish_lesson":
            return agency_id in actor.agency_ids or bool(actor.programme_ids & programme_ids)
        case Staff(), "retire_lesson":
            return bool(actor.programme_ids & programme_ids)
        case Staff(), "read_agency_report":
            return agency_id in actor.agency_ids or bool(actor.programme_ids & programme_ids)
        case Staff(), "read_funders_page":  # all whose work it tells of
            return bool(actor.programme_ids & programme_ids or actor.agency_ids & agency_ids)
        case Staff(), "report_figures":  # of one's own agency, or of those in the own programme
            return agency_id in actor.agency_ids or bool(actor.programme_ids & programme_ids)
        case Staff(), "use_media" | "answer_for_agency":
            return agency_id in actor.agency_ids
        case Staff(), "invite_presenter":  # a colleague, or somebody for an agency of the own programme
            return agency_id in actor.agency_ids or bool(actor.programme_ids & programme_ids)
        case Staff(), "disable_account" | "reset_second_factor":  # nobody's who also counts somewhere else
            is_within = bool(places) and all(one and one <= actor.programme_ids for one in places)
            return is_within and account_id != actor.account_id
        case Staff(), "run_programme" | "invite_coordinator":
            return bool(actor.programme_ids & programme_ids)
        case Staff(), "read_audit":
            return actor.is_coordinator
        case Teacher() | Phone(), "lead_run":
            return True
        case _:
            return False


def must_not_be_oneself(who: Staff, member: Member, email: str) -> None:
    """Whoever coordinates does not become an agency's voice by herself. Raises Invalid."""
    is_own = email.strip().lower() == who.email and member.agency_id not in {None, *who.agency_ids}
    if is_own:
        raise Invalid(
            "You cannot invite yourself to present for an agency. Another coordinator, or a member of the agency, "
            "has to do it."
        )
