"""What children and the classroom screen are shown holds nothing that tells which answer is right."""

from typing import Any

import pytest

from app.domain.lesson import Asking, Lesson, Pledge, Topic
from app.domain.questions.option import Option
from app.domain.quiz import NOT_SURE, ChooseOne, Question
from app.domain.run import Phase, Plan, Stage, plan
from app.domain.shown import asking_name, offered_askings, public_name, show
from tests.classroom import water_lesson
from tests.domain.test_run import FIRE
from tests.questions import sendable, turned, with_every_kind

BEFORE_REVEAL: tuple[Phase, ...] = ("content", "ready", "open", "closed")
SEED = "a-seed"
EVERY = with_every_kind(FIRE)


def stages(plan: Plan, phases: tuple[Phase, ...] = BEFORE_REVEAL) -> list[Stage]:
    """Every step in every phase, whether or not a run would come to it."""
    return [
        Stage(module=place.module, step_key=place.step.key, phase=phase, round=round)
        for place in plan.places
        for phase in phases
        for round in (1, 2)
    ]


def members(value: Any) -> set[str]:
    """The name of every member, however deep."""
    match value:
        case dict():
            return set(value) | {name for inner in value.values() for name in members(inner)}
        case list() | tuple():
            return {name for inner in value for name in members(inner)}
        case _:
            return set()


def test_nothing_that_is_shown_before_the_reveal_has_a_member_that_tells() -> None:
    told = {
        "is_correct",
        "misconception",
        "explanation",
        "talk",
        "teacher_note",
        "presenter_note",
        "key",
        "path",
        "why",
        "answer",
        "low",
        "high",
        "is_danger",
    }
    for stage in stages(plan([EVERY])):
        found = show(stage, plan([EVERY]), SEED)
        assert found.reveal is None, stage
        assert members(found.model_dump()) & told == set(), stage


def test_no_word_of_an_explanation_a_note_or_a_misconception_is_shown_before_the_reveal() -> None:
    marked = canaries(EVERY)
    for stage in stages(plan([marked])):
        assert "CANARY" not in show(stage, plan([marked]), SEED).model_dump_json(), stage


def canaries(lesson: Lesson) -> Lesson:
    """The lesson with a canary in everything that must not be shown."""
    steps = []
    for step in lesson.steps:
        change: dict[str, Any] = {"teacher_note": "CANARY note", "presenter_note": "CANARY words"}
        if isinstance(step, Asking | Pledge):
            change["question"] = with_canaries(step.question)
        steps.append(step.model_copy(update=change))
    return lesson.model_copy(update={"steps": tuple(steps), "misconceptions": {"FM1": "CANARY"}})


def with_canaries(question: Question) -> Question:
    words: dict[str, Any] = {"explanation": "CANARY explanation", "talk": "CANARY talk"}
    for name in ("options", "things", "pairs"):
        if hasattr(question, name):
            sings = [one.model_copy(update={"key": f"CANARY{one.key}"}) for one in getattr(question, name)]
            words[name] = tuple(
                one.model_copy(update={"misconception": "CANARY"}) if isinstance(one, Option) else one
                for one in sings
            )
    return question.model_copy(update=words)


def test_two_lessons_that_differ_only_in_what_is_right_are_shown_alike_before_the_reveal() -> None:
    other = turned_lesson(EVERY)
    assert other != EVERY
    for stage in stages(plan([EVERY])):
        assert show(stage, plan([EVERY]), SEED) == show(stage, plan([other]), SEED), stage


def turned_lesson(lesson: Lesson) -> Lesson:
    """The lesson with something else right in every question, and other explanations."""
    words = {"explanation": "Something else.", "talk": "Something else?"}
    steps = tuple(
        step.model_copy(update={"question": turned(step.question, 1, words)})
        if isinstance(step, Asking) and step.question.is_marked
        else step
        for step in lesson.steps
    )
    return lesson.model_copy(update={"steps": steps})


