"""What is kept, why and for how long: a line for every table. Purge, privacy page and documents follow it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, NamedTuple

Letter = Literal["P", "S", "R", "C", "A", "L"]

PUPIL_LEVEL = timedelta(hours=24)
"""After the end of the lesson; an operator may make it shorter."""
JOIN_CODE = timedelta(days=30)
"""After the end of the lesson its six letters are emptied, so that they can be dealt again."""
AUDIT_LOG = timedelta(days=365)

PUBLIC_TASK = "public task, the safety education that police, fire service and council provide"
LEGITIMATE = "legitimate interests, to run the programme with the adults who take part in it"


class Kind(NamedTuple):
    """What is alike in the tables of one kind."""

    name: str
    basis: str
    owner: str
    how_long: str
    after: timedelta | None = None
    """When the server deletes it by itself; None: never."""


KINDS: dict[Letter, Kind] = {
    "P": Kind(
        "What belongs to one pupil's device",
        PUBLIC_TASK,
        "the school, for which the programme acts",
        "24 hours after the lesson ended, then deleted by the server",
        PUPIL_LEVEL,
    ),
    "S": Kind(
        "What belongs to a school",
        PUBLIC_TASK,
        "the school",
        "until the programme erases it at the school's request",
    ),
    "R": Kind(
        "Records: counts, and what was taught when",
        PUBLIC_TASK,
        "the programme",
        "as long as the programme reports; no pupil can be found in them",
    ),
    "C": Kind(
        "Lessons and their sources", LEGITIMATE, "the agency that wrote it", "as long as a record points at it"
    ),
    "A": Kind(
        "Accounts of adults",
        LEGITIMATE,
        "the programme or agency of the account",
        "until it is closed; a sign-in ends after an idle hour, or twelve hours",
    ),
    "L": Kind(
        "Audit log: who did what that matters",
        LEGITIMATE,
        "the operator",
        "twelve months, then deleted by the server",
        AUDIT_LOG,
    ),
}


class Kept(NamedTuple):
    """One table: of which kind it is, and what it is for."""

    table: str
    kind: Letter
    purpose: str


KEPT: tuple[Kept, ...] = (
    # Of a pupil, in the order in which it can be deleted: what points at a seat goes before the seat.
    Kept("answer", "P", "match what one device chose before and after the lesson"),
    Kept("secret_vote", "P", "let each device answer a sensitive question once"),
    Kept("participant", "P", "keep a device in its seat, under an alias that was dealt"),
    Kept("pairing", "P", "pair a teacher's phone with the lesson"),
    # Of a school
    Kept("school", "S", "know which school takes part"),
    Kept("programme_school", "S", "know in which programme"),
    Kept("class_group", "S", "tell classes apart: label, year and number on roll, no names"),
    Kept("class_link", "S", "let a teacher in without an account"),
    Kept("class_sign_in", "S", "keep a teacher's browser signed in"),
    Kept("booking", "S", "give a class its place in a live session, and send its letters to the school"),
    Kept("teacher_question", "S", "answer what a teacher asked for the class"),
    Kept("also_asked", "S", "see which classes ask the same"),
    Kept("teacher_note", "S", "tell all teachers of a live session the same"),
    Kept("class_feedback", "S", "learn from what the teacher thought of the lesson"),
    # Records
    Kept("programme", "R", "name the season, its area, its dates and who pays for it"),
    Kept("agency", "R", "name the organisations that contribute"),
    Kept("programme_agency", "R", "know which agency takes part in which programme"),
    Kept("live_session", "R", "lead many classes at once"),
    Kept("live_session_module", "R", "know what a live session taught"),
    Kept("live_session_presenter", "R", "know who may lead it"),
    Kept("pulse", "R", "let several servers see that a screen is connected"),
    Kept("run", "R", "run one class's lesson"),
    Kept("run_module", "R", "know which versions it taught"),
    Kept("cue", "R", "know which steps were shown, and for how long"),
    Kept("secret_count", "R", "count answers to a sensitive question, for nobody in particular"),
    Kept("asking_result", "R", "count the answers to each question"),
    Kept("asking_choice", "R", "count how often each answer was chosen"),
    Kept("score_pair", "R", "measure what a class learnt"),
    Kept("anchor_pair", "R", "see which questions were learnt"),
    Kept("participation_record", "R", "tell agencies and funder what was reached"),
    Kept("contribution", "R", "tell each agency its part"),
    Kept("amendment", "R", "show that a head-count was corrected, and why"),
    Kept("partner_figure", "R", "put beside the lessons what an agency reports of its other work"),
    Kept("cost", "R", "say what a programme cost for each pupil"),
    # Content
    Kept("topic", "C", "order lessons by topic"),
    Kept("lesson", "C", "hold a lesson together"),
    Kept("module", "C", "offer a lesson in a programme"),
    Kept("version", "C", "keep what was taught as it was taught"),
    Kept("version_agency", "C", "know which agencies stand behind it"),
    Kept("asking", "C", "know its questions"),
    Kept("fact", "C", "name the source of what is taught"),
    Kept("fact_approval", "C", "show which agency signed it"),
    Kept("draft", "C", "write a lesson"),
    Kept("draft_change", "C", "undo a change"),
    Kept("review", "C", "have a colleague look before it is published"),
    Kept("media", "C", "show an agency's own pictures and films"),
    # Adults
    Kept("account", "A", "know who may do what"),
    Kept("membership", "A", "know for whom somebody works"),
    Kept("sign_in", "A", "keep an adult signed in"),
    Kept("invitation", "A", "let somebody in for the first time, or with another password"),
    Kept("recovery_code", "A", "let somebody in who has lost the phone"),
    Kept("api_token", "A", "let an agency's dashboard read its figures"),
    # The log
    Kept("audit_entry", "L", "answer for what was done"),
)


def of_kind(letter: Letter) -> tuple[str, ...]:
    """The tables of one kind, in the order in which they are deleted."""
    return tuple(kept.table for kept in KEPT if kept.kind == letter)


def by_kind() -> Iterable[tuple[Kind, tuple[Kept, ...]]]:
    """As a page tells it: what belongs to pupils first."""
    return [(kind, tuple(kept for kept in KEPT if kept.kind == letter)) for letter, kind in KINDS.items()]
