"""One question of each kind, for tests; what devices may send for them; and a lesson that asks them all."""

from itertools import permutations
from typing import Any

from app.domain.lesson import Asking, Lesson
from app.domain.picture import Picture
from app.domain.questions.match import Pair
from app.domain.questions.one_tile import OneTile
from app.domain.questions.option import Marks, Option, Scale
from app.domain.questions.some_tiles import SomeTiles
from app.domain.questions.spot import Area
from app.domain.quiz import (
    ChooseAll,
    ChooseOne,
    Estimate,
    Match,
    Opinion,
    PutInOrder,
    Question,
    Spot,
    TrueOrFalse,
)


def options(*right: str, wrong: tuple[str, ...] = ()) -> tuple[Option, ...]:
    """Right ones first, as a file has them."""
    texts = (*right, *wrong)
    return tuple(
        Option(key=str(place), text=text, is_correct=text in right, misconception=None if text in right else "FM1")
        for place, text in enumerate(texts, start=1)
    )


def area(key: str, text: str, x: float, y: float, *, is_danger: bool = True) -> Area:
    return Area(key=key, text=text, is_correct=is_danger, x=x, y=y, width=12, height=20)


WORDS: dict[str, Any] = {"explanation": "Because it is safer.", "talk": "What would you say?"}
CHOOSE_ONE = ChooseOne(
    key="one", text="What do you do first?", options=options("Get out", wrong=("Hide", "Wait", "Jump")), **WORDS
)
TRUE_OR_FALSE = TrueOrFalse(
    key="tf",
    text="A battery may be charged on a bed.",
    options=(Option(key="1", text="True", misconception="FM7"), Option(key="2", text="False", is_correct=True)),
    **WORDS,
)
CHOOSE_ALL = ChooseAll(
    key="all", text="Who can you tell?", options=options("A teacher", "A parent", wrong=("Nobody", "A bot")), **WORDS
)
ESTIMATE = Estimate(
    key="river",
    text="It is 28 °C. How cold is the river?",
    scale=Scale(first=5, last=30, measure="°C"),
    low=10,
    high=15,
    **WORDS,
)
PUT_IN_ORDER = PutInOrder(
    key="code", text="Put the code in order.", things=options("Find", "Stop", "Look", "Wait"), **WORDS
)
MATCH = Match(
    key="flags",
    text="Which flag goes with which words?",
    pairs=(
        Pair(key="1", text="Red", partner="Do not go in"),
        Pair(key="2", text="Red and yellow", partner="Swim here"),
        Pair(key="3", text="Black and white", partner="Boards only"),
    ),
    **WORDS,
)
SPOT = Spot(
    key="home",
    text="What could start a fire?",
    picture=Picture(path="fire/living-room.svg", alt="A home with the front open."),
    frame=(1280, 550),
    options=(
        area("1", "A towel over the hob", 16, 50),
        area("2", "A phone charging on the bed", 48, 55),
        area("3", "A candle alone", 60, 42),
        area("4", "A closed window", 2, 12, is_danger=False),
    ),
    **WORDS,
)
OPINION = Opinion(key="plan", text="Have you a plan?", options=options(wrong=("Yes", "Not yet")), talk="Who with?")
EACH: tuple[Question, ...] = (
    CHOOSE_ONE,
    TRUE_OR_FALSE,
    CHOOSE_ALL,
    ESTIMATE,
    PUT_IN_ORDER,
    MATCH,
    SPOT,
    OPINION,
)
MARKED: tuple[Question, ...] = EACH[:-1]


def name_of(question: Question) -> str:
    return question.kind


def texts_of(question: Question) -> list[str]:
    """All that children read below its words."""
    face = question.face(question.marks("seed", "place"))
    return [one.text for one in (*face.options, *face.partners)]


def sendable(question: Question, marks: Marks) -> list[str]:
    """All that a device may send, but for *not sure* and how sure."""
    match question:
        case SomeTiles():
            letters = list(marks)
            subsets = range(1, 2 ** len(letters))
            return ["".join(x for n, x in enumerate(letters) if subset >> n & 1) for subset in subsets]
        case PutInOrder():
            return ["".join(letters) for letters in permutations(marks)]
        case Match():
            letters = [mark for mark in marks if mark.isalpha()]
            numbers = [mark for mark in marks if mark.isdigit()]
            return ["".join(a + b for a, b in zip(letters, turn, strict=True)) for turn in permutations(numbers)]
        case _:
            return list(question.choices(marks))


def a_choice(question: Question) -> str:
    """Some stored choice."""
    marks = question.marks("seed", "place")
    stored = question.meant(sendable(question, marks)[0], marks)
    assert stored is not None
    return stored