def test_the_order_of_the_options_in_the_file_changes_nothing_that_is_shown() -> None:
    steps = tuple(
        step.model_copy(
            update={"question": step.question.model_copy(update={"options": step.question.options[::-1]})}
        )
        if isinstance(step, Asking) and isinstance(step.question, ChooseOne)
        else step
        for step in FIRE.steps
    )
    reversed_file = FIRE.model_copy(update={"steps": steps})
    for stage in stages(plan([FIRE]), (*BEFORE_REVEAL, "revealed")):
        assert show(stage, plan([FIRE]), SEED) == show(stage, plan([reversed_file]), SEED), stage


def test_the_reveal_names_the_letter_under_which_the_safest_answer_is_shown() -> None:
    for seed in ("a", "b", "c", "d", "e"):
        found = show(Stage(step_key="quiz.F1", phase="revealed"), plan([FIRE]), seed)
        assert found.reveal is not None
        assert found.question is not None
        option = found.question.option(found.reveal.letter)
        assert option is not None
        assert option.text == "Shout to wake everyone and get out"
        assert found.reveal.explanation.startswith("Every second counts")


@pytest.mark.parametrize("step", ["poll.ask", "pledge"])
def test_the_reveal_of_an_opinion_names_no_letter(step: str) -> None:
    found = show(Stage(step_key=step, phase="revealed"), plan([FIRE]), SEED)
    assert found.reveal is not None
    assert found.reveal.letter == ""


def test_names_in_traffic_differ_from_run_to_run_and_tell_nothing_of_the_file() -> None:
    both = plan([FIRE, water_lesson(FIRE)])
    names = [{asking_name(seed, place) for place in both.places} for seed in ("one", "two")]
    assert len(names[0]) == len(both.places)
    assert names[0] & names[1] == set()
    assert all(len(name) == 16 and set(name) <= set("0123456789abcdef") for name in names[0])


def test_a_picture_is_shown_under_its_public_name() -> None:
    found = show(Stage(step_key="hook", phase="content"), plan([FIRE]), SEED)
    picture = FIRE.step("hook").picture
    assert picture is not None
    assert found.picture is not None
    assert found.picture.name == public_name(SEED, picture.path)
    assert "fire" not in found.picture.name


def test_the_lobby_and_the_thank_you_show_no_step() -> None:
    lobby = show(Stage(), plan([FIRE]), SEED)
    thanks = show(Stage(step_key="take-home", phase="finished"), plan([FIRE]), SEED)
    assert (lobby.kind, lobby.title, lobby.question, lobby.picture) == ("lobby", "Get out, stay out", None, None)
    assert (thanks.kind, thanks.title, thanks.question) == ("finished", "Thank you", None)


def test_each_module_shows_its_own_topic_and_guide() -> None:
    first_aid = FIRE.model_copy(update={"key": "first-aid", "topic": Topic(key="first-aid", name="First aid")})
    three = plan([FIRE, water_lesson(FIRE), first_aid])
    found = [show(Stage(module=module, step_key="hook", phase="content"), three, SEED) for module in (0, 1, 2)]
    topics = [(shown.topic_key, shown.guide) for shown in found]
    assert topics == [("fire", "badger"), ("water", "seal"), ("first-aid", "lighthouse")]


def test_what_a_device_may_send_is_what_it_is_shown() -> None:
    run = plan([EVERY])
    for name, offered in offered_askings(run, SEED).items():
        found = show(Stage(step_key=offered.step_key, phase="open"), run, SEED).question
        assert found is not None
        assert (found.asking, offered.tally_only) == (name, found.is_final)
        taken = {choice: offered.meant(choice) for choice in sendable(offered.question, offered.marks)}
        assert None not in taken.values()
        assert len(set(taken.values())) == len(taken)
        assert set("".join(taken)) <= set("".join(found.choices))
        assert (offered.meant(NOT_SURE) is not None) == found.offers_not_sure
        assert offered.meanings.items() <= taken.items() | {(NOT_SURE, NOT_SURE)}
