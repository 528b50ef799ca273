"""One key question of one lesson, asked before and after: what an analyst's spreadsheet has a row of."""

from dataclasses import dataclass

from app.domain.disclosure import Mark
from app.domain.impact import share


@dataclass(frozen=True)
class AskingLine:
    """Figures of matched pupils. Hidden ones are None, and the mark says why."""

    run_id: int
    record_id: int
    school: str
    class_label: str
    topic_name: str
    question: str
    text: str
    mark: Mark
    n: int
    before: int | None = None
    after: int | None = None

    @property
    def before_share(self) -> float | None:
        return share(self.before, self.n) if self.mark == "shown" and self.before is not None else None

    @property
    def after_share(self) -> float | None:
        return share(self.after, self.n) if self.mark == "shown" and self.after is not None else None
