"""One class and its run seen from the store, for tests that need no pages."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import DomainError
from app.domain.lesson import Agency, Asking, Lesson, Topic
from app.domain.quiz import NOT_SURE, ChooseOne
from app.domain.run import Order
from app.main import alias_words
from app.store import (
    accounts,
    answers,
    directory,
    lessons,
    live_sessions,
    participants,
    participation,
    presenters,
    runs,
)
from app.store.answers import Answer, Outcome
from app.store.database import Database, Db
from app.store.live_sessions import OpenSession
from app.store.participants import Wish
from app.store.runs import OpenRun
from tests.cast import CORA, PRIYA, Clock, message_id
from tests.questions import a_choice

TESS_CLASS, THEO_CLASS = 1, 2
NAMES = alias_words()


@dataclass
class Classroom:
    """A database with the cast in it, and shorthand for what happens in a run."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    @property
    def fire(self) -> Lesson:
        return self.versions()[0][1]

    def versions(self) -> list[tuple[int, Lesson]]:
        with self.database.reading() as db:
            return lessons.offered(db, 1)

    def publish(self, lesson: Lesson) -> int:
        with self.database.transaction() as db:
            return lessons.publish(db, lesson, self.clock.now)

    def start(
        self,
        class_group: int = TESS_CLASS,
        versions: list[int] | None = None,
        *,
        questions: int = 8,
        kind: str = "lesson",
        present: int | None = 28,
    ) -> int:
        with self.database.transaction() as db:
            return runs.start(
                db,
                class_group,
                versions or [lessons.offered(db, 1)[0][0]],
                questions=questions,
                kind=kind,
                present=present,
                seed=secrets.token_urlsafe(16),
                now=self.clock.now,
                choose=secrets.choice,
            )

    def run(self, run_id: int) -> OpenRun:
        with self.database.reading() as db:
            return runs.read(db, run_id)

    def seat(self, run_id: int, key: str = "") -> int:
        """Seat one device; returns its participant."""
        key = key or secrets.token_urlsafe(16)
        with self.database.transaction() as db:
            wish = Wish(runs.read(db, run_id).code, directory.hashed(key))
            [outcome] = participants.join(db, [wish], NAMES, spare=3, now=self.clock.now, choose=secrets.choice)
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome.guest.id

    def give(self, run_id: int, order: Order = "next") -> OpenRun:
        with self.database.transaction() as db:
            run = runs.read(db, run_id)
            runs.give(db, run, order, seq=run.stage.seq, epoch=run.epoch, by="teacher", now=self.clock.now)
        return self.run(run_id)

    def go_to(self, run_id: int, step_key: str, phase: str = "open", *, module: int = 0) -> OpenRun:
        """Give *next* until this step is in this phase."""
        with self.database.transaction() as db:
            for _ in range(300):
                run = runs.read(db, run_id)
                if (run.stage.module, run.stage.step_key, run.stage.phase) == (module, step_key, phase):
                    return run
                runs.give(db, run, "next", seq=run.stage.seq, epoch=run.epoch, by="teacher", now=self.clock.now)
                db.flush()
                db.expire_all()
        raise AssertionError(f"never came to {step_key} {phase}")

    def calm(self, run_id: int, calm: bool) -> None:
        with self.database.transaction() as db:
            runs.set_calm(db, runs.read(db, run_id), calm=calm, by="teacher", now=self.clock.now)

    def remove(self, run_id: int, participant_id: int) -> None:
        with self.database.transaction() as db:
            runs.remove(db, runs.read(db, run_id), participant_id, self.clock.now)

    def answer(
        self, run_id: int, participant_id: int, choice: str = "", *, change: int = 1, round: int = 1, step: str = ""
    ) -> Answer:
        """An answer to the question on the stage, or to another step."""
        stage = self.run(run_id).stage
        key = step or stage.step_key
        asking = next(one for one in self.run(run_id).plan.lessons[stage.module].askings if one.key == key)
        return Answer(
            run_id=run_id,
            participant_id=participant_id,
            module=stage.module,
            step_key=key,
            round=round,
            choice=choice or a_choice(asking.question),
            change=change,
            message_id=message_id(change),
            tally_only=asking.tally_only,
            received_at=self.clock.now,
        )

    def record(self, *batch: Answer) -> list[Outcome]:
        with self.database.transaction() as db:
            return answers.record(db, batch)

    def tally(self, run_id: int) -> dict[str, int]:
        """The tally of the question on the stage."""
        run = self.run(run_id)
        here = run.plan.at(run.stage)
        assert here is not None
        secret = bool(getattr(here.step, "tally_only", False))
        with self.database.reading() as db:
            return answers.sheet(db, run_id, run.stage, tally_only=secret).counts

    def teach(self, run_id: int, knows: dict[int, tuple[int, int]], *, module: int = 0) -> None:
        """Run a module to its end. Participant -> how many anchors it has right before and after."""
        lesson = self.run(run_id).plan.lessons[module]
        for step in lesson.askings:
            if not isinstance(step, Asking) or not step.is_anchor:
                continue
            self.go_to(run_id, step.key, module=module)
            place = [one.key for one in anchors(lesson, step.purpose)].index(step.key)
            batch = [
                self.answer(
                    run_id, who, choice_of(step, right=place < (before if step.purpose == "before" else after))
                )
                for who, (before, after) in knows.items()
            ]
            self.record(*batch)
        self.go_to(run_id, lesson.steps[-1].key, "content", module=module)

    def finish(self, run_id: int, present: int | None = 28) -> None:
        with self.database.transaction() as db:
            if present is not None:
                runs.confirm_present(db, run_id, present, self.clock.now)
                db.flush()
            participation.finish(db, runs.read(db, run_id), by="teacher", now=self.clock.now)

    # A live session

    def account(self, email: str) -> int:
        with self.database.reading() as db:
            row = accounts.account_by_email(db, email)
            assert row is not None
            return row.id or 0

    def lead(self, versions: list[int] | None = None, *, email: str = PRIYA, questions: int = 8) -> int:
        """Open a live session's lobby."""
        account = self.account(email)
        with self.database.transaction() as db:
            return live_sessions.start(
                db,
                1,
                versions or [lessons.offered(db, 1)[0][0]],
                questions=questions,
                account_id=account,
                planned_minutes=45,
                seed=secrets.token_urlsafe(16),
                now=self.clock.now,
            )

    def session(self, session_id: int) -> OpenSession:
        with self.database.reading() as db:
            return live_sessions.read(db, session_id)

    def check_in(
        self,
        session_id: int,
        class_group: int = TESS_CLASS,
        *,
        kind: str = "lesson",
        left_out: tuple[tuple[int, str], ...] = (),
    ) -> int:
        with self.database.transaction() as db:
            return live_sessions.check_in(
                db,
                live_sessions.read(db, session_id),
                class_group,
                present=28,
                now=self.clock.now,
                choose=secrets.choice,
                kind=kind,
                left_out=left_out,
            )

    def follow(self, session_id: int, class_group: int = TESS_CLASS, **ways: Any) -> int:
        """Check a class in; its teacher says at once that it is ready."""
        run_id = self.check_in(session_id, class_group, **ways)
        self.rejoin(run_id)
        return run_id

    def cue(self, session_id: int, order: Order = "next") -> OpenSession:
        """The presenter's order."""
        with self.database.transaction() as db:
            lead_on(db, session_id, order, self.clock)
        return self.session(session_id)

    def cue_to(self, session_id: int, step_key: str, phase: str = "open", *, module: int = 0) -> OpenSession:
        """The presenter gives *next* until this step is in this phase."""
        with self.database.transaction() as db:
            for _ in range(300):
                session = live_sessions.read(db, session_id)
                if (session.stage.module, session.stage.step_key, session.stage.phase) == (module, step_key, phase):
                    return session
                lead_on(db, session_id, "next", self.clock)
        raise AssertionError(f"never came to {step_key} {phase}")

    def pause(self, session_id: int, paused: bool) -> None:
        with self.database.transaction() as db:
            now = live_sessions.read(db, session_id)
            live_sessions.set_paused(
                db,
                now,
                paused=paused,
                holder_epoch=now.holder_epoch,
                by=now.holder_account_id or 0,
                now=self.clock.now,
            )

    def take_console(self, session_id: int, email: str) -> None:
        """The console goes to a coordinator, or to a presenter, who is given the first module."""
        account = self.account(email)
        with self.database.reading() as db:
            known = {one.account_id for one in presenters.of_session(db, session_id)}
        if email != CORA and account not in known:
            self.give_module(session_id, email)
        with self.database.transaction() as db:
            live_sessions.take_console(db, live_sessions.read(db, session_id), account, now=self.clock.now)

    def give_module(self, session_id: int, email: str, module: int | None = 0) -> None:
        """A presenter may lead this module of the session; None: the steps of the own agency."""
        account = self.account(email)
        with self.database.transaction() as db:
            agency = next(one.agency_id for one in presenters.candidates(db, 1) if one.account_id == account)
            presenters.add(db, session_id, account, agency_id=agency, module=module)

    def end_session(self, session_id: int) -> list[int]:
        with self.database.transaction() as db:
            now = live_sessions.read(db, session_id)
            holder = now.holder_account_id or 0
            return live_sessions.end(db, now, holder_epoch=now.holder_epoch, by=holder, now=self.clock.now)

    def hold(self, run_id: int) -> OpenRun:
        with self.database.transaction() as db:
            run = runs.read(db, run_id)
            runs.hold(db, run, epoch=run.epoch, by="teacher", now=self.clock.now)
        return self.run(run_id)

    def rejoin(self, run_id: int) -> OpenRun:
        with self.database.transaction() as db:
            run = runs.read(db, run_id)
            runs.rejoin(db, run, epoch=run.epoch, by="teacher", now=self.clock.now)
        return self.run(run_id)

    def take_back(self, run_id: int) -> OpenRun:
        with self.database.transaction() as db:
            participation.take_back(db, runs.read(db, run_id), self.clock.now)
        return self.run(run_id)

    def purge(self) -> int:
        """Purge what ended before now."""
        with self.database.transaction() as db:
            purged = len(runs.purge(db, self.clock.now, self.clock.now))
        self.database.forget_deleted()
        return purged