def turned(question: Question, turn: int, words: dict[str, Any], *, misconception: str = "FM1") -> Question:
    """The same question on the screen, with something else right and these explanations."""
    match question:
        case OneTile() | SomeTiles() if question.is_marked:
            return question.model_copy(update=words | {"options": _turned(question, turn, misconception)})
        case Estimate(low=low, high=high):
            return question.model_copy(update=words | {"low": low + turn, "high": high + turn})
        case PutInOrder(things=things):
            in_turn = (*things[turn:], *things[:turn])
            return question.model_copy(update=words | {"things": _renumbered(in_turn)})
        case Match(pairs=pairs):
            partners = [pair.partner for pair in pairs]
            other = (*partners[turn:], *partners[:turn])
            changed = [pair.model_copy(update={"partner": one}) for pair, one in zip(pairs, other, strict=True)]
            return question.model_copy(update=words | {"pairs": tuple(changed)})
        case _:
            return question.model_copy(update=words)


def _turned(question: Any, turn: int, misconception: str) -> tuple[Option, ...]:
    """Right ones first, as in a file; True and False stay where they are."""
    given: tuple[Option, ...] = question.options
    by_text = sorted(given, key=lambda option: option.text)  # what is right in the file tells nothing of the turn
    rights = sum(option.is_correct for option in given)
    right = {by_text[(turn + place) % len(given)].text for place in range(rights)}
    changed = [
        option.model_copy(
            update={
                "is_correct": option.text in right,
                "misconception": None if option.text in right else misconception,
            }
        )
        for option in given
    ]
    if question.kind == "true_or_false":
        return tuple(changed)
    return _renumbered(tuple(sorted(changed, key=lambda option: not option.is_correct)))


def _renumbered(things: tuple[Option, ...]) -> tuple[Option, ...]:
    return tuple(one.model_copy(update={"key": str(place)}) for place, one in enumerate(things, start=1))


def with_every_kind(lesson: Lesson, each: tuple[Question, ...] = MARKED) -> Lesson:
    """The lesson with a question of each kind after its facts: `facts.ask.one` and so on."""
    facts = next(step for step in lesson.steps if step.part == "facts")
    asked = [
        Asking(
            key=f"facts.ask.{question.key}",
            part="facts",
            title=question.text,
            lead=facts.lead,
            question=question,
            purpose="facts",
            has_feedback=True,
        )
        for question in each
    ]
    last = max(place for place, step in enumerate(lesson.steps) if step.part == "facts")
    steps = (*lesson.steps[: last + 1], *asked, *lesson.steps[last + 1 :])
    return lesson.model_copy(update={"key": "kinds", "title": "Every kind", "steps": steps})


# As long as files may have them: what fits these fits a lesson

SENTENCE = "Three easy steps help you each time you go out. Practise them with an adult on your way to school, "
LONG_WORDS: dict[str, Any] = {
    "text": "Lifeguards put up flags on the beach so you know where it is safe. "
    "Which flag goes with which words, here?",
    "explanation": f"{SENTENCE}in the dark and in the rain as well, until you know them all.",
}
THINGS = (
    "Find a safe place, where you can see all",
    "Stop just before you get near to the kerb",
    "Look all around and listen for any noise",
    "Wait until all of the traffic has passed",
    "Walk straight across, and keep on looking",
)
FOUND = (
    "Tea towel that hangs on the hob",
    "Phone that charges on your bed",
    "Candle that burns all by itself",
    "Toys lie around on all the steps",
    "E-scooter charging in the hall",
    "Alarm that has lost its battery",
    "Plant up on the kitchen's sill",
    "Cat asleep on the green old sofa",
)
PLACES = ((16, 44), (46, 41), (58, 37), (84, 40), (69, 50), (72, 1), (2, 11), (25, 51))


def longest(question: Question) -> Question:
    """The same kind of question with as many and as long words as its file may have."""
    words = dict(LONG_WORDS)
    match question:
        case ChooseAll():
            texts = [f"{one}, as far as you know it" for one in THINGS[:4]]
            words["options"] = options(*(text[:60] for text in texts[:3]), wrong=(texts[3][:60],))
        case PutInOrder():
            words["things"] = options(*(text[:40] for text in THINGS))
        case Match():
            names = (
                "Red flag at the lifeguard",
                "Red and yellow flags both",
                "Black and white squares",
                "Orange windsock",
            )
            words["pairs"] = tuple(
                Pair(key=str(place), text=name[:24], partner=text[:40])
                for place, (name, text) in enumerate(zip(names, THINGS, strict=False), start=1)
            )
        case Spot():
            words["options"] = tuple(
                area(str(place), text[:32], x, y, is_danger=place <= 6)
                for place, (text, (x, y)) in enumerate(zip(FOUND, PLACES, strict=True), start=1)
            )
        case Estimate():
            words["scale"] = Scale(first=0, last=3000, step=100, measure="car lengths")
            words |= {"low": 1000, "high": 1500}
        case _:
            pass
    return question.model_copy(update=words)
