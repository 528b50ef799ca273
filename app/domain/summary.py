"""What a class learned in one module, for its own teacher: questions before and after, never a pupil's line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.lesson import Asking, Lesson, Pledge
from app.domain.participation import ScorePair
from app.domain.quiz import ChooseOne, most_chosen_misconception


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
    misconception: str
    misconception_n: int


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
        if not isinstance(step, Asking) or step.purpose == "before" or not isinstance(step.question, ChooseOne):
            continue
        after = counts.get((step.key, 1))
        before = counts.get((f"before.{step.question.key}", 1)) if step.purpose == "quiz" else None
        newest = after or before
        if newest is None:
            continue
        chosen = most_chosen_misconception(step.question, newest.counts)
        yield QuestionSummary(
            text=step.question.text,
            before=_share(before),
            after=_share(after),
            after_talking=_share(counts.get((step.key, 2))),
            misconception=lesson.misconceptions.get(chosen.misconception or "", chosen.text) if chosen else "",
            misconception_n=newest.counts.get(chosen.key, 0) if chosen else 0,
        )


def _opinions(lesson: Lesson, counts: Counts) -> Iterable[OpinionSummary]:
    for step in lesson.askings:
        if step.purpose in ("poll", "pledge") and (one := counts.get((step.key, 1))):
            yield OpinionSummary(text=step.question.text, options=_options(step, one))


def _confidence(lesson: Lesson, counts: Counts) -> Iterable[ConfidenceSummary]:
    for step in lesson.askings:
        if step.purpose != "confidence" or not step.key.startswith("quiz."):
            continue
        before, after = counts.get((f"before.{step.question.key}", 1)), counts.get((step.key, 1))
        if before or after:
            yield ConfidenceSummary(
                text=step.question.text,
                before=_options(step, before) if before else (),
                after=_options(step, after) if after else (),
            )


def _options(step: Asking | Pledge, one: Counted) -> tuple[OptionCount, ...]:
    return tuple(
        OptionCount(
            text=option.text,
            n=one.counts.get(option.key, 0),
            share=round(100 * one.counts.get(option.key, 0) / one.answered) if one.answered else 0,
        )
        for option in step.question.options
    )


def _share(one: Counted | None) -> Share | None:
    return None if one is None or one.right is None else Share(right=one.right, of=one.answered)
