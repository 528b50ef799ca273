"""Draws panels: the same function for a page, a push and a GET, so that they cannot differ."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import segno
from markupsafe import Markup, escape

from app.domain.lesson import Asking, Pledge
from app.domain.questions.question import NOT_SURE, SURE, how_sure, without_sure
from app.domain.run import LAST_ROUND, Stage, has_feedback, next_words
from app.domain.shown import Shown, ShownQuestion, asking_name, marks_of, show
from app.live.messages import message
from app.live.pulse import Presence
from app.live.seat import Audience
from app.live.shared import Shared
from app.live.snapshot import Snapshot, shown_key
from app.settings import Settings
from app.store.participants import Guest
from app.store.runs import OpenRun
from app.web.pages import Pages
from app.web.story import ways_on

TEMPLATES = {
    "screen": "runs/_screen_{panel}.html",
    "controls": "runs/_controls_{panel}.html",
}

ALIAS, ANIMAL, RUN_KEY = "\ue000", "\ue001", "\ue002"
"""Places for what is one pupil's own; no text has these characters, which Unicode leaves to private use."""

SAY_WHEN = (
    ("A pupil starts a real story", "Thank you for trusting me. Let's talk straight after, just us."),
    (
        "“We had a fire”",
        "That must have been very hard. You can sit this one out if you like. (Calm screen; tell your DSL.)",
    ),
    ("“I did that”", "You are not in trouble for telling me."),
    ("“Will we die?”", "These things are rare. Today we learn what to do, and you have just learned it."),
    (
        "Laughing at a name or an answer",
        "Remind the class of the ground rule and move on. Never read out who answered what.",
    ),
)
"""What to say when (content brief 3.1); on adults' screens only."""


