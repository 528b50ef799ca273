"""What each column of a report's tables means, and each mark of a hidden figure: for the read-me sheet."""

from app.domain.asking_line import NO_CHOICES, NOT_MATCHED, TOO_FEW
from app.domain.disclosure import WHY
from app.domain.knowledge_columns import ABOVE_CEILING

COLUMNS = {
    "school": "Name of the school",
    "class": "Label of the class group, as the school calls it",
    "on_roll": "Pupils on the roll of the class, where it is known",
    "present": "The teacher’s head-count; empty where it is missing. Never a count of devices",
    "topic": "Topic of the lesson",
    "topic_key": "The topic as addresses and the read API call it",
    "topics": "Topics of these lessons",
    "taught_on": "Day of the newest lesson, by British clocks",
    "date": "Day of the lesson, by British clocks",
    "minutes": "Minutes really delivered, without pauses",
    "classes": "Class groups that had a lesson",
    "measured": "Of these classes, those whose pupils are in the figures",
    "waiting": "Of these classes, those with results that come on the next Monday of results; see What this can and "
    "cannot show",
    "schools": "Schools with a lesson",
    "pupils": "The largest head-count of each class group, so each pupil is counted once",
    "attendances": "Head-counts of all lessons added up: a pupil in four lessons is four attendances",
    "pupil_hours": "Head-count times minutes of each lesson, in hours",
    "question": "Short name of the question",
    "text": "The question or statement, as pupils read it",
    "matched": "Pupils who answered every key question before and after, on the same device or card",
    "answers": "Matched pupils times key questions: so many answers were given each time",
    "before": "Right answers before the lesson, of matched pupils",
    "after": "Right answers after it, of the same pupils",
    "before_share": "Before as a percentage; from 20 pupils on",
    "after_share": "After as a percentage; from 20 pupils on",
    "points": "After % minus before %, worked out from the counts and rounded once. Below zero: fewer knew it after",
    "low": "Lower end of the 95% interval of the gain, in points",
    "high": "Upper end of it",
    "over": "What the interval takes as independent: classes, from ten on (a cluster-robust t interval; classes that "
    "are hidden together stand as one); else pupils (a paired t interval, rather too narrow)",
    "gain": "Normalised gain g: points gained, of the points that were possible. (After % - before %) / (100 - "
    "before %). Empty where all was known before",
    "note": "Why a figure is hidden, or what to know of it; see Marks",
    "wrong_before": "The wrong idea that most pupils chose before, three at least",
    "wrong_after": "The wrong idea that most pupils chose after",
    "mode": "Devices, cards or hands up",
    "lessons": "Lessons that were answered so",
    "asked": "Questions served times devices and cards that joined: so many answers were possible",
    "response": "Answers as a percentage of those possible",
    "promise": "What pupils could promise",
    "n": "Pupils who chose it",
    "of": "Pupils who chose any",
    "share": "The same as a percentage; from 20 pupils on",
    "words": "What teachers were asked, and lines that may be quoted",
    "average": "From 1, not at all, to 5, very much; of three teachers or more",
    "agency": "An agency that took part",
    "agencies": "Agencies that took part, and how",
    "roles": "Leads: a step of it was shown. Presents: its presenter held the console while the class followed. "
    "Supports: it is named, and neither",
    "role": "How the agency of this report took part",
    "lesson": "Title of the lesson",
    "version": "Its version: what was shown never changes",
    "devices": "Devices and cards that joined",
    "served": "Questions that were opened",
    "answered": "Answers that were saved",
    "programme": "The programme to which the class belongs",
    "run": "Number of the run: one class group’s sitting",
    "record": "Number of the participation record: one lesson of one run",
    "when": "Part of the lesson in which it was asked",
    "asking": "Name of the asking: before.F1 and quiz.F1 are the same question, asked twice",
    "round": "2 where the question was opened again",
    "joined": "Devices and cards that were there",
    "choice_1": "How many made the first choice; in words under What was offered",
    "choice_2": "How many made the second choice",
    "choice_3": "How many made the third choice",
    "choice_4": "How many made the fourth choice",
    "not_sure": "How many chose I’m not sure, which counts as not right",
    "right": "Right answers, of all who answered",
    "matched_right": "Right answers, of matched pupils only: what gains are made of",
    "key_question": "Whether it is asked before and after, and so in the gain",
}
"""By the key of a column."""
ELSEWHERE = {
    ("confidence", "before"): "Pupils who said mostly or yes before the lesson",
    ("confidence", "before_of"): "Pupils who answered the statement before",
    ("confidence", "after"): "Pupils who said mostly or yes after it: not always the same pupils",
    ("confidence", "after_of"): "Pupils who answered the statement after",
    ("hands", "before"): "Hands for the right answer before the lesson",
    ("hands", "before_of"): "Hands counted before",
    ("hands", "after"): "Hands for the right answer after it",
    ("hands", "after_of"): "Hands counted after",
    ("promises", "asked"): "What pupils were asked",
    ("modes", "answers"): "Answers that were saved",
    ("teachers", "n"): "How many teachers told us",
    ("askings", "answered"): "Pupils who answered this asking",
    ("askings", "matched"): "Of key questions: pupils who answered every key question before and after",
    **{("choices", f"choice_{number}"): f"Choice {number}, in the author’s order" for number in range(1, 5)},
    ("choices", "right"): "The right answer; empty where none is right",
}
"""By table and column, where a column means another thing than elsewhere."""
MARKS = (
    ("An empty cell", "Hidden, or not there; the note in its row says why. It is never a nought"),
    (WHY["counts"], "10 to 19 pupils: one pupil would be 5 points or more"),
    (WHY["small"], "Fewer than 10 pupils. They are in the totals, with the class that is hidden beside them"),
    (WHY["beside"], "The next smallest class is hidden too: else the small one were the total less all others"),
    (WHY["waiting"], "Results are given out every three weeks, together, so that no two reports differ by one class"),
    (WHY["none"], "No pupil answered every key question before and after: the class stands in reach only"),
    (ABOVE_CEILING, "So many knew it that the gain must be small: look at After % instead"),
    (TOO_FEW, "The same rule of ten, for one asking"),
    (NOT_MATCHED, "One to nine pupils answered here and are not matched: all less matched would be theirs"),
    (NO_CHOICES, "Put in order, estimated, matched or found in a picture: too many ways to answer for columns"),
)
"""Each mark as it stands in a cell, and what it means."""


def explained(table: str, column: str) -> str:
    """What a column of a table means."""
    return ELSEWHERE.get((table, column)) or COLUMNS[column]
