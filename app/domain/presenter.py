"""Who leads which steps of a live session."""

from pydantic import BaseModel

from app.domain.errors import NotAllowed
from app.domain.run import Place, Plan, Stage

HAND_OVER = "This step is not one of yours. Hand the console over first."


class Presenter(BaseModel, frozen=True):
    """Somebody who may hold the console of one live session, and what they were given to lead."""

    account_id: int
    name: str
    agency_id: int | None = None
    """None: a coordinator of the programme, who presents for no agency."""
    agency_key: str = ""
    agency: str = ""
    leads_all: bool = False
    module: int | None = None
    """Only this module; without one, the steps that the lesson says their agency leads."""

    def leads(self, place: Place) -> bool:
        if self.leads_all:
            return True
        if self.module is not None:
            return place.module == self.module
        return place.step.lead.key == self.agency_key


def must_lead(presenter: Presenter, before: Stage, after: Stage, plan: Plan) -> None:
    """Raises NotAllowed when an order would lead where this presenter does not.

    What counts is where it leads: so a guest takes over at the last step of somebody else's part. The end of a
    lesson belongs to whoever leads its last step.
    """
    place = plan.at(before) if after.phase == "finished" else plan.at(after)
    if not presenter.leads_all and (place is None or not presenter.leads(place)):
        raise NotAllowed(HAND_OVER)


def must_lead_all(presenter: Presenter) -> None:
    if not presenter.leads_all:
        raise NotAllowed("Only the presenters who lead the whole live session may do this.")
