"""Draws the console of a live session for one of its presenters: for the page, a push and a GET alike."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from app.domain import console
from app.domain.console import ClassLine, Light
from app.domain.errors import NotAllowed
from app.domain.lesson import Asking, Pledge
from app.domain.presenter import Presenter, must_lead
from app.domain.questions.question import without_sure
from app.domain.quiz import NOT_SURE
from app.domain.run import LAST_ROUND, Place, after_order, has_feedback, next_words
from app.domain.shown import marks_of, show, way_of
from app.domain.teacher_question import MESSAGES, may_go_on_air
from app.live.console_view import ConsoleView
from app.live.consoles import PANELS
from app.live.messages import message
from app.store.live_sessions import OpenSession
from app.web.pages import Pages
from app.web.story import WayOn, ways_on

WAIT_FOR = 80
"""Percent of the answers for which a presenter is asked to wait; nothing is closed by itself."""
MOST_BARS = 8
LIGHTS: dict[Light, str] = {
    "lost": "lost",
    "slow": "slow",
    "holding": "holding",
    "getting_ready": "getting ready",
    "with_you": "with you",
    "ended": "finished",
    "not_opened": "not opened",
}


class ConsolePanels:
    """Every panel of a console; the same view looks different to who holds it and to who does not."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def render(self, view: ConsoleView, account_id: int) -> dict[str, str]:
        """Panel -> the whole message of the protocol."""
        context = self.context(view, account_id)
        return {panel: self._message(panel, view, context) for panel in PANELS}

    def one(self, panel: str, view: ConsoleView, account_id: int) -> str:
        return self._message(panel, view, self.context(view, account_id))

    def _message(self, panel: str, view: ConsoleView, context: Mapping[str, Any]) -> str:
        html = self._pages.render(f"present/_{panel}.html", **context)
        if panel != "stage":
            # Without a number: what is the same as before is not sent again, and one sender sends it all.
            return message(kind="panel", panel=panel, epoch=0, seq=0, html=html)
        stage = view.session.stage
        return message(
            kind="panel",
            panel=panel,
            epoch=view.session.holder_epoch,
            seq=stage.seq,
            phase=phase_of(view.session),
            html=html,
        )

    def context(self, view: ConsoleView, account_id: int) -> dict[str, Any]:
        session = view.session
        shown = show(session.stage, session.plan, session.seed)
        me = _presenter(view, account_id)
        told = console.together(view.lines, session.stage)
        bars = _bars(session, told.counts)
        ways = ways_on(session.plan, session.stage, session.seed, told.counts)
        return {
            "session": _face(session, view, me),
            "ways": ways,
            "me": me,
            "holder": view.holder,
            "holder_is_gone": view.holder_is_gone,
            "presenters": [SimpleNamespace(who=one, part=_part(session, one)) for one in view.presenters],
            "shown": shown,
            "phase": phase_of(session),
            "after": _after(session, ways),
            "notes": _notes(session),
            "totals": console.totals(view.lines, session.stage),
            "rows": [_row(line, session) for line in view.lines],
            "not_ready": sum(line.light == "getting_ready" for line in view.lines),
            "together": told,
            "bars": bars,
            "not_sure": without_sure(told.counts).get(NOT_SURE, 0),
            "waits_for": WAIT_FOR if session.stage.phase == "open" and told.percent < WAIT_FOR else 0,
            "questions": {
                state: [one for one in view.questions if one.state == state]
                for state in ("on_air", "new", "parked", "answered")
            },
            "may_go_on_air": may_go_on_air(session.stage),
            "messages": MESSAGES,
            "note": view.note,
            "clock": _clock(view),
        }


def phase_of(session: OpenSession) -> str:
    if session.ended_at is not None:
        return "ended"
    return "calm" if session.paused else session.stage.phase


def _presenter(view: ConsoleView, account_id: int) -> Presenter | None:
    if view.holder is not None and view.holder.account_id == account_id:
        return view.holder
    return next((one for one in view.presenters if one.account_id == account_id), None)


def _face(session: OpenSession, view: ConsoleView, me: Presenter | None) -> SimpleNamespace:
    stage, plan = session.stage, session.plan
    holds = me is not None and session.holder_account_id == me.account_id and session.ended_at is None
    return SimpleNamespace(
        id=session.id,
        seq=stage.seq,
        holder_epoch=session.holder_epoch,
        is_rehearsal=session.is_rehearsal,
        video_url=session.video_url,
        has_ended=session.ended_at is not None,
        paused=session.paused,
        holds=holds,
        leads_all=me is None or me.leads_all,
        may_go_on=holds and me is not None and _may_go_on(session, me),
        is_waiting=stage.is_rules,
        next_words=next_words(stage, plan),
        can_back=stage.phase != "open" and (plan.index(stage) > 0 or stage.phase == "finished"),
        can_reopen=stage.phase == "closed" and stage.round < LAST_ROUND and has_feedback(plan, stage),
        step_number=plan.index(stage) + 1,
        steps_total=len(plan.places),
        modules=[lesson.title for lesson in plan.lessons],
        is_asking=_asks(plan.at(stage)) is not None,
    )


