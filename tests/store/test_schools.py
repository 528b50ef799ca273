"""Schools, class groups and modules of a programme, on both databases."""

import pytest

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.programme import read_details
from app.domain.school_list import Listed
from app.store import class_links, consent, directory, programmes, schools
from tests.cast import TESS_LINK
from tests.classroom import TESS_CLASS, THEO_CLASS, Classroom

SPRING = read_details(name="Spring", area="Sandbay (demo)", starts_on="2027-01-11", ends_on="2027-03-26")


def drawn() -> str:
    return "drawn"


def test_a_list_is_merged_by_reference_and_kept_once(classroom: Classroom) -> None:
    listed = [
        Listed(row=2, reference="d01", school="Harrowmarsh Academy (demo)", label="6h", on_roll=25),
        Listed(row=3, school="Tidegate (demo)", label="6T", year=5, mode="cards"),
        Listed(row=4, school="Tidegate (demo)", label="6U"),
    ]
    with classroom.database.transaction() as db:
        changes = schools.keep(db, 1, listed, drawn)
        assert [change.effect for change in changes] == ["changed", "new", "new"]
    with classroom.database.transaction() as db:
        again = schools.keep(db, 1, listed, drawn)
        assert [change.effect for change in again] == ["same"] * 3
        found = [(one.reference, one.name, one.classes) for one in schools.of_programme(db, 1)]
        assert found[0] == ("D01", "Harrowmarsh Academy (demo)", 1)
        assert found[2] == ("own-drawn", "Tidegate (demo)", 2)
        assert schools.class_group(db, 1, TESS_CLASS)[4:8] == ("6H", 6, 25, "devices")


def test_a_class_without_a_lesson_is_removed_and_then_its_school(classroom: Classroom) -> None:
    run = classroom.start(TESS_CLASS)
    with classroom.database.transaction() as db:
        with pytest.raises(NotAllowed, match="has had a lesson or is booked for one, so it stays"):
            schools.remove_class(db, 1, TESS_CLASS)
        with pytest.raises(NotAllowed, match="still has a class in this programme"):
            schools.remove(db, 1, 2)
        schools.remove_class(db, 1, THEO_CLASS)
        schools.remove(db, 1, 2)
    with classroom.database.reading() as db:
        assert [one.id for one in schools.of_programme(db, 1)] == [1]
        with pytest.raises(NotFound):
            schools.one(db, 1, 2)
    assert classroom.run(run).class_group_id == TESS_CLASS


def test_a_school_of_two_programmes_leaves_one_and_stays_in_the_other(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        other = programmes.add(db, SPRING).id or 0
        school = schools.add(
            db, other, Listed(row=0, reference="D02", school="Saltern Wharf Primary School (demo)"), drawn
        )
        with pytest.raises(NotAllowed, match="also takes part in another programme"):
            schools.change(db, other, school, name="X (demo)", kind="", district="")
        schools.remove(db, other, school)
    with classroom.database.reading() as db:
        assert [one.id for one in schools.of_programme(db, 1)] == [1, 2]


def test_a_label_is_free_once_in_a_school(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        schools.add_class(db, 1, 1, label="6Z", year=6, on_roll=None, mode="devices")
        with pytest.raises(Conflict, match="This school has a class called 6Z already"):
            schools.change_class(db, 1, TESS_CLASS, label="6Z", year=6, on_roll=30, mode="devices")
        assert schools.class_group(db, 1, TESS_CLASS).label == "6H"


def test_modules_move_and_come_with_their_agencies(classroom: Classroom) -> None:
    topic = classroom.fire.topic.model_copy(update={"key": "water", "name": "Water"})
    classroom.publish(classroom.fire.model_copy(update={"key": "water", "title": "Float", "topic": topic}))
    with classroom.database.transaction() as db:
        made = programmes.add(db, SPRING)
        wanted = [lesson.lesson_id for lesson in programmes.not_offered(db, made.id or 0)]
        programmes.offer(db, made.id or 0, wanted, classroom.clock.now)
        first, second = programmes.modules(db, made.id or 0)
        programmes.move(db, made.id or 0, second.lesson_id, -1)
        programmes.move(db, made.id or 0, second.lesson_id, -1)
    with classroom.database.reading() as db:
        assert [one.title for one in programmes.modules(db, made.id or 0)] == [second.title, first.title]
        there = {one.agency for one in consent.asked_by(db, made.id or 0)}
    assert classroom.fire.lead.name in there
    assert {first.waits_for, second.waits_for} == {classroom.fire.lead.name}


def test_a_new_link_ends_the_old_one_and_what_it_had_signed_in(classroom: Classroom) -> None:
    secret, now = "a secret of nobody", classroom.clock.now
    with classroom.database.transaction() as db:
        group = directory.class_group(db, TESS_CLASS)
        class_links.make(db, group, secret=secret, seed="one", now=now)
        db.flush()
        first = class_links.of_programme(db, 1, secret=secret, now=now)[TESS_CLASS].token
        link_id, _ = directory.class_of_link(db, first.lower(), now)
        directory.open_class_link(db, link_id, "browser", now)
        class_links.make(db, group, secret=secret, seed="two", now=now)
    with classroom.database.reading() as db:
        second = class_links.of_programme(db, 1, secret=secret, now=now)[TESS_CLASS]
        assert (second.token != first, second.browsers) == (True, ())
        assert directory.teacher_by_key(db, "browser", now) is None
        with pytest.raises(NotFound):
            directory.class_of_link(db, first, now)


def test_the_link_of_one_class_is_that_of_its_programme_and_an_earlier_one_is_left_alone(
    classroom: Classroom,
) -> None:
    secret, now = "a secret of nobody", classroom.clock.now
    with classroom.database.transaction() as db:
        earlier = class_links.of_class(db, TESS_CLASS, secret=secret, now=now)
        assert earlier is not None
        assert earlier.token == ""  # only its holder knows it
        assert directory.class_of_link(db, TESS_LINK, now)[1].id == TESS_CLASS
        class_links.make(db, directory.class_group(db, TESS_CLASS), secret=secret, seed="one", now=now)
    with classroom.database.reading() as db:
        link = class_links.of_class(db, TESS_CLASS, secret=secret, now=now)
        assert link is not None
        assert link == class_links.of_programme(db, 1, secret=secret, now=now)[TESS_CLASS]
        assert directory.class_of_link(db, link.token, now)[1].id == TESS_CLASS
        assert class_links.of_class(db, 999, secret=secret, now=now) is None
