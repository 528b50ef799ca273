"""Quizzes of all kinds of words, for tests of what leaves as a file and comes back."""

import re

from hypothesis import strategies as st

from app.content.importers.imported import Imported
from app.domain.quiz import ChooseOne, Option, Quiz

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


@st.composite
def questions(draw: st.DrawFn) -> ChooseOne:
    right, *wrong = draw(st.lists(plain, min_size=2, max_size=4, unique=True))
    codes = draw(st.lists(st.one_of(st.none(), names), min_size=len(wrong), max_size=len(wrong)))
    return ChooseOne(
        key=draw(names),
        text=draw(plain),
        options=(
            Option(key="1", text=right, is_correct=True),
            *(
                Option(key=str(place), text=text, misconception=code)
                for place, (text, code) in enumerate(zip(wrong, codes, strict=True), start=2)
            ),
        ),
        explanation=draw(st.one_of(st.just(""), plain)),
        talk=draw(st.one_of(st.just(""), plain)),
        is_anchor=draw(st.booleans()),
        is_reserve=draw(st.booleans()),
        fact_ids=tuple(draw(st.lists(names.map(lambda name: f"{name[0]}AB-{name[-1]}"), max_size=2))),
    )


quizzes = st.builds(
    Quiz,
    key=st.just("fire"),
    title=st.just("Fire"),
    misconceptions=st.dictionaries(names, plain, max_size=3),
    questions=st.lists(questions(), min_size=1, max_size=3).map(tuple),
)


def as_questions(found: Imported) -> tuple[ChooseOne, ...]:
    return tuple(
        ChooseOne(
            key=question.key,
            text=question.text,
            options=tuple(
                Option(
                    key=str(place), text=answer.text, is_correct=answer.is_right, misconception=answer.misconception
                )
                for place, answer in enumerate((*question.right, *question.wrong), start=1)
            ),
            explanation=question.why,
            talk=question.talk,
            is_anchor=question.is_anchor,
            is_reserve=question.is_reserve,
            fact_ids=question.facts,
        )
        for question in found.questions
    )
