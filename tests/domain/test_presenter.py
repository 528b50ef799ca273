"""A guest leads the steps that were given to them, and no others."""

import pytest

from app.domain.errors import NotAllowed
from app.domain.lesson import Agency
from app.domain.presenter import Presenter, must_lead, must_lead_all
from app.domain.run import Order, Plan, Stage, after_order, plan
from tests.classroom import water_lesson
from tests.domain.test_run import FIRE

POLICE = Agency(key="kent-police", name="Kent Police")
HOST = Presenter(account_id=1, name="Priya", agency_key="kent-fire-and-rescue-service", leads_all=True)
GUEST = Presenter(account_id=2, name="Paul", agency_key="kent-police")
BOTH = plan([FIRE, water_lesson(FIRE)])


def may(presenter: Presenter, stage: Stage, order: Order = "next", of: Plan = BOTH) -> bool:
    after, _ = after_order(stage, order, of, {})
    try:
        must_lead(presenter, stage, after, of)
    except NotAllowed:
        return False
    return True


def at(step_key: str, phase: str = "content", module: int = 0) -> Stage:
    return Stage(module=module, step_key=step_key, phase=phase)  # type: ignore[arg-type]


def test_a_module_is_led_by_whom_it_was_given_to_from_the_last_step_before_it() -> None:
    second = GUEST.model_copy(update={"module": 1})
    assert not may(second, Stage(phase="content"))
    assert not may(second, at("hook"))
    assert may(second, at("take-home"))
    assert may(second, at("quiz.F1", "ready", 1))
    assert may(second, at("take-home", module=1)), "the end belongs to whoever leads the last step"
    first = GUEST.model_copy(update={"module": 0})
    assert may(first, at("hook"))
    assert not may(first, at("take-home"))


def test_without_a_module_a_guest_leads_what_the_lesson_says_that_the_own_agency_leads() -> None:
    steps = tuple(
        step.model_copy(update={"lead": POLICE}) if step.key.startswith("scenario") else step for step in FIRE.steps
    )
    mixed = plan([FIRE.model_copy(update={"steps": steps})])
    here = [place.step.key for place in mixed.places]
    before = here[here.index("scenario") - 1]
    assert may(GUEST, at(before), of=mixed)
    assert may(GUEST, at("scenario.ask", "open"), of=mixed)
    assert not may(GUEST, at("hook"), of=mixed)
    assert not may(GUEST, at(here[-1]), of=mixed), "not the end of somebody else's lesson"


def test_who_leads_all_of_it_leads_every_step_and_alone_ends_it() -> None:
    assert all(may(HOST, at(place.step.key, "content", place.module)) for place in BOTH.places if not place.is_asking)
    must_lead_all(HOST)
    with pytest.raises(NotAllowed, match="Only the presenters who lead the whole live session"):
        must_lead_all(GUEST)
