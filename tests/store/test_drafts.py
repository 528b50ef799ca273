"""Drafts: each save is a revision, the last changes can be undone, and a review holds for one revision only."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import Topic
from app.main import publish_shipped
from app.settings import Settings
from app.store import drafts, facts, lessons, reviews
from app.store.drafts import OpenDraft
from app.store.tables import DraftChangeRow, FactRow
from tests.cast import PAUL, PRIYA
from tests.classroom import Classroom


class Study:
    """Where the fire lesson's draft is written."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom, self.clock = classroom, classroom.clock
        self.priya, self.paul = classroom.account(PRIYA), classroom.account(PAUL)
        with classroom.database.transaction() as db:
            drafts.begin(
                db,
                "fire",
                title="Fire",
                agencies=["kent-police"],
                lesson_text="one",
                quiz_text="quiz",
                shipped_hash="abc",
                state="published",
                by=None,
                now=self.clock.now,
            )

    @property
    def draft(self) -> OpenDraft:
        with self.classroom.database.reading() as db:
            return drafts.of_lesson(db, "fire")

    def save(self, text: str, *, place: str = "hook", by: int = 0, of: OpenDraft | None = None) -> OpenDraft:
        with self.classroom.database.transaction() as db:
            return drafts.save(
                db,
                of or drafts.of_lesson(db, "fire"),
                place=place,
                title="Fire",
                agencies=["rnli", "kent-police"],
                lesson_text=text,
                quiz_text="quiz",
                by=by or self.priya,
                now=self.clock.now,
            )

    def undo(self) -> OpenDraft:
        with self.classroom.database.transaction() as db:
            draft = drafts.of_lesson(db, "fire")
            return drafts.undo(db, draft, title="Fire", agencies=(), by=self.paul, now=self.clock.now)

    def review(self, result: str, of: OpenDraft | None = None) -> None:
        with self.classroom.database.transaction() as db:
            draft = of or drafts.of_lesson(db, "fire")
            reviews.give(
                db, draft, reviewer_id=self.paul, result=result, checklist=("tone",), words="", now=self.clock.now
            )

    @property
    def is_approved(self) -> bool:
        with self.classroom.database.reading() as db:
            return reviews.approval(db, drafts.of_lesson(db, "fire")) is not None


@pytest.fixture
def study(classroom: Classroom) -> Study:
    return Study(classroom)


def test_a_save_is_the_next_revision_with_its_author_and_time(study: Study) -> None:
    study.clock.forward(minutes=1)
    saved = study.save("two")
    assert saved == study.draft
    assert (saved.revision, saved.lesson_text, saved.edited_by) == (2, "two", study.priya)
    assert (saved.state, saved.agencies, saved.edited_at) == ("draft", ("kent-police", "rnli"), study.clock.now)


def test_a_save_that_changes_nothing_is_no_revision(study: Study) -> None:
    assert study.save("one").revision == 1
    assert study.draft.state == "published"


def test_a_save_of_what_somebody_else_has_changed_is_refused_and_changes_nothing(study: Study) -> None:
    before = study.draft
    study.save("two")
    with pytest.raises(Conflict):
        study.save("three", of=before)
    assert study.draft.lesson_text == "two"


def test_changes_are_undone_one_after_the_other(study: Study) -> None:
    for text, place in (("two", "hook"), ("three", "quiz")):
        study.save(text, place=place)
    assert [study.undo().lesson_text, study.undo().lesson_text] == ["two", "one"]
    assert study.draft.revision == 5
    with pytest.raises(NotAllowed, match="nothing left to undo"):
        study.undo()


def test_what_one_person_types_at_one_place_is_one_change(study: Study) -> None:
    for text in ("t", "tw", "two"):
        study.clock.forward(seconds=30)
        study.save(text)
    with study.classroom.database.reading() as db:
        assert [(one.place, one.who) for one in drafts.changes(db, study.draft, 9)] == [("hook", "Priya")]
    assert study.undo().lesson_text == "one"


@pytest.mark.parametrize("other", ["place", "person", "later"])
def test_another_place_or_person_or_time_is_another_change(study: Study, other: str) -> None:
    study.save("two")
    study.clock.forward(minutes=11 if other == "later" else 0)
    by = study.paul if other == "person" else study.priya
    study.save("three", place="quiz" if other == "place" else "hook", by=by)
    assert study.undo().lesson_text == "two"


