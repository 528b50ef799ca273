"""Versions: the same lesson is the same version, a changed one is the next, and the newest is offered."""

import pytest
from sqlmodel import func, select

from app.domain.errors import NotFound
from app.domain.lesson import Lesson
from app.store import lessons
from app.store.tables import AskingRow, FactRow, VersionRow
from tests.classroom import Classroom, water_lesson


def changed(lesson: Lesson, title: str = "Get out and stay out") -> Lesson:
    return lesson.model_copy(update={"title": title})


def offered(classroom: Classroom) -> list[tuple[str, str]]:
    return [(lesson.key, lesson.title) for _, lesson in classroom.versions()]


def number(classroom: Classroom, version_id: int) -> int:
    with classroom.database.reading() as db:
        return lessons.version_number(db, version_id)


def test_publishing_the_same_lesson_again_makes_no_new_version(classroom: Classroom) -> None:
    before = classroom.versions()[0][0]
    classroom.clock.forward(days=1)
    again = [classroom.publish(classroom.fire), classroom.publish(classroom.fire)]
    assert again == [before, before]
    with classroom.database.reading() as db:
        assert db.exec(select(func.count()).select_from(VersionRow)).one() == 1


def test_a_changed_lesson_is_the_next_version_and_the_one_that_is_offered(classroom: Classroom) -> None:
    next_one = classroom.publish(changed(classroom.fire))
    assert number(classroom, next_one) == 2
    assert classroom.versions()[0][0] == next_one
    assert offered(classroom) == [("fire", "Get out and stay out")]


def test_an_earlier_version_stays_as_it_was(classroom: Classroom) -> None:
    first, lesson = classroom.versions()[0]
    classroom.publish(changed(lesson))
    with classroom.database.reading() as db:
        assert lessons.version(db, first) == lesson


def test_a_run_keeps_the_version_with_which_it_began(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.publish(changed(classroom.fire))
    assert classroom.run(run).plan.lessons[0].title == "Get out, stay out"


def test_a_lesson_that_is_put_back_to_its_earlier_words_is_offered_in_them(classroom: Classroom) -> None:
    first = classroom.fire
    for words in (changed(first), first):
        classroom.clock.forward(days=1)
        classroom.publish(words)
    assert offered(classroom) == [("fire", "Get out, stay out")]


def test_a_version_that_is_retired_is_offered_no_more(classroom: Classroom) -> None:
    second = classroom.publish(changed(classroom.fire))
    with classroom.database.transaction() as db:
        db.get_one(VersionRow, second).retired_at = classroom.clock.now
    assert offered(classroom) == [("fire", "Get out, stay out")]


def test_a_lesson_is_read_as_it_was_published(classroom: Classroom) -> None:
    water = water_lesson(classroom.fire)
    version_id = classroom.publish(water)
    classroom.database.versions.clear()
    with classroom.database.reading() as db:
        assert lessons.version(db, version_id) == water


def test_the_askings_of_a_version_are_its_question_steps(classroom: Classroom) -> None:
    version_id, lesson = classroom.versions()[0]
    with classroom.database.reading() as db:
        rows = db.exec(select(AskingRow).where(AskingRow.version_id == version_id).order_by("position")).all()
    assert [(row.step_key, row.is_anchor, row.tally_only) for row in rows] == [
        (step.key, step.is_anchor, step.tally_only) for step in lesson.askings
    ]


def test_a_programme_offers_only_what_it_was_given_in_its_order(classroom: Classroom) -> None:
    classroom.publish(water_lesson(classroom.fire))
    alone = offered(classroom)
    with classroom.database.transaction() as db:
        lessons.offer(db, 1, "water", 5)
        lessons.offer(db, 1, "water", 6)
    assert alone == [("fire", "Get out, stay out")]
    assert offered(classroom) == [("fire", "Get out, stay out"), ("water", "Float to live")]


def test_all_newest_names_the_agencies_of_each_lesson(classroom: Classroom) -> None:
    classroom.publish(water_lesson(classroom.fire))
    with classroom.database.reading() as db:
        found = {key: [agency.key for agency in agencies] for key, agencies in lessons.all_newest(db)}
    assert found == {"fire": ["kent-fire-and-rescue-service"], "water": ["rnli", "hm-coastguard"]}


def test_facts_are_kept_with_their_sources_and_follow_the_newest_words(classroom: Classroom) -> None:
    fire = classroom.fire
    fact = fire.facts[0].model_copy(update={"text": "A newer fact."})
    classroom.publish(fire.model_copy(update={"facts": (fact, *fire.facts[1:])}))
    with classroom.database.reading() as db:
        kept = db.get_one(FactRow, fact.key)
        assert (kept.text, kept.source) == ("A newer fact.", fire.facts[0].source)
        assert db.exec(select(func.count()).select_from(FactRow)).one() == len(fire.facts)


def test_a_version_that_there_is_not_is_not_found(classroom: Classroom) -> None:
    with classroom.database.reading() as db, pytest.raises(NotFound, match="We could not find that lesson"):
        lessons.version(db, 999)


def test_a_version_of_a_transaction_that_failed_is_remembered_by_nobody(classroom: Classroom) -> None:
    never = changed(classroom.fire, "Never published")

    def fail() -> None:
        with classroom.database.transaction() as db:
            lessons.version(db, lessons.publish(db, never, classroom.clock.now))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    kept = classroom.publish(changed(classroom.fire, "Published"))
    with classroom.database.reading() as db:
        assert lessons.version(db, kept).title == "Published"
