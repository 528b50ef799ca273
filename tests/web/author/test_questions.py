"""The quiz and the question builder."""

from app.content.quiz_sketch import QuizSketch
from tests.authors import JSON, author
from tests.cast import FAY, World
from tests.web.author.test_lessons import draft, order_of

F1 = "/questions/F1"


def test_the_builder_shows_a_question_and_keeps_what_is_typed(world: World) -> None:
    priya = author(world)
    form = priya.form(F1)
    assert form["option-1"] == "Shout to wake everyone and get out"
    assert (form["right"], form["misconception-2"], form["anchor"]) == ("1", "FM1", "on")
    saved = priya.send(F1, form | {"question": "The alarm sounds: what first?", "option-4": "", "right": "2"})
    assert saved.status_code == 303
    kept = QuizSketch.cut(draft(world).quiz_text).question("F1") or ""
    assert 'question: "The alarm sounds: what first?"' in kept
    assert "right: Hide under the bed and wait for help [FM1]" in kept
    assert "Pack your bag" not in kept


def test_every_other_question_stays_letter_by_letter(world: World) -> None:
    before = QuizSketch.cut((world.settings.quizzes_dir / "fire.yaml").read_text())
    author(world).type("/questions/F2", why="Because.")
    after = QuizSketch.cut(draft(world).quiz_text)
    assert (after.head, after.questions[0], after.questions[2:]) == (
        before.head,
        before.questions[0],
        before.questions[2:],
    )


def test_limits_are_told_beside_the_field(world: World) -> None:
    priya = author(world)
    long = {"question": "x" * 111, "option-1": "y" * 61, "why": "z" * 161}
    told = priya.autosave(F1, priya.form(F1) | long)
    assert {one["field"] for one in told.json()["findings"]} >= {"question", "right", "why"}
    page = priya.page(F1)
    for words in ("111 of 110", "61 of 60", "161 of 160", "A question may have 110 at most."):
        assert words in page


def test_a_question_is_added_filled_in_and_taken_out(world: World) -> None:
    priya = author(world)
    assert priya.send("/questions").headers["location"] == "/author/lessons/fire/questions/F11"
    assert 'href="/author/lessons/fire/questions/F11#' in priya.page()
    new = "/questions/F11"
    form = priya.form(new) | {"question": "Who may call 999?", "option-1": "Anybody", "option-2": "Adults only"}
    form |= {"right": "1", "misconception-2": "FM11", "why": "Children may call as well.", "fact-FIR-15": "on"}
    priya.send(new, form)
    assert "Nothing is missing" in priya.page()
    priya.send("/questions/F11/remove")
    assert "F11" not in order_of(priya.page("/quiz"))
    assert priya.send("/questions/F11/remove").status_code == 404


def test_questions_are_moved_by_button_and_by_dragging(world: World) -> None:
    priya = author(world)
    priya.send("/questions/order", part="F2", by="-1")
    assert order_of(priya.page("/quiz"))[:2] == ["F2", "F1"]
    dragged = [*reversed(order_of(priya.page("/quiz")))]
    priya.send("/questions/order", order=",".join(dragged))
    assert order_of(priya.page("/quiz")) == dragged
    for nonsense in ({"order": "F1,F2"}, {"part": "F99", "by": "1"}):
        assert priya.send("/questions/order", nonsense).status_code == 409


