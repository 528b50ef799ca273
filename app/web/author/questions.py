"""The quiz of a lesson: its questions in order, what children may believe, and the question builder."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from app.content import belief_rows
from app.content.lesson_starts import new_question
from app.content.named_facts import boxes
from app.content.question_bodies import WORDS
from app.content.question_forms import fields_of_question, next_id, question_from
from app.content.questions.kinds import IN_QUIZ
from app.content.quiz_sketch import read_question
from app.content.sketch import one_line
from app.content.yaml_pieces import Value
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.lesson import CONFIDENCE
from app.domain.quiz import LONGEST_EXPLANATION, LONGEST_OPTION, LONGEST_QUESTION
from app.store import drafts
from app.store.database import Db
from app.web.author.desk import Desk, Typed, fingerprint, open_desk, save, saved
from app.web.author.page import finding_face, frame, told_findings
from app.web.author.preview import FRAMES, of_question, pictures_of, steps_of
from app.web.author.steps import facts_of, spot_image
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, clock_time, see_other, wants_json

LIMITS = {"question": LONGEST_QUESTION, "option": LONGEST_OPTION, "explanation": LONGEST_EXPLANATION}
MOVED_ON = "Somebody has added or removed a question meanwhile. Look at the questions again."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_quiz(router, pages)
    _add_builder(router, pages)
    return router


def _add_quiz(router: APIRouter, pages: Pages) -> None:
    @router.get("/author/lessons/{key}/quiz")
    def quiz(key: str, app: App, who: SignedIn, missing: bool = False) -> Response:
        with app.database.reading() as db:
            page = _quiz_page(db, app, open_desk(db, app, who, key), is_asked=missing)
            return pages.page("author/quiz.html", **page)

    @router.post("/author/lessons/{key}/quiz")
    def save_quiz(key: str, request: Request, app: App, who: SignedIn, form: Typed) -> Response:
        """The quiz's title, and what children may believe."""
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            sketch = desk.texts.quiz_sketch
            if sketch.values is None:
                raise Invalid("The head of this quiz file cannot be read. Put its text right first.")
            made = sketch.with_values(typed_quiz(form, sketch.misconceptions))
            if form.get("read") != fingerprint(sketch.head) and made.head != sketch.head:
                raise Conflict("Somebody has changed the quiz meanwhile. Go back, and look at it again.")
            desk = save(db, app, desk, "quiz", quiz=made.text)
            faces = [finding_face(desk, one) for one in desk.checked.of("quiz")]
            read = fingerprint(desk.texts.quiz_sketch.head)
            return saved(request, desk, f"{desk.address}/quiz", read=read, findings=faces)

    @router.post("/author/lessons/{key}/questions")
    def add(key: str, app: App, who: SignedIn) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            sketch = desk.texts.quiz_sketch
            ids = tuple(str((read_question(text) or {}).get("id", "")) for text in sketch.questions)
            name = next_id(ids, desk.draft.topic_key)
            made = sketch.with_questions([*sketch.questions, new_question(name)])
            save(db, app, desk, f"questions/{name}", quiz=made.text)
        return see_other(f"/author/lessons/{key}/questions/{name}")

    @router.post("/author/lessons/{key}/questions/order")
    def order(
        key: str,
        app: App,
        who: SignedIn,
        part: Annotated[str, Form()] = "",
        by: Annotated[int, Form(ge=-1, le=1)] = 0,
        order: Annotated[str, Form()] = "",
    ) -> Response:
        """One question up or down, or all in the order to which they were dragged."""
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            sketch = desk.texts.quiz_sketch
            texts = dict(zip(sketch.keys, sketch.questions, strict=True))
            wanted = order.split(",") if order else _moved(list(sketch.keys), part, by)
            if sorted(wanted) != sorted(texts):
                raise Conflict(MOVED_ON)
            save(db, app, desk, "quiz", quiz=sketch.with_questions([texts[one] for one in wanted]).text)
        return see_other(f"/author/lessons/{key}/quiz")

    @router.post("/author/lessons/{key}/questions/{question}/remove")
    def remove(key: str, question: str, app: App, who: SignedIn) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            question_of(desk, question)
            sketch = desk.texts.quiz_sketch
            kept = [text for one, text in zip(sketch.keys, sketch.questions, strict=True) if one != question]
            save(db, app, desk, "quiz", quiz=sketch.with_questions(kept).text)
        return see_other(f"/author/lessons/{key}/quiz")


def typed_quiz(form: dict[str, str], known: dict[str, str]) -> dict[str, Value | None]:
    """The title, and what children may believe, a sentence in each row."""
    return {"title": one_line(form.get("title", ""))[:80], "misconceptions": belief_rows.typed(form, known) or ""}


def _is_new(text: str, question: str) -> bool:
    return text.strip() == new_question(question).strip()


