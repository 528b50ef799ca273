"""What a class learned in one module, for its own teacher: questions before and after, never a pupil's line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.lesson import Asking, Lesson
from app.domain.participation import ScorePair
from app.domain.questions.opinion import Opinion
from app.domain.questions.option import Mistake


@dataclass(frozen=True)
class Counted:
    """How a class answered one asking and round: counts per stored choice."""

    module: int
    step_key: str
    round: int
    joined: int
    answered: int
    right: int | None
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Share:
    """So many right of so many answers; `share` is a whole percentage."""

    right: int
    of: int

    @property
    def share(self) -> int:
        return round(100 * self.right / self.of) if self.of else 0


@dataclass(frozen=True)
class QuestionSummary:
    text: str
    before: Share | None
    after: Share | None
    after_talking: Share | None
    mistake: Mistake | None
    """What many of those who were not right did."""


@dataclass(frozen=True)
class OptionCount:
    text: str
    n: int
    share: int


@dataclass(frozen=True)
class OpinionSummary:
    text: str
    options: tuple[OptionCount, ...]


@dataclass(frozen=True)
class ConfidenceSummary:
    text: str
    before: tuple[OptionCount, ...]
    after: tuple[OptionCount, ...]


@dataclass(frozen=True)
class ModuleSummary:
    """One module of a run. Shares and gain are of matched pupils; None where none is matched."""

    title: str
    topic_key: str
    topic_name: str
    questions: tuple[QuestionSummary, ...]
    opinions: tuple[OpinionSummary, ...]
    confidence: tuple[ConfidenceSummary, ...]
    matched: int
    before_share: int | None
    after_share: int | None

    @property
    def gain(self) -> int | None:
        if self.before_share is None or self.after_share is None:
            return None
        return self.after_share - self.before_share

    @property
    def best(self) -> QuestionSummary | None:
        """The question best known at the end."""
        asked = [question for question in self.questions if question.after and question.after.of]
        return max(asked, key=lambda question: question.after.share if question.after else 0, default=None)

    @property
    def talk_again(self) -> QuestionSummary | None:
        """The question to talk about again: least known at the end, and not known to all."""
        asked = [q for q in self.questions if q.after and q.after.of and q.after.right < q.after.of]
        return min(asked, key=lambda question: question.after.share if question.after else 0, default=None)


def summarise(lesson: Lesson, counted: Sequence[Counted], pairs: Sequence[ScorePair], anchors: int) -> ModuleSummary:
    """Counts of one module -> what its teacher reads. `anchors`: how many were served before and after."""
    by_asking = {(one.step_key, one.round): one for one in counted}
    matched = sum(pair.n for pair in pairs)
    possible = matched * anchors
    return ModuleSummary(
        title=lesson.title,
        topic_key=lesson.topic.key,
        topic_name=lesson.topic.name,
        questions=tuple(_questions(lesson, by_asking)),
        opinions=tuple(_opinions(lesson, by_asking)),
        confidence=tuple(_confidence(lesson, by_asking)),
        matched=matched,
        before_share=round(100 * sum(p.before_right * p.n for p in pairs) / possible) if possible else None,
        after_share=round(100 * sum(p.after_right * p.n for p in pairs) / possible) if possible else None,
    )


Counts = Mapping[tuple[str, int], Counted]


def _questions(lesson: Lesson, counts: Counts) -> Iterable[QuestionSummary]:
    for step in lesson.steps:
        if not isinstance(step, Asking) or step.purpose == "before" or not step.question.is_marked:
            continue
        after = counts.get((step.key, 1))
        before = counts.get((f"before.{step.question.key}", 1)) if step.purpose == "quiz" else None
        newest = after or before
        if newest is None:
            continue
        yield QuestionSummary(
            text=step.question.text,
            before=_share(before),
            after=_share(after),
            after_talking=_share(counts.get((step.key, 2))),
            mistake=_named(step.question.mistake(newest.counts), lesson),
        )


def _named(mistake: Mistake | None, lesson: Lesson) -> Mistake | None:
    """In the words of the quiz's own list, where it names the misconception."""
    if mistake is None:
        return None
    words = lesson.misconceptions.get(mistake.misconception or "", mistake.words)
    return mistake.model_copy(update={"words": words})


def _opinions(lesson: Lesson, counts: Counts) -> Iterable[OpinionSummary]:
    for step in lesson.askings:
        match step.question:
            case Opinion() as opinion if step.purpose in ("scenario", "poll", "pledge") and (
                one := counts.get((step.key, 1))
            ):
                yield OpinionSummary(text=opinion.text, options=_options(opinion, one))


def _confidence(lesson: Lesson, counts: Counts) -> Iterable[ConfidenceSummary]:
    for step in lesson.askings:
        match step.question:
            case Opinion(key=key) as opinion if step.purpose == "confidence" and step.key.startswith("quiz."):
                before, after = counts.get((f"before.{key}", 1)), counts.get((step.key, 1))
                if before or after:
                    yield ConfidenceSummary(
                        text=opinion.text,
                        before=_options(opinion, before) if before else (),
                        after=_options(opinion, after) if after else (),
                    )


def _options(opinion: Opinion, one: Counted) -> tuple[OptionCount, ...]:
    return tuple(
        OptionCount(
            text=option.text,
            n=one.counts.get(option.key, 0),
            share=round(100 * one.counts.get(option.key, 0) / one.answered) if one.answered else 0,
        )
        for option in opinion.options
    )


def _share(one: Counted | None) -> Share | None:
    return None if one is None or one.right is None else Share(right=one.right, of=one.answered)