def test_two_people_on_one_question_are_shown_both_texts(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    seen = priya.form(F1)
    fay.type(F1, why="Of Fay.")
    both = priya.send(F1, seen | {"why": "Of Priya."})
    assert both.status_code == 409
    assert "What Fay wrote" in both.text
    assert "why: Of Fay." in both.text
    assert ">Of Priya.</textarea>" in both.text
    assert priya.autosave(F1, seen | {"why": "Of Priya."}).json()["conflict"]


def test_a_question_that_gets_another_name_has_another_address(world: World) -> None:
    priya = author(world)
    told = priya.autosave(F1, priya.form(F1) | {"id": "F50"})
    assert told.json()["moved_to"] == "/author/lessons/fire/questions/F50"
    assert priya.client.get(priya.address + F1).status_code == 404
    assert (
        priya.autosave("/questions/F50", priya.form("/questions/F50") | {"id": "F2"})
        .json()["moved_to"]
        .endswith("/place-1")
    )


def test_title_and_misconceptions_are_changed(world: World) -> None:
    priya = author(world)
    before = QuizSketch.cut((world.settings.quizzes_dir / "fire.yaml").read_text()).misconceptions
    last = max(int(code.removeprefix("FM")) for code in before)
    new = f"FM{last + 1}"
    form = priya.form("/quiz")
    assert form[f"belief-{new}"] == ""
    typed = {"title": "Fire: before and after", "belief-FM1": "Hide", "belief-FM2": " ", f"belief-{new}": "New: yes"}
    assert priya.send("/quiz", form | typed).status_code == 303
    sketch = QuizSketch.cut(draft(world).quiz_text)
    kept = {code: words for code, words in before.items() if code != "FM2"}
    assert sketch.misconceptions == kept | {"FM1": "Hide", new: "New: yes"}
    assert "# One quiz, one file." in sketch.head
    assert "FM2" in priya.page()  # answers that name what is gone are told


def test_a_question_without_a_fact_names_one_of_the_lesson_to_tick(world: World) -> None:
    priya = author(world)
    boxes = {name: value for name, value in priya.form(F1).items() if not name.startswith("fact-")}
    priya.send(F1, boxes | {"facts-listed": "1"})
    assert "Tick the fact behind it, such as FIR-01." in priya.page()
    priya.type(F1, fact_FIR_02="on")
    assert "Nothing is missing" in priya.page()
    assert "    facts: FIR-02\n" in (QuizSketch.cut(draft(world).quiz_text).question("F1") or "")


def test_a_new_question_is_not_called_wrong_before_it_is_written(world: World) -> None:
    priya = author(world)
    priya.send("/questions")
    new = "/questions/F11"
    assert 'class="wrong"' not in priya.page(new)
    assert 'class="wrong"' in priya.page(f"{new}?missing=1")
    priya.type(new, question="What now?")
    assert 'class="wrong"' in priya.page(new)


def test_a_question_is_shown_as_typed_before_it_is_saved(world: World) -> None:
    priya = author(world)
    typed = priya.form(F1) | {"question": "Not saved yet?", "phase": "open"}
    told = priya.client.post(f"{priya.address}{F1}/preview", data=typed, headers=JSON).json()
    assert "Not saved yet?" in told["screen"]
    assert "Not saved yet?" in told["pupil"]
    assert "Question 1" not in told["screen"]
    shown = priya.client.post(f"{priya.address}{F1}/preview", data=typed | {"phase": "revealed"}, headers=JSON).json()
    assert "The safest answer is" in shown["screen"]


def test_hostile_words_in_a_question_are_only_words(world: World) -> None:
    priya = author(world)
    evil = "<script>alert(1)</script>: {{ 7 }} *a &b !c | > - \"'\n- id: F2\n  why: x"
    fields = dict.fromkeys(("question", "option-1", "option-2", "why", "talk", "misconception-2"), evil)
    before = order_of(priya.page("/quiz"))
    priya.send(F1, priya.form(F1) | fields | {"right": "1"})
    assert order_of(priya.page("/quiz")) == before
    for page in (priya.page(F1), priya.page("/quiz"), priya.page(), priya.page("/preview?question=F1")):
        assert "<script>alert" not in page
    form = priya.form(F1)
    assert form["question"] == " ".join(evil.split())


def test_a_quiz_that_is_no_yaml_is_still_shown_and_its_lesson_too(world: World) -> None:
    priya = author(world)
    priya.type(F1, why="Changed.")
    with world.parts.database.transaction() as db:
        db.connection().exec_driver_sql("UPDATE draft SET quiz_text = 'title: [' || quiz_text")
    for path in ("", "/quiz", "/walk", "/review", F1, "/facts"):
        priya.page(path)
    assert priya.send("/quiz", {"title": "x"}).status_code == 422