def lead_on(db: Db, session_id: int, order: Order, clock: Clock) -> None:
    """The holder's order, whatever the session shows now."""
    now = live_sessions.read(db, session_id)
    live_sessions.give(
        db,
        now,
        order,
        seq=now.stage.seq,
        holder_epoch=now.holder_epoch,
        by=now.holder_account_id or 0,
        now=clock.now,
    )


def anchors(lesson: Lesson, purpose: str) -> list[Asking]:
    return [s for s in lesson.steps if isinstance(s, Asking) and s.is_anchor and s.purpose == purpose]


def choice_of(step: Asking, *, right: bool) -> str:
    """A stored choice that is right, or *not sure*."""
    assert isinstance(step.question, ChooseOne)
    return step.question.correct.key if right else NOT_SURE


def water_lesson(fire: Lesson) -> Lesson:
    """The fire lesson under another name, led by the RNLI and supported by HM Coastguard: a second module."""
    rnli = Agency(key="rnli", name="RNLI")
    return fire.model_copy(
        update={
            "key": "water",
            "title": "Float to live",
            "topic": Topic(key="water", name="Water"),
            "lead": rnli,
            "supports": (Agency(key="hm-coastguard", name="HM Coastguard"),),
            "facts": (),
            "steps": tuple(step.model_copy(update={"lead": rnli}) for step in fire.steps),
        }
    )
