"""The form with which a live session is planned: what it sends, and what it shows."""

from typing import Any

from pydantic import BaseModel

from app.domain.errors import Invalid, NotFound
from app.domain.presenter import Presenter
from app.domain.timetable import (
    HOME,
    Planned,
    PlannedModule,
    in_order,
    read_capacity,
    read_minutes,
    read_start,
    read_video_url,
)
from app.store import presenters, programmes, timetable
from app.store.database import Db
from app.store.tables import ProgrammeRow
from app.store.timetable import Wish


class PlanForm(BaseModel):
    """What the form of a plan sends; `module_id` and `place`, `presenter` and `part` go in pairs."""

    on: str = ""
    at: str = ""
    minutes: str = ""
    capacity: str = ""
    video_url: str = ""
    questions: str = "8"
    module_id: list[int] = []
    place: list[str] = []
    presenter: list[str] = []
    part: list[str] = []


def wish_of(db: Db, programme: ProgrammeRow, form: PlanForm) -> Wish:
    module_ids = in_order(zip(form.module_id, form.place, strict=False))
    return Wish(
        starts_at=read_start(form.on, form.at),
        minutes=read_minutes(form.minutes),
        capacity=read_capacity(form.capacity),
        video_url=read_video_url(form.video_url),
        questions=10 if form.questions == "10" else 8,
        module_ids=tuple(module_ids),
        presenters=tuple(_presenters(db, programme.id or 0, form, module_ids)),
    )


def _presenters(db: Db, programme_id: int, form: PlanForm, module_ids: list[int]) -> list[Presenter]:
    known = {_name(one): one for one in presenters.candidates(db, programme_id)}
    found = []
    for name, part in zip(form.presenter, form.part, strict=False):
        if not part:
            continue
        if name not in known:
            raise NotFound("We could not find that presenter.")
        module = None
        if part.isdigit():
            if int(part[:9]) not in module_ids:
                raise Invalid(f"{known[name].name} was given a lesson that is not in this live session.")
            module = module_ids.index(int(part[:9]))
        found.append(known[name].model_copy(update={"leads_all": part == "all", "module": module}))
    return found


def _name(presenter: Presenter) -> str:
    """An account may present for two agencies."""
    return f"{presenter.account_id}-{presenter.agency_id}"


def typed_of(planned: Planned) -> PlanForm:
    local = planned.starts_at.astimezone(HOME)
    parts = [
        "all" if one.leads_all else "own" if one.module is None else str(planned.modules[one.module].module_id)
        for one in planned.presenters
    ]
    return PlanForm(
        on=f"{local:%Y-%m-%d}",
        at=f"{local:%H:%M}",
        minutes=str(planned.minutes),
        capacity=str(planned.capacity or ""),
        video_url=planned.video_url,
        questions=str(planned.questions),
        module_id=[module.module_id for module in planned.modules],
        place=[str(number) for number in range(1, len(planned.modules) + 1)],
        presenter=[_name(one) for one in planned.presenters],
        part=parts,
    )


def face_of(db: Db, programme: ProgrammeRow, typed: PlanForm, planned: Planned | None) -> dict[str, Any]:
    """The form with what was typed."""
    offered = timetable.modules(db, programme.id or 0)
    known = presenters.candidates(db, programme.id or 0)
    places = dict(zip(typed.module_id, typed.place, strict=False))
    if not places and len(offered) == 1:
        places = {offered[0].module_id: "1"}
    parts = dict(zip(typed.presenter, typed.part, strict=False))
    return {
        "planned": planned,
        "typed": typed,
        "missing": [one for one in programmes.modules(db, programme.id or 0) if one.waits_for or not one.number],
        "modules": [_offer(module, places.get(module.module_id, "")) for module in offered],
        "presenters": [
            {"value": _name(one), "name": one.name, "agency": one.agency, "part": parts.get(_name(one), "")}
            for one in known
        ],
    }


def _offer(module: PlannedModule, place: str) -> dict[str, Any]:
    return {**module.model_dump(), "place": place}
