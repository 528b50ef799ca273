"""What a report says in sentences: what was learnt, what is missing, and what it cannot show."""

from datetime import date

from app.domain.disclosure import current_round, given_out_on
from app.domain.impact import Item, Knowledge, Report, TopicReport, names_of
from app.domain.labelled import said

MODES = {"devices": "Devices", "hands": "Hands up", "cards": "Cards"}
KINDS = {"recheck": "Check again, 6 to 12 weeks later", "catch_up": "Catch-up by pupils who were away"}
LIMITS = (
    "These figures show what pupils knew just before and just after a lesson. They do not show what pupils will do, "
    "or that anybody is safer. There was no comparison group.",
    "Knowledge gain is of matched pupils only: those who answered every key question before and after, on the same "
    "device or card. “I’m not sure” counts as not right. What pupils say of themselves is not knowledge, and is of "
    "all who answered at the time, matched or not.",
    "The likely range is a 95% interval: how far the gain could be chance. Pupils of one class learn together and "
    "are alike, so from ten classes on it is taken over classes (a cluster-robust t interval, in which classes that "
    "are hidden together stand as one). Of fewer classes, and of one class, it is a paired t interval over the "
    "pupils’ own changes; that takes each pupil as independent, so the true range is wider. The classes were not "
    "drawn by lot, so no range tells what others would have gained.",
    "Results of fewer than 10 pupils are hidden, and so is the next smallest class, so that a total gives none away; "
    "from 10 to 19 pupils there are counts and no percentages. Hidden classes are in a total wherever that "
    "gives none of them away. Results are given out every three weeks, together. Reach is exact and at once. Present "
    "is the teacher’s head-count, never a count of devices; a pupil is counted once in pupils present, and once for "
    "each lesson in attendances.",
)


LEGEND = (
    "Gain in points is after less before: from 50% to 75% is +25 points.",
    "g, the normalised gain, is the part of the possible gain that was made: from 50%, 50 points were possible, so "
    "+25 is 0.50. A dash: all was known before.",
    "Likely range: the 95% interval of the gain, by a t interval over classes, or over pupils where there are fewer "
    "than ten classes.",
    "Above 85% before, so many knew it already that the gain must be small: look at what they knew after.",
)
"""What the figures of knowledge mean, beside the table that has them."""
CONFIDENCE_BASIS = (
    "Of all who answered the statement at the time, matched or not, so before and after need not be the same pupils. "
    "It is not knowledge."
)


def headline(report: Report) -> str:
    """What was learnt, in one sentence."""
    known = [topic for topic in report.topics if topic.knowledge.points is not None]
    if not known:
        return _nothing_yet(report)
    best = max(known, key=lambda topic: topic.knowledge.points or 0)
    if len(known) == 1:
        return f"Right answers {_went(best.knowledge)}."
    up = [topic for topic in known if (topic.knowledge.points or 0) > 0]
    if not up:
        return "Right answers did not go up in any topic."
    every = "both topics" if len(known) == 2 else f"all {len(known)} topics"
    where = every if len(up) == len(known) else f"{len(up)} of {len(known)} topics"
    fell = [f"{topic.name} {_span(topic.knowledge)}" for topic in known if (topic.knowledge.points or 0) < 0]
    less = f" They went down in {names_of(fell)}." if fell else ""
    return f"Right answers went up in {where}, most in {best.name}: {_span(best.knowledge)}.{less}"


def basis(report: Report) -> str:
    """What stands behind the headline, and how far: in one breath with it, not at the end of the paper."""
    gains = [item.knowledge.points for topic in report.topics for item in topic.items]
    known = [points for points in gains if points is not None]
    if not any(topic.knowledge.points is not None for topic in report.topics):
        return ""
    better = sum(points > 0 for points in known)
    said_of_all = f" {better} of {len(known)} questions were known better after the lesson{_fell(report)}."
    questions, ranges = said_of_all if known else "", _range(report)
    who = f"{report.reach.matched:,} of {report.reach.pupils:,} pupils present answered before and just after."
    return f"{who}{questions}{ranges} There was no comparison group."


