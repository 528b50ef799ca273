"""A report as labelled figures and tables: the one form from which its spreadsheet, CSV, PDF and JSON are made.

A hidden figure is None here already, and its mark says why. So no file can show what the page does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.domain import cost, impact_words, recall_words, report_askings
from app.domain.disclosure import WHY
from app.domain.feedback import ASKED
from app.domain.impact import PAPER, Reach, Report, names_of
from app.domain.knowledge_columns import KNOWLEDGE, both_times, kept_back, knowledge_of
from app.domain.labelled import Column, Figure, Table, Value, day_of


@dataclass(frozen=True)
class ReportTables:
    """What a file holds."""

    title: str
    headline: str
    basis: str
    about: tuple[Figure, ...]
    reach: tuple[Figure, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    limits: tuple[str, ...]

    def table(self, key: str) -> Table:
        return next(table for table in self.tables if table.key == key)


def tables_of(report: Report, today: date) -> ReportTables:
    return ReportTables(
        title=f"Participation and impact: {report.agency or names_of(one.name for one in report.programmes)}",
        headline=impact_words.headline(report),
        basis=impact_words.basis(report),
        about=tuple(_about(report)),
        reach=tuple(_reach(report)),
        tables=(
            _modes(report),
            _topics(report),
            _questions(report),
            _confidence(report),
            _promises(report),
            _hands(report),
            _recall(report),
            _classes(report),
            _teachers(report),
            _agencies(report),
            _costs(report),
            *(() if report.extent == PAPER else (_records(report), _class_questions(report))),
            report_askings.askings(report),
            report_askings.choices(report),
        ),
        notes=(
            *early_words(report.reach),
            *impact_words.notes(report, today),
            *recall_words.notes(report, today),
            *cost_basis(report),
        ),
        limits=(*impact_words.LIMITS, *recall_words.limits(report)),
    )


def _about(report: Report) -> Iterator[Figure]:
    yield Figure("programme", "Programme", names_of(one.name for one in report.programmes), "text")
    if report.agency:
        yield Figure("agency", "Agency", report.agency, "text")
    for key, label, value in _chosen(report):
        yield Figure(key, label, value, "text")
    if funders := names_of(dict.fromkeys(one.funder for one in report.programmes if one.funder)):
        yield Figure("funder", "Funder", funders, "text")
    yield Figure("first_on", "First lesson", day_of(report.first_on), "day")
    yield Figure("last_on", "Last lesson", day_of(report.last_on), "day")
    yield Figure("outcomes_until", "Results are given out of lessons before", report.outcomes_until, "day")


def _chosen(report: Report) -> Iterator[tuple[str, str, str]]:
    """The filters in words: a file must say what was left out of it."""
    chosen, offered = report.filters, report.choices
    for key, label, value, choices in (
        ("only_term", "Only the term", chosen.term, offered.terms),
        ("only_school", "Only the school", str(chosen.school_id or ""), offered.schools),
        ("only_topic", "Only the topic", chosen.topic_key, offered.topics),
        ("only_agency", "Only lessons with", chosen.agency_slug, offered.agencies),
    ):
        if value:
            yield key, label, next((one.name for one in choices if one.value == value), "nothing that is here")


def _reach(report: Report) -> Iterator[Figure]:
    reach = report.reach
    yield Figure("schools", "Schools", reach.schools)
    yield Figure("classes", "Classes", reach.classes)
    yield Figure("pupils", "Pupils, counted once", reach.pupils)
    yield Figure("on_roll", "Pupils on the roll of these classes", reach.on_roll)
    yield Figure("attendances", "Attendances", reach.attendances)
    yield Figure("pupil_hours", "Pupil-hours", reach.pupil_hours, "decimal")
    yield Figure("minutes", "Minutes", reach.minutes, "decimal")
    yield Figure("runs", "Sittings", reach.runs)
    yield Figure("records", "Lessons", reach.records)
    yield Figure("ended_early", "Lessons that ended early", reach.ended_early)
    yield Figure("head_counts_missing", "Lessons without a head-count", reach.head_counts_missing)
    yield Figure("matched", "Pupils matched before and after", reach.matched)
    yield Figure("answers", "Answers", reach.answers)
    yield Figure("response", "Answers given, of those possible", reach.response, "percent")
    yield Figure("target_schools", "Target schools reached", reach.target_schools)
    if len(report.programmes) == 1 and not report.agency and not report.filters.any:
        (one,) = report.programmes
        yield from (
            Figure(key, label, target)
            for key, label, target in (
                ("target_schools_of", "Target schools", one.target_schools),
                ("target_classes", "Target for classes", one.target_classes),
                ("target_pupils", "Target for pupils", one.target_pupils),
            )
            if target
        )
    if report.cost_pence is not None:
        yield Figure("cost", "Cost in pounds", report.cost_pence / 100, "money")
        per_pupil = report.cost_per_pupil_pence
        yield Figure(
            "cost_per_pupil", "Cost per pupil in pounds", None if per_pupil is None else per_pupil / 100, "money"
        )


def _modes(report: Report) -> Table:
    rows = (
        (impact_words.MODES.get(m.mode, m.mode), m.lessons, m.attendances, m.answers, m.asked, m.response)
        for m in report.reach.modes
    )
    columns = (
        Column("mode", "How the class answered"),
        Column("lessons", "Lessons", "number"),
        Column("attendances", "Attendances", "number"),
        Column("answers", "Answers", "number"),
        Column("asked", "Answers possible", "number"),
        Column("response", "Response %", "percent"),
    )
    explains = "How much was answered, of what was possible on the devices and cards that joined."
    return Table("modes", "How classes answered", columns, tuple(rows), explains)


def _topics(report: Report) -> Table:
    rows = (
        (topic.key, topic.name, topic.classes, topic.measured, topic.waiting, *knowledge_of(topic.knowledge))
        for topic in report.topics
    )
    columns = (
        Column("topic_key", "Topic key"),
        Column("topic", "Topic"),
        Column("classes", "Classes", "number"),
        Column("measured", "Classes measured", "number"),
        Column("waiting", "Classes not given out yet", "number"),
        *KNOWLEDGE,
    )
    explains = "Matched pupils: those who answered every key question before and after."
    return Table("topics", "Knowledge gain by topic", columns, tuple(rows), explains, impact_words.LEGEND)


def _questions(report: Report) -> Table:
    rows = (
        (topic.name, item.key, item.text, *knowledge_of(item.knowledge), item.wrong_before, item.wrong_after)
        for topic in report.topics
        for item in topic.items
    )
    columns = (
        Column("topic", "Topic"),
        Column("question", "Question"),
        Column("text", "In words"),
        *KNOWLEDGE,
        Column("wrong_before", "Common wrong idea before"),
        Column("wrong_after", "Common wrong idea after"),
    )
    return Table("questions", "Key questions", columns, tuple(rows), "Matched pupils, one question a row.")


def _confidence(report: Report) -> Table:
    rows = (
        (
            topic.name,
            one.text,
            one.before,
            one.before_of,
            one.after,
            one.after_of,
            one.before_share,
            one.after_share,
            WHY[one.mark],
        )
        for topic in report.topics
        for one in topic.confidence
    )
    columns = (
        Column("topic", "Topic"),
        Column("text", "What pupils say of themselves"),
        *both_times("Mostly or yes"),
    )
    return Table("confidence", "What pupils say of themselves", columns, tuple(rows), impact_words.CONFIDENCE_BASIS)


def _promises(report: Report) -> Table:
    rows = (
        (topic.name, pledges.text, promise.text, promise.n, pledges.of, promise.share, WHY[pledges.mark])
        for topic in report.topics
        for pledges in topic.pledges
        for promise in pledges.promises
    )
    columns = (
        Column("topic", "Topic"),
        Column("asked", "Asked"),
        Column("promise", "Promise"),
        Column("n", "Pupils", "number"),
        Column("of", "Of so many", "number"),
        Column("share", "Share %", "percent"),
        Column("note", "Note"),
    )
    return Table("promises", "Promises", columns, tuple(rows), "Chosen by pupils at the end of a lesson.")


def _hands(report: Report) -> Table:
    rows = (
        (
            topic.name,
            one.key,
            one.text,
            one.before,
            one.before_of,
            one.after,
            one.after_of,
            one.before_share,
            one.after_share,
            WHY[one.mark],
        )
        for topic in report.topics
        for one in topic.hands
    )
    columns = (
        Column("topic", "Topic"),
        Column("question", "Question"),
        Column("text", "In words"),
        *both_times("Right"),
    )
    return Table("hands", "Answered by hands", columns, tuple(rows), "Class totals: never matched, and in no gain.")


def _recall(report: Report) -> Table:
    columns = tuple(Column(*each) for each in recall_words.COLUMNS)
    return Table("recall", recall_words.TITLE, columns, recall_words.rows(report), recall_words.EXPLAINS)


def _classes(report: Report) -> Table:
    rows = (
        (
            line.school,
            line.label,
            line.on_roll,
            line.present,
            topic.topic_name,
            day_of(topic.taught_on),
            topic.minutes,
            *knowledge_of(topic.knowledge),
        )
        for line in report.classes
        for topic in line.topics
    )
    columns = (
        Column("school", "School"),
        Column("class", "Class"),
        Column("on_roll", "On roll", "number"),
        Column("present", "Present", "number"),
        Column("topic", "Topic"),
        Column("taught_on", "Date", "day"),
        Column("minutes", "Minutes", "decimal"),
        *KNOWLEDGE,
    )
    explains = "One row a class and topic: reach exactly, knowledge as far as it may leave the school."
    return Table("classes", "By class and topic", columns, tuple(rows), explains)


def _teachers(report: Report) -> Table:
    """An average where there are enough of them, and what may be quoted."""
    said = report.teachers
    averages = ((words, getattr(said, key)) for key, words in ASKED)
    rows: list[tuple[Value, ...]] = [(words, mean, said.said) for words, mean in averages if mean is not None]
    rows += [(quote, None, None) for quote in said.quotes]
    columns = (
        Column("words", "What teachers said"),
        Column("average", "Average of 1 to 5", "decimal"),
        Column("n", "Teachers", "number"),
    )
    explains = "Averages where three or more told us, and what they let us quote."
    return Table("teachers", "Teachers", columns, tuple(rows), explains)


def _agencies(report: Report) -> Table:
    rows = (
        (
            one.name,
            one.roles,
            names_of(one.topics),
            one.schools,
            one.classes,
            one.pupils,
            one.attendances,
            one.minutes,
            one.pupil_hours,
        )
        for one in report.agencies
    )
    columns = (
        Column("agency", "Agency"),
        Column("roles", "Part played"),
        Column("topics", "Topics"),
        Column("schools", "Schools", "number"),
        Column("classes", "Classes", "number"),
        Column("pupils", "Pupils, counted once", "number"),
        Column("attendances", "Attendances", "number"),
        Column("minutes", "Minutes", "decimal"),
        Column("pupil_hours", "Pupil-hours", "decimal"),
    )
    explains = "A lesson counts once for each agency that took part, so agencies are never added up."
    return Table("agencies", "By agency", columns, tuple(rows), explains)


def early_words(reach: Reach) -> tuple[str, ...]:
    """How many lessons were broken off, where any was."""
    if not reach.ended_early:
        return ()
    lessons = "1 lesson" if reach.records == 1 else f"{reach.records:,} lessons"
    return (
        f"Of these {lessons}, {reach.ended_early:,} ended early: the last step was not shown. They count as reached, "
        "with the minutes that were really taught.",
    )


def cost_basis(report: Report) -> tuple[str, ...]:
    """What stands behind the cost per pupil, where one is told."""
    if not report.costs:
        return ()
    newest = day_of(max(one.stated_at for one in report.costs))
    said = cost.basis(report.costs, report.reach.pupils, newest) if newest else ""
    return (said,) if said else ()


def _costs(report: Report) -> Table:
    rows = (
        (one.covers, one.pounds, one.period, one.source, one.agency, day_of(one.stated_at)) for one in report.costs
    )
    columns = (
        Column("covers", "What it covers"),
        Column("pounds", "Cost in pounds", "money"),
        Column("period", "Time"),
        Column("source", "Source"),
        Column("agency", "Borne by agency"),
        Column("stated_on", "Stated", "day"),
    )
    return Table("costs", "Cost", columns, tuple(rows), "As stated by the coordinator of the programme.")


def _records(report: Report) -> Table:
    rows = (
        (
            day_of(line.taught_at),
            line.school,
            line.class_label,
            line.topic_name,
            names_of(f"{name} ({roles})" for name, roles in line.agencies),
            dict(line.agencies).get(report.agency, ""),
            line.present,
            line.minutes,
            line.lesson,
            line.version,
            line.devices,
            line.served,
            line.answered,
            line.matched,
            "yes" if line.ended_early else "",
            impact_words.MODES.get(line.mode, line.mode),
            line.programme,
            line.run_id,
            line.record_id,
        )
        for line in report.records
    )
    columns = (
        Column("date", "Date", "day"),
        Column("school", "School"),
        Column("class", "Class"),
        Column("topic", "Topic"),
        Column("agencies", "Agencies"),
        Column("role", "Role"),
        Column("present", "Pupils present", "number"),
        Column("minutes", "Minutes", "decimal"),
        Column("lesson", "Lesson"),
        Column("version", "Version", "number"),
        Column("devices", "Devices joined", "number"),
        Column("served", "Questions served", "number"),
        Column("answered", "Questions answered", "number"),
        Column("matched", "Matched before and after", "number"),
        Column("ended_early", "Ended early"),
        Column("mode", "Answered by"),
        Column("programme", "Programme"),
        Column("run", "Run", "number"),
        Column("record", "Record", "number"),
    )
    return Table(
        "records",
        "Lessons",
        columns,
        tuple(rows),
        "One row a participation record: one lesson of one run. Reach is exact.",
    )


def _class_questions(report: Report) -> Table:
    """A class that is not given out has one row, which says so."""
    rows = (
        (line.school, line.label, topic.topic_name, day, key, text, *knowledge_of(knowledge))
        for line in report.classes
        for topic in line.topics
        for day in (day_of(topic.taught_on),)
        for key, text, knowledge in (
            [(item.key, item.text, item.knowledge) for item in topic.items] or [("", "", kept_back(topic.knowledge))]
        )
    )
    columns = (
        Column("school", "School"),
        Column("class", "Class"),
        Column("topic", "Topic"),
        Column("taught_on", "Date", "day"),
        Column("question", "Question"),
        Column("text", "In words"),
        *KNOWLEDGE,
    )
    explains = "Each key question of each class, asked before and after, as far as it may leave the school."
    return Table("class_questions", "Key questions by class", columns, tuple(rows), explains)