class Panels:
    """Draws every panel of a run for its audience."""

    def __init__(
        self,
        pages: Pages,
        settings: Settings,
        *,
        is_slow: Callable[[], bool] = lambda: False,
        presence: Callable[[int, int], Presence] = lambda session_id, holder: "here",
    ) -> None:
        self._pages = pages
        self._presence = presence
        self._is_slow = is_slow
        self._address = settings.base_address
        self._stages: Shared[Markup] = Shared()
        self._pupils_pages: Shared[str] = Shared()

    def render(self, audience: Audience, panel: str, snapshot: Snapshot) -> str:
        """The whole `panel` message of the protocol for one audience."""
        html = self._html(audience, panel, snapshot)
        run = snapshot.run
        if panel != "stage":
            return message(kind="panel", panel=panel, epoch=run.epoch, seq=snapshot.revision, html=html)
        shown = show(run.stage, run.plan, run.seed)
        question = shown.question
        return message(
            kind="panel",
            panel=panel,
            epoch=run.epoch,
            seq=run.stage.seq,
            phase=phase_of(run),
            asking=question.asking if question else "",
            round=run.stage.round,
            **_choices(question),
            html=html,
        )

    def pupils_stage(self, snapshot: Snapshot) -> Markup:
        """What stands on every pupil's device, drawn once for all runs that show the same."""

        def draw() -> Markup:
            return Markup(self._pages.render("play/_stage.html", **self.context("pupil", snapshot)))

        return self._stages.of(shown_key(snapshot.run), draw)

    def pupils_page(self, snapshot: Snapshot, guest: Guest, run_key: str, *, is_new: bool) -> str:
        """The whole page of one pupil; drawn once for all to whom it differs by their name and key alone."""
        me = own_face(snapshot, guest) | {
            "can_deal_again": guest.deals < 3 and snapshot.run.stage.phase == "lobby",
            "is_new": is_new and snapshot.run.ended_at is None,
        }

        def draw() -> str:
            context = self.context("pupil", snapshot) | {"stage": self.pupils_stage(snapshot)}
            nobody = me | {"alias": ALIAS, "animal": ANIMAL}
            return self._pages.render("play/page.html", **context, me=nobody, run_key=RUN_KEY)

        same = tuple(value for name, value in me.items() if name not in ("alias", "animal"))
        page = self._pupils_pages.of((shown_key(snapshot.run), same), draw)
        for place, own in ((ALIAS, me["alias"]), (ANIMAL, me["animal"]), (RUN_KEY, run_key)):
            page = page.replace(place, str(escape(own)))
        return page

    def _html(self, audience: Audience, panel: str, snapshot: Snapshot) -> str:
        if audience == "pupil":
            return self.pupils_stage(snapshot)
        return self._pages.render(TEMPLATES[audience].format(panel=panel), **self.context(audience, snapshot))

    def context(self, audience: Audience, snapshot: Snapshot) -> dict[str, Any]:
        """What the templates of this audience are given; pupils get nothing that is not the same for all."""
        run = snapshot.run
        shown = show(run.stage, run.plan, run.seed)
        base = {
            "shown": shown,
            "phase": phase_of(run),
            "is_rehearsal": run.is_rehearsal,
            "questions_asked": run.questions_asked,
        }
        if audience == "pupil":
            return base
        here = run.plan.at(run.stage)
        notes = {"teacher": here.step.teacher_note, "presenter": here.step.presenter_note} if here else {}
        return base | {
            "run": _run_face(run, snapshot),
            "join_host": urlsplit(self._address).netloc,
            "qr": qr(f"{self._address}/j/{run.code}") if run.stage.phase == "lobby" else "",
            "tally": bars(snapshot, shown),
            "not_sure": snapshot.sheet.counts.get(NOT_SURE, 0),
            "sure": how_sure(snapshot.sheet.counts),
            "answered": snapshot.sheet.answered,
            "joined": len(snapshot.crowd),
            "is_slow": self._is_slow(),
            "live": self._live(snapshot),
            "ended_by": _ended_by(snapshot),
            "crowd": {
                "aliases": [{"id": g.id, "alias": g.alias, "animal": animal_of(g.alias)} for g in snapshot.crowd],
                "joined": len(snapshot.crowd),
                "expected": run.present or run.on_roll,
            },
            # Notes never stand on the classroom screen.
            "notes": notes if audience == "controls" else {},
            "say_when": SAY_WHEN if audience == "controls" else (),
            "by_hands": _by_hands(run) if audience == "controls" else None,
        }

    def _live(self, snapshot: Snapshot) -> SimpleNamespace | None:
        """The live session of the class, while there is one to join or to follow."""
        run, led = snapshot.run, snapshot.session
        if led is None or not led.is_open or run.ended_at is not None:
            return None
        return SimpleNamespace(
            led_by=led.led_by,
            presenter=led.presenter,
            video_url=led.video_url,
            presence=self._presence(led.id, led.holder),
            follows=run.following,
            waits=run.is_waiting,
            has_begun=not led.stage.is_rules,
            skips=_skips(run, led.stage),
            on_air=led.on_air if run.following else None,
            note=led.note,
            questions=[
                {
                    "id": one.id,
                    "text": one.text,
                    "is_mine": one.run_id == run.id,
                    "asks_too": run.id in one.also,
                    "also": len(one.also),
                    "state": one.state,
                }
                for one in led.questions
                if one.state != "answered"
            ],
        )

    def me(self, snapshot: Snapshot, guest: Guest) -> str:
        """The `me` panel message: a pupil's own alias and choice."""
        run = snapshot.run
        html = self._pages.render("play/_me.html", me=own_face(snapshot, guest))
        return message(kind="panel", panel="me", epoch=run.epoch, seq=run.stage.seq, html=html)


def _ended_by(snapshot: Snapshot) -> str:
    """Who ended the live session of a class that goes on by itself; empty for every other class."""
    led = snapshot.session
    return led.presenter if led is not None and not led.is_open and snapshot.run.ended_at is None else ""


def _by_hands(run: OpenRun) -> dict[str, Any] | None:
    """The question for a class without devices; empty when it is talked through, None where nothing is asked."""
    here = run.plan.at(run.stage)
    if here is None or not isinstance(here.step, Asking | Pledge):
        return None
    asked = here.step.question.without_devices()
    if asked is None:
        return {}
    where = f"{here.module}/{here.step.key}"
    return {"text": asked.text, "options": asked.face(asked.marks(run.seed, where)).options}