def _fell(report: Report) -> str:
    """The questions that fewer knew after the lesson than before, and the one that fell most."""
    fell = [item for item in _known(report) if (item.knowledge.points or 0) < 0]
    if not fell:
        return ""
    worst = min(fell, key=lambda item: item.knowledge.points or 0)
    text, points = worst.text, said(worst.knowledge.points, "points")
    return f", {len(fell)} less well{', most' if len(fell) > 1 else ''}: “{text}” ({points} points)"


def _range(report: Report) -> str:
    """How far the gain of the topic in the headline could be chance."""
    topics = [topic for topic in report.topics if topic.knowledge.low is not None]
    best = max(topics, key=lambda topic: topic.knowledge.points or 0, default=None)
    if best is None:
        return ""
    low, high = (said(number, "points") for number in (best.knowledge.low, best.knowledge.high))
    return f" Allowing for chance, the gain in {best.name} is likely between {low} and {high} points."


def _nothing_yet(report: Report) -> str:
    if any(topic.waiting for topic in report.topics):
        return "What these pupils learnt is not given out yet."
    if any(topic.knowledge.mark == "counts" for topic in report.topics):
        return "Too few pupils for percentages."
    if any(topic.knowledge.mark in ("small", "beside") for topic in report.topics):
        return "What these pupils knew is hidden, because so few can be told apart."
    return "No pupil here answered the key questions both before and after."


def _went(knowledge: Knowledge) -> str:
    points = knowledge.points or 0
    return f"{'went up' if points > 0 else 'went down' if points < 0 else 'stayed'} {_span(knowledge)}"


def _span(knowledge: Knowledge) -> str:
    return f"from {knowledge.before_share}% to {knowledge.after_share}%"


def talk_again(report: Report) -> Item | None:
    """The question that fewest knew at the end, if not all did."""
    least = min(_known(report), key=lambda item: item.knowledge.after_share or 0, default=None)
    return least if least and (least.knowledge.after_share or 0) < 100 else None


def known_best(report: Report) -> Item | None:
    """The question that most knew at the end, where there is more than one."""
    known = _known(report)
    return max(known, key=lambda item: item.knowledge.after_share or 0) if len(known) > 1 else None


def _known(report: Report) -> list[Item]:
    return [item for topic in report.topics for item in topic.items if item.knowledge.after_share is not None]


def notes(report: Report, today: date) -> tuple[str, ...]:
    """What the reader should know of this view."""
    found = []
    if waiting := max((topic.waiting for topic in report.topics), default=0):
        day = given_out_on(current_round(today))
        found.append(
            f"{_classes(waiting)} had lessons whose results are not in these percentages yet: they are given out "
            f"on Monday {day.day} {day:%B %Y}, together with other classes, so that two reports never differ by one "
            "class."
        )
    if left_out := max((topic.left_out for topic in report.topics), default=0):
        found.append(
            f"What {_classes(left_out)} knew is in none of the figures of this view: it could be worked out from "
            "them. The whole programme’s report counts it."
        )
    if missing := report.reach.head_counts_missing:
        lessons = "1 lesson has" if missing == 1 else f"{missing} lessons have"
        found.append(f"{lessons} no head-count yet and so no pupils here.")
    found += [_ceiling(topic) for topic in report.topics if topic.knowledge.at_ceiling]
    return tuple(found)


def _ceiling(topic: TopicReport) -> str:
    return (
        f"{topic.name}: {topic.knowledge.before_share}% was known before the lesson. Above 85% there is hardly room "
        f"for a gain, so look at what was known after: {topic.knowledge.after_share}%."
    )


def _classes(n: int) -> str:
    return "1 class" if n == 1 else f"{n} classes"
