"""Quizzes of all kinds of words, for tests of what leaves as a file and comes back."""

import re
from typing import Any

from hypothesis import strategies as st

from app.content.importers.imported import FoundQuestion, Imported
from app.domain.quiz import ChooseAll, ChooseOne, Option, Quiz, TrueOrFalse

Stored = ChooseOne | TrueOrFalse | ChooseAll
"""The kinds that our spreadsheet can hold."""

RUN_ELSEWHERE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1",
    "''=1",
    '=HYPERLINK("http://example.invalid")',
    "=cmd|' /C'!A0",
)

signs = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
starts = st.sampled_from(["", "", *RUN_ELSEWHERE, "'", '"', ",", ";", "1", "yes"])
words = st.lists(st.one_of(starts, signs), min_size=1, max_size=4).map(" ".join)
plain = words.map(lambda text: " ".join(re.sub(r"[\[\]]", "", text).split())).filter(bool)
names = st.from_regex(r"[A-Z]{1,3}[0-9]{1,3}", fullmatch=True)


def is_no_truth(text: str) -> bool:
    return text.casefold() not in ("true", "false")


@st.composite
def questions(draw: st.DrawFn) -> Stored:
    shared: dict[str, Any] = {
        "key": draw(names),
        "text": draw(plain),
        "explanation": draw(st.one_of(st.just(""), plain)),
        "talk": draw(st.one_of(st.just(""), plain)),
        "is_reserve": draw(st.booleans()),
        "asks_sure": draw(st.booleans()),
        "fact_ids": tuple(draw(st.lists(names.map(lambda name: f"{name[0]}AB-{name[-1]}"), max_size=2))),
    }
    code = st.one_of(st.none(), names)
    if draw(st.integers(0, 4)) == 0:
        is_true, believed = draw(st.booleans()), draw(code)
        return TrueOrFalse(
            options=(
                Option(key="1", text="True", is_correct=is_true, misconception=None if is_true else believed),
                Option(key="2", text="False", is_correct=not is_true, misconception=believed if is_true else None),
            ),
            **shared,
        )
    texts = draw(
        st.lists(
            plain.filter(lambda text: text.casefold() not in ("true", "false")), min_size=2, max_size=4, unique=True
        )
    )
    right = draw(st.integers(1, len(texts) - 1))
    options = tuple(
        Option(key=str(n + 1), text=text, is_correct=n < right, misconception=None if n < right else draw(code))
        for n, text in enumerate(texts)
    )
    if right > 1:
        return ChooseAll(options=options, **shared)
    return ChooseOne(options=options, is_anchor=draw(st.booleans()), **shared)


quizzes = st.builds(
    Quiz,
    key=st.just("fire"),
    title=st.just("Fire"),
    misconceptions=st.dictionaries(names, plain, max_size=3),
    questions=st.lists(questions(), min_size=1, max_size=3).map(tuple),
)


def as_questions(found: Imported) -> tuple[Stored, ...]:
    return tuple(map(_as_question, found.questions))


def _as_question(found: FoundQuestion) -> Stored:
    shared: dict[str, Any] = {
        "key": found.key,
        "text": found.text,
        "explanation": found.why,
        "talk": found.talk,
        "is_reserve": found.is_reserve,
        "asks_sure": found.asks_sure,
        "fact_ids": found.facts,
    }
    answers = [*found.right, *found.wrong]
    if found.kind == "true or false":
        answers.sort(key=lambda answer: answer.text != "True")
    options = tuple(
        Option(key=str(place), text=one.text, is_correct=one.is_right, misconception=one.misconception)
        for place, one in enumerate(answers, start=1)
    )
    match found.kind:
        case "true or false":
            return TrueOrFalse(options=options, **shared)
        case "choose all":
            return ChooseAll(options=options, **shared)
        case _:
            return ChooseOne(options=options, is_anchor=found.is_anchor, **shared)