def test_only_the_last_forty_changes_are_kept(study: Study) -> None:
    for number in range(45):
        study.save(f"text {number}", place=f"place {number}")
    with study.classroom.database.reading() as db:
        kept = db.exec(select(DraftChangeRow.lesson_text)).all()
    assert len(kept) == 40
    assert study.undo().lesson_text == "text 43"


def test_an_approval_holds_until_the_draft_is_changed(study: Study) -> None:
    study.save("two")
    study.review(reviews.APPROVED)
    assert study.is_approved
    study.save("three")
    assert not study.is_approved


def test_what_is_sent_back_is_a_draft_again_and_not_approved(study: Study) -> None:
    study.review(reviews.APPROVED)
    study.review(reviews.SENT_BACK)
    assert (study.draft.state, study.is_approved) == ("draft", False)


def test_a_review_of_what_has_changed_meanwhile_is_refused(study: Study) -> None:
    before = study.draft
    study.save("two")
    with pytest.raises(Conflict):
        study.review(reviews.APPROVED, of=before)


def test_a_second_lesson_of_one_name_is_refused(study: Study) -> None:
    with study.classroom.database.transaction() as db:
        drafts.add_lesson(db, "rail", Topic(key="rail", name="Rail"), "Rail", 1)
    with study.classroom.database.transaction() as db, pytest.raises(Conflict, match="that name already"):
        drafts.add_lesson(db, "rail", Topic(key="rail", name="Rail"), "Rail", 1)
    with study.classroom.database.reading() as db, pytest.raises(NotFound):
        drafts.of_lesson(db, "rail")


def test_a_shipped_lesson_that_was_edited_in_the_browser_is_left_to_its_authors(study: Study) -> None:
    settings, database = Settings(), study.classroom.database
    changed = study.classroom.fire.model_copy(update={"title": "Written here"})
    with database.transaction() as db:
        lessons.publish(db, changed, study.clock.now + timedelta(minutes=1), by=study.priya)
    publish_shipped(database, settings, study.clock.now + timedelta(days=1))
    assert study.classroom.fire.title == "Written here"


def test_a_retired_lesson_stays_so_until_an_author_publishes_it_again(classroom: Classroom) -> None:
    fire = classroom.fire
    with classroom.database.transaction() as db:
        lessons.retire(db, drafts_lesson_id(classroom), classroom.clock.now)
    assert classroom.versions() == []
    publish_shipped(classroom.database, Settings(), classroom.clock.now)
    assert classroom.versions() == []
    with classroom.database.transaction() as db:
        lessons.publish(db, fire, classroom.clock.now, by=classroom.account(PRIYA))
    assert [lesson for _, lesson in classroom.versions()] == [fire]


def drafts_lesson_id(classroom: Classroom) -> int:
    with classroom.database.reading() as db:
        return next(row.id or 0 for row in lessons.rows(db) if row.key == "fire")


def test_a_rehearsal_is_no_version_of_the_lesson_and_is_offered_nowhere(classroom: Classroom) -> None:
    fire = classroom.fire
    other = fire.model_copy(update={"facts": tuple(f.model_copy(update={"text": "new"}) for f in fire.facts)})
    with classroom.database.transaction() as db:
        version_id = lessons.freeze_for_rehearsal(db, other, classroom.clock.now)
        assert lessons.version(db, version_id).steps == fire.steps
        numbers = [one.number for one in lessons.versions_of(db, drafts_lesson_id(classroom))]
        assert (numbers, [row.key for row in lessons.rows(db)]) == ([1], ["fire"])
        assert db.exec(select(FactRow.text)).first() != "new"
    assert [lesson.key for _, lesson in classroom.versions()] == ["fire"]


def test_a_signature_is_under_these_words_only(classroom: Classroom) -> None:
    fact = classroom.fire.facts[0]
    with classroom.database.transaction() as db:
        for _ in range(2):
            facts.sign(db, fact, agency_id=1, account_id=classroom.account(PRIYA), on=classroom.clock.now.date())
    with classroom.database.reading() as db:
        found = facts.signatures(db)
    assert [one.by for one in found[fact.key, facts.text_hash(fact)]] == ["Priya"]
    assert (fact.key, facts.text_hash(fact.model_copy(update={"text": "Other words"}))) not in found