def _may_go_on(session: OpenSession, me: Presenter) -> bool:
    try:
        after, _ = after_order(session.stage, "next", session.plan, session.reached)
        must_lead(me, session.stage, after, session.plan)
    except NotAllowed:
        return False
    return True


def _part(session: OpenSession, presenter: Presenter) -> str:
    """What somebody was given to lead, in words."""
    if presenter.leads_all:
        return "everything"
    if presenter.module is not None:
        return session.plan.lessons[presenter.module].title
    return f"the steps of {presenter.agency}"


def _after(session: OpenSession, ways: Sequence[WayOn]) -> SimpleNamespace | None:
    """What *Next* leads to: words, and what kind of picture it is."""
    try:
        to = way_of(session.plan, session.stage, session.seed, ways[0].letter if ways else "")
        stage, kind = after_order(session.stage, "next", session.plan, session.reached, to)
    except NotAllowed:
        return None
    shown = show(stage, session.plan, session.seed)
    match kind:
        case "open":
            return SimpleNamespace(words="Classes answer on their devices", picture="question")
        case "close":
            return SimpleNamespace(words="The question is closed, everybody looks up", picture="question")
        case "reveal":
            letter = shown.reveal.letter if shown.reveal else ""
            words = f"{letter} is the safest answer" if letter else "The answers are shown"
            return SimpleNamespace(words=words, picture="bars")
        case "finish":
            return SimpleNamespace(words="Thank you. Each class counts and finishes", picture="slide")
        case _:
            words = shown.question.text if shown.question else shown.title
            return SimpleNamespace(words=words, picture="question" if shown.question else "slide")


def _notes(session: OpenSession) -> SimpleNamespace:
    here = session.plan.at(session.stage)
    if here is None:
        return SimpleNamespace(presenter="", teacher="")
    return SimpleNamespace(presenter=here.step.presenter_note, teacher=here.step.teacher_note)


def _asks(place: Place | None) -> Asking | Pledge | None:
    return place.step if place is not None and isinstance(place.step, Asking | Pledge) else None


def _bars(session: OpenSession, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Answers per option in the order shown; the longest bar is 100."""
    here = session.plan.at(session.stage)
    step = _asks(here)
    if step is None or here is None:
        return []
    found = step.question.bars(counts, marks_of(here, session.seed))
    if len(found) > MOST_BARS:  # an estimate has one for each number
        most_chosen = sorted(found, key=lambda bar: -bar.n)[:MOST_BARS]
        found = tuple(bar for bar in found if bar in most_chosen and bar.n)
    most = max([*(bar.n for bar in found), 1])
    return [{**dict(bar), "share": round(100 * bar.n / most)} for bar in found]


def _row(line: ClassLine, session: OpenSession) -> SimpleNamespace:
    """One class of the list."""
    light = line.light
    seconds = round(line.silence.seconds)
    is_asked = line.run_id is not None and not line.has_ended and line.stands_with(session.stage)
    asked = is_asked and _asks(session.plan.at(line.stage)) is not None
    is_told = line.may_be_told(session.stage)
    return SimpleNamespace(
        key=line.run_id or f"class-{line.class_group_id}",
        light=light,
        words=f"{LIGHTS[light]} {lasted(seconds)}" if light in ("lost", "slow") else LIGHTS[light],
        is_trouble=console.is_trouble(line, session.stage),
        is_open=line.run_id is not None,
        school=line.school,
        label=line.label,
        mode=line.mode,
        answered=line.answered if asked else None,
        apart=_apart(line, session),
        expected=line.expected or line.joined,
        joined=line.joined,
        share=_share(line.answered, line.joined) if asked else _share(line.joined, line.expected or line.joined),
        bars=_bars(session, line.counts) if is_told else [],
    )


def _apart(line: ClassLine, session: OpenSession) -> str:
    """Where a class stands that has begun and is not where the presenter is; else nothing."""
    place = session.plan.at(line.stage)
    if line.run_id is None or line.has_ended or line.waits or place is None or line.stands_with(session.stage):
        return ""
    return f"at step {session.plan.index(line.stage) + 1}"


def _share(some: int, all_of_them: int) -> int:
    return round(100 * min(some / (all_of_them or 1), 1))


def lasted(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _clock(view: ConsoleView) -> SimpleNamespace:
    """The clock against the plan, in whole minutes."""
    session = view.session
    if session.began_at is None or session.stage.phase == "finished":
        return SimpleNamespace(now=view.now, plan=None, words="")
    minutes = (view.now - session.began_at).total_seconds() / 60
    behind = console.behind(session.plan, session.stage, minutes)
    late = round(behind)
    if late == 0:
        words = "as planned"
    else:
        words = f"{abs(late)} {'minute' if abs(late) == 1 else 'minutes'} {'behind' if late > 0 else 'ahead'}"
    return SimpleNamespace(now=view.now, plan=view.now - timedelta(minutes=behind), words=words)