def _choices(question: ShownQuestion | None) -> dict[str, Any]:
    """What a device may send: of these a choice is made, and `form` says how when it is more than a tap on one."""
    if question is None:
        return {"choices": []}
    offered = [*question.choices, NOT_SURE] if question.offers_not_sure else [*question.choices]
    more = {} if question.form == "one" else {"form": question.form}
    return {"choices": offered, **more, **({"sure": SURE} if question.asks_sure else {})}


def phase_of(run: OpenRun) -> str:
    """The phase as devices know it: the calm screen and the end cover the stage."""
    if run.ended_at is not None:
        return "ended"
    return "calm" if run.cover else run.stage.phase


def own_face(snapshot: Snapshot, guest: Guest) -> dict[str, Any]:
    """What is one pupil's own: alias, and the choice saved for the question on the stage."""
    run = snapshot.run
    face: dict[str, Any] = {
        "alias": guest.alias,
        "animal": animal_of(guest.alias),
        "asking": "",
        "round": "",
        "choice": "",
        "choice_text": "",
        "change": "",
        "can_deal_again": False,
        "is_new": False,
    }
    here = run.plan.at(run.stage)
    saved = snapshot.sheet.saved.get(guest.id)
    if saved is None or here is None or not isinstance(here.step, Asking | Pledge):
        return face
    face |= {"asking": asking_name(run.seed, here), "round": run.stage.round, "change": saved.change}
    if here.step.tally_only:
        return face
    question = here.step.question
    return face | {
        "choice": question.sent_as(saved.choice, marks_of(here, run.seed)),
        "choice_text": question.said(saved.choice),
    }


def bars(snapshot: Snapshot, shown: Shown) -> list[dict[str, Any]]:
    """The tally in the order shown; the longest bar is 100."""
    run = snapshot.run
    here = run.plan.at(run.stage)
    if shown.question is None or here is None or not isinstance(here.step, Asking | Pledge):
        return []
    found = here.step.question.bars(snapshot.sheet.counts, marks_of(here, run.seed))
    most = max([*(bar.n for bar in found), without_sure(snapshot.sheet.counts).get(NOT_SURE, 0), 1])
    return [{**dict(bar), "share": round(100 * bar.n / most)} for bar in found]


def _skips(run: OpenRun, led: Stage) -> int:
    """How many steps a class that catches up leaves out."""
    return max(run.plan.index(led) - run.plan.index(run.stage) - 1, 0) if not led.is_rules else 0


@lru_cache(maxsize=1024)
def qr(address: str, *, keep_case: bool = False) -> Markup:
    """A QR picture as inline SVG. Capitals keep the code coarse, so that it scans from further away."""
    made = segno.make(address if keep_case else address.upper(), error="m", micro=False)
    return Markup(made.svg_inline(omitsize=True, border=2, dark="#14213d", light="#fff"))


def animal_of(alias: str) -> str:
    return alias.rpartition(" ")[2].lower()


def etag(message: str) -> str:
    return f'"{hashlib.sha256(message.encode()).hexdigest()[:20]}"'


def _run_face(run: OpenRun, snapshot: Snapshot) -> SimpleNamespace:
    stage = run.stage
    is_live = run.ended_at is None
    is_own = is_live and not run.following  # else its presenter moves it
    return SimpleNamespace(
        kind=run.kind,
        code=run.code,
        locked=run.locked,
        calm=run.calm,
        ended=not is_live,
        class_label=run.class_label,
        school_name=run.school,
        seq=stage.seq,
        epoch=run.epoch,
        is_rehearsal=run.is_rehearsal,
        is_recheck=run.is_recheck,
        is_rules=stage.is_rules,
        round=stage.round,
        can_reopen=is_own and stage.phase == "closed" and stage.round < LAST_ROUND and has_feedback(run.plan, stage),
        can_reveal=is_own and stage.phase == "closed" and has_feedback(run.plan, stage),
        can_back=is_own and stage.phase not in ("lobby", "open") and run.plan.index(stage) > 0,
        next_words=next_words(stage, run.plan),
        ways=ways_on(run.plan, stage, run.seed, snapshot.sheet.counts),
        step_number=run.plan.index(stage) + 1,
        steps_total=len(run.plan.places),
        present=run.present,
        joined=len(snapshot.crowd),
        on_roll=run.on_roll,
    )
