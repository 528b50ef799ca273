"""How the pupils of the demo's past lessons answered: drawn like a real class, with sums that are given."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.lesson import Asking, Lesson, Pledge
from app.domain.quiz import NOT_SURE, ChooseOne, Opinion, Question

Cell = tuple[int, str]
"""A pupil and an anchor question."""
CONFIDENCE = {"before": (14.0, 40.0, 34.0, 12.0), "quiz": (3.0, 17.0, 44.0, 36.0)}
"""Not yet, a bit, mostly, yes: of a hundred pupils."""


@dataclass
class Pupils:
    """One class in one module. Pupils are counted from 0; the first `matched` of them answer every anchor."""

    lesson: Lesson
    present: int
    matched: int
    right: tuple[int, int]
    """How many anchors the matched had right before and after, all together."""
    seed: str
    only_before: bool = False
    """The devices lost the connection after the first questions."""
    _knew: set[Cell] = field(init=False)
    _knows: set[Cell] = field(init=False)

    def __post_init__(self) -> None:
        chance = random.Random(f"{self.seed}/knowledge")
        anchors = [step.question.key for step in self.lesson.askings if step.is_anchor and step.purpose == "before"]
        cells = [(pupil, key) for pupil in range(self.matched) for key in anchors]
        self._knew, self._knows = spread(cells, self.right, chance)

    def choice(self, pupil: int, step: Asking | Pledge) -> str | None:
        """What this pupil answers, as it is stored; None for nothing."""
        chance = random.Random(f"{self.seed}/{step.key}/{pupil}")
        if self.only_before and step.purpose != "before":
            return None
        if step.is_anchor and isinstance(step.question, ChooseOne):
            return self._anchor(pupil, step.question, step.purpose, chance)
        if chance.random() < 0.05:
            return None
        if isinstance(step.question, Opinion):
            return _opinion(step, step.question, chance)
        return try_out(step.question, chance, right=chance.random() < 0.74)

    def _anchor(self, pupil: int, question: ChooseOne, purpose: str, chance: random.Random) -> str | None:
        is_before = purpose == "before"
        if pupil < self.matched:
            knows = (pupil, question.key) in (self._knew if is_before else self._knows)
        else:
            # Out of the room for a part: which part is this pupil's own.
            if self._was_out(pupil, question.key, is_before=is_before):
                return None
            knows = chance.random() < (0.5 if is_before else 0.75)
        if knows:
            return question.correct.key
        if chance.random() < (0.24 if is_before else 0.12):
            return NOT_SURE
        wrong = [option.key for option in question.options if not option.is_correct]
        return chance.choices(wrong, _liked(question, len(wrong)))[0]

    def _was_out(self, pupil: int, question_key: str, *, is_before: bool) -> bool:
        own = random.Random(f"{self.seed}/{pupil}/out")
        misses_before = own.random() < 0.5
        anchors = sorted({step.question.key for step in self.lesson.askings if step.is_anchor})
        missed = own.sample(anchors, own.randint(1, 3))
        return is_before == misses_before and question_key in missed


def spread(cells: Sequence[Cell], right: tuple[int, int], chance: random.Random) -> tuple[set[Cell], set[Cell]]:
    """Which answers are right before and after, so many as given.

    Some pupils know more, some questions are easier, and what was known is mostly still known.
    """
    able = {pupil: chance.gauss(0, 0.6) for pupil, _ in cells}
    ease = {key: random.Random(f"{key}/ease").gauss(0, 0.6) for _, key in cells}
    taught = {key: random.Random(f"{key}/taught").gauss(0, 0.4) for _, key in cells}
    known = {(who, key): able[who] + ease[key] + chance.gauss(0, 0.7) for who, key in cells}
    learnt = {(who, key): near + taught[key] + chance.gauss(0, 0.6) for (who, key), near in known.items()}
    before = set(sorted(cells, key=lambda cell: known[cell], reverse=True)[: right[0]])
    after = set(sorted(cells, key=lambda cell: learnt[cell], reverse=True)[: right[1]])
    return before, after


def _liked(question: Question, options: int) -> list[float]:
    """How often each wrong answer is chosen; the same idea is the commonest in every class."""
    shares = [5.0, 2.5, 1.5][:options]
    random.Random(f"{question.key}/liked").shuffle(shares)
    return shares


def _opinion(step: Asking | Pledge, question: Opinion, chance: random.Random) -> str:
    shared = random.Random(f"{question.key}/opinion")
    weights = [shared.uniform(1, 4) for _ in question.options]
    if step.purpose == "confidence":
        weights = list(CONFIDENCE["before" if step.key.startswith("before") else "quiz"])
    return chance.choices([option.key for option in question.options], weights)[0]


def try_out(question: Question, chance: random.Random, *, right: bool) -> str | None:
    """A stored choice of any kind of question: the safest answer, or one that misses it by a little."""
    marks = question.marks("demo", question.key)
    best, letters = question.answer(marks), question.choices(marks)
    if not right and chance.random() < 0.15:
        return NOT_SURE
    match question.form:
        case "one" | "number":  # of numbers several may be right
            sent = chance.choice(
                [one for one in letters if question.fits(question.to_store(one, marks) or "") == right]
            )
        case _ if right:
            sent = best
        case "some" | "areas":
            other = set(best) ^ {chance.choice([letter for letter in letters if letter.isalpha()])}
            sent = "".join(sorted(other)) or best
        case "order":
            sent = _swapped(list(best), chance)
        case "pairs":
            partners = _swapped(list(best[1::2]), chance)
            sent = "".join(letter + partner for letter, partner in zip(best[::2], partners, strict=True))
    return question.meant(sent, marks)


def _swapped(things: list[str], chance: random.Random) -> str:
    place = chance.randrange(len(things) - 1)
    things[place], things[place + 1] = things[place + 1], things[place]
    return "".join(things)