def _moved(keys: list[str], question: str, by: int) -> list[str]:
    if question not in keys:
        raise Conflict(MOVED_ON)
    place = keys.index(question)
    if 0 <= place + by < len(keys):
        keys[place], keys[place + by] = keys[place + by], keys[place]
    return keys


def question_of(desk: Desk, question: str) -> str:
    """Raises NotFound."""
    text = desk.texts.quiz_sketch.question(question)
    if text is None:
        raise NotFound("We could not find that question. Somebody may have taken it out.")
    return text


def _quiz_page(db: Db, app: Parts, desk: Desk, *, is_asked: bool) -> dict[str, Any]:
    sketch = desk.texts.quiz_sketch
    shown = [fields_of_question(text) for text in sketch.questions]
    return frame(db, app, desk, "quiz") | {
        "may_edit": desk.may("edit_lesson"),
        "read": fingerprint(sketch.head),
        "is_plain": sketch.values is not None,
        "quiz_title": (sketch.values or {}).get("title", ""),
        "beliefs": belief_rows.rows(sketch.misconceptions, desk.draft.topic_key),
        "questions": [
            {
                "key": key,
                "text": one.question or ("Edited as text" if one.raw else "No words yet"),
                "is_anchor": one.is_anchor,
                "is_reserve": one.is_reserve,
                "problems": len([x for x in desk.checked.of("questions", key) if not x.is_warning]),
            }
            for key, one in zip(sketch.keys, shown, strict=True)
        ],
        "anchors": sum(one.is_anchor for one in shown),
        "always_asked": [question.text for question in CONFIDENCE],
        **told_findings(desk, "quiz", "", is_new=not (shown or sketch.misconceptions), is_asked=is_asked),
    }


def _add_builder(router: APIRouter, pages: Pages) -> None:
    @router.get("/author/lessons/{key}/questions/{question}")
    def builder(key: str, question: str, app: App, who: SignedIn, missing: bool = False) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            page = _builder_page(db, app, desk, question, question_of(desk, question), is_asked=missing)
            return pages.page("author/question.html", **page)

    @router.post("/author/lessons/{key}/questions/{question}")
    def save_question(key: str, question: str, request: Request, app: App, who: SignedIn, form: Typed) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            before = question_of(desk, question)
            text = question_from(form, before)
            if form.get("read") != fingerprint(before) and fingerprint(text) != fingerprint(before):
                return _conflict(pages, request, db, app, desk, question, text)
            sketch = desk.texts.quiz_sketch
            place = sketch.keys.index(question)
            made = sketch.with_question(question, text)
            desk = save(db, app, desk, f"questions/{question}", quiz=made.text)
            name = desk.texts.quiz_sketch.keys[place]  # its id may have been changed
            faces = [finding_face(desk, one) for one in desk.checked.of("questions", name)]
            address = f"{desk.address}/questions/{name}"
            read = fingerprint(desk.texts.quiz_sketch.questions[place])
            return saved(request, desk, address, read=read, findings=faces, moved_to=address)


def _conflict(pages: Pages, request: Request, db: Db, app: Parts, desk: Desk, question: str, mine: str) -> Response:
    by, at = drafts.name_of(db, desk.draft.edited_by), clock_time(desk.draft.edited_at)
    sentence = (
        f"{by} changed this question at {at}. Your text is still here. Look at both, then keep one or join them."
    )
    if wants_json(request):
        return JSONResponse({"say": sentence, "conflict": True}, status_code=409)
    both = {"sentence": sentence, "theirs": question_of(desk, question), "their_name": by}
    page = _builder_page(db, app, desk, question, mine) | both
    return pages.page("author/question.html", status=409, **page)


def _builder_page(
    db: Db, app: Parts, desk: Desk, question: str, text: str, *, is_asked: bool = False
) -> dict[str, Any]:
    sketch = desk.texts.quiz_sketch
    place, shown = sketch.keys.index(question), fields_of_question(text)
    around = {"before": place - 1, "after": place + 1}
    near = {name: sketch.keys[n] if 0 <= n < len(sketch.keys) else "" for name, n in around.items()}
    return frame(db, app, desk, "quiz") | {
        "question": question,
        "number": place + 1,
        "of": len(sketch.keys),
        "near": near,
        "shown": shown,
        "kinds_in_quiz": [(kind, words) for kind, words in WORDS.items() if kind in IN_QUIZ],
        "pictures": pictures_of(desk),
        "spot_image": spot_image(desk, shown.body),
        "read": fingerprint(question_of(desk, question)),
        "may_edit": desk.may("edit_lesson"),
        "misconceptions": sketch.misconceptions,
        "facts": boxes(facts_of(desk), shown.facts),
        "limits": LIMITS,
        **told_findings(desk, "questions", question, is_new=_is_new(text, question), is_asked=is_asked),
        "frames": FRAMES,
        "frame_query": f"question={question}",
        "steps_to_see": steps_of(of_question(desk, question)),
        "sentence": "",
        "theirs": "",
        "their_name": "",
    }
