"""The authoring room: who sees which lesson, its steps, and what it says about itself."""

import shutil
from pathlib import Path

import pytest

from app.settings import ROOT
from app.store import drafts
from app.store.drafts import OpenDraft
from tests.authors import Author, author
from tests.cast import CORA, FAY, PAUL, PRIYA, RITA, World

NEW = {"title": "Stay behind the line", "topic": "Rail", "agency": "kent-fire-and-rescue-service"}


def draft(world: World, key: str = "fire") -> OpenDraft:
    with world.parts.database.reading() as db:
        return drafts.of_lesson(db, key)


def order_of(page: str) -> list[str]:
    return [piece.partition('"')[0] for piece in page.split('data-key="')[1:]]


@pytest.mark.parametrize(("who", "sees"), [(PRIYA, True), (FAY, True), (CORA, True), (PAUL, False), (RITA, False)])
def test_a_lesson_is_seen_by_its_agencies_and_their_coordinator(world: World, who: str, sees: bool) -> None:
    client = world.staff(who)
    assert ("Get out, stay out" in client.get("/author").text) is sees
    assert client.get("/author/lessons/fire").status_code == (200 if sees else 404)


def test_a_lesson_shows_its_steps_with_their_minutes(world: World) -> None:
    page = author(world).page()
    assert order_of(page) == ["precheck", "hook", "facts", "scenario", "poll", "quiz", "pledge", "take-home"]
    assert "19 minutes" in page
    assert "Words for an age of about <b>6</b>: easy to read in Year 6" in page
    assert "in 8 steps, which are 36 screens one after another" in page
    assert "a lesson has only one of each: precheck, hook," in page
    assert "Nothing is missing" in page


def test_looking_at_a_shipped_lesson_makes_no_draft(world: World) -> None:
    priya = author(world)
    for path in ("", "/steps/hook", "/quiz", "/facts", "/details", "/review", "/versions", "/walk"):
        priya.page(path)
    with world.parts.database.reading() as db:
        assert drafts.keys(db) == frozenset()


def test_a_step_is_moved_and_the_move_undone(world: World) -> None:
    priya = author(world)
    assert priya.send("/order", part="poll", by="-1").headers["location"] == "/author/lessons/fire"
    assert order_of(priya.page())[3:5] == ["poll", "scenario"]
    assert "data-undo>" in priya.page()
    priya.undo()
    assert order_of(priya.page())[3:5] == ["scenario", "poll"]


def test_steps_are_put_into_the_order_to_which_they_were_dragged(world: World) -> None:
    priya = author(world)
    wanted = ["hook", "precheck", "facts", "scenario", "quiz", "poll", "take-home", "pledge"]
    assert priya.send("/order", order=",".join(wanted)).status_code == 303
    assert order_of(priya.page()) == wanted
    assert draft(world).lesson_text.rstrip().endswith("0800 923 7000.")  # facts stay at the end


def test_an_order_of_other_steps_than_there_are_is_refused_and_changes_nothing(world: World) -> None:
    priya = author(world)
    before = order_of(priya.page())
    for order in ("hook,facts", "hook,hook", "nonsense", "precheck,hook,facts,scenario"):
        refused = priya.send("/order", order=order)
        assert refused.status_code == 409
        assert "Look at the steps again." in refused.text
    assert order_of(priya.page()) == before


def test_the_first_step_does_not_go_up_and_the_last_not_down(world: World) -> None:
    priya = author(world)
    before = order_of(priya.page())
    priya.send("/order", part="precheck", by="-1")
    priya.send("/order", part="take-home", by="1")
    assert order_of(priya.page()) == before


def test_a_step_is_taken_out_and_added_again_in_its_usual_place(world: World) -> None:
    priya = author(world)
    priya.send("/steps/poll/remove")
    assert "poll" not in order_of(priya.page())
    added = priya.send("/steps", kind="poll")
    assert added.headers["location"] == "/author/lessons/fire/steps/poll"
    assert order_of(priya.page()) == ["precheck", "hook", "facts", "scenario", "poll", "quiz", "pledge", "take-home"]
    assert priya.send("/steps", kind="poll").status_code == 409
    assert priya.send("/steps/nothing/remove").status_code == 404


def test_a_step_without_its_words_is_kept_and_each_thing_it_lacks_is_a_link(world: World) -> None:
    priya = author(world)
    priya.send("/steps/poll/remove")
    priya.send("/steps", kind="poll")
    page = priya.page()
    assert 'href="/author/lessons/fire/steps/poll#title"' in page
    assert 'href="/author/lessons/fire/steps/poll#question-title"' in page


def test_an_undo_of_what_somebody_has_changed_since_is_refused(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    priya.send("/order", part="poll", by="-1")
    seen = priya.revision
    fay.send("/order", part="poll", by="1")
    assert priya.send("/undo", revision=str(seen)).status_code == 409
    assert order_of(priya.page())[3:5] == ["scenario", "poll"]


def test_a_new_lesson_begins_with_what_every_lesson_needs(world: World) -> None:
    client = world.staff()
    assert client.post("/author/lessons", data=NEW).headers["location"] == "/author/lessons/stay-behind-the-line"
    priya = Author(client, "stay-behind-the-line")
    page = priya.page()
    assert order_of(page) == ["precheck", "quiz"]
    assert "The quiz has no questions yet." in page
    assert "How to begin" in page
    assert "How to begin" not in author(world).page()
    assert world.staff(PAUL).get(priya.address).status_code == 404


def test_a_lesson_that_cannot_begin_is_refused_with_a_sentence(world: World) -> None:
    client = world.staff()
    for form, sentence in (
        ({"title": " "}, "Please give a title"),
        ({"title": "x" * 81}, "Please give a title"),
        ({"topic": ""}, "Please give a title"),
        ({"title": "…"}, "letters or numbers"),
        ({"title": "Fire!"}, "There is a lesson of that name already"),
    ):
        refused = client.post("/author/lessons", data=NEW | form)
        assert (refused.status_code, sentence in refused.text) == (422, True), form


def test_only_members_of_an_agency_begin_lessons(world: World) -> None:
    refused = world.staff(CORA).post("/author/lessons", data=NEW)
    assert refused.status_code == 403
    assert "members of an agency" in refused.text


def test_a_lesson_belongs_to_the_agency_of_whoever_begins_it(world: World) -> None:
    world.staff(PAUL).post("/author/lessons", data=NEW)
    assert draft(world, "stay-behind-the-line").agencies == ("kent-police",)


def test_what_a_lesson_says_about_itself_is_changed_and_the_rest_of_its_head_stays(world: World) -> None:
    priya = author(world)
    typed = {"supports-rnli": "on", "title": "Out\nand safe", "objectives": "one\r\n\r\ntwo: three"}
    assert priya.send("/details", priya.form("/details") | typed).status_code == 303
    text = draft(world).lesson_text
    assert "# One lesson, one file." in text
    assert "title: Out and safe\n" in text
    assert '  - one\n  - "two: three"\n' in text
    assert draft(world).title == "Out and safe"
    assert world.staff(RITA).get("/author/lessons/fire").status_code == 200  # her agency supports it now


def test_details_that_somebody_has_changed_meanwhile_are_not_overwritten(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    seen = priya.form("/details")
    fay.type("/details", title="Of Fay")
    assert priya.send("/details", seen | {"title": "Of Priya"}).status_code == 409
    assert draft(world).title == "Of Fay"


def test_a_supporting_agency_may_look_but_not_write(world: World) -> None:
    priya = author(world)
    priya.send("/details", priya.form("/details") | {"supports-rnli": "on"})
    rita = author(world, RITA)
    assert "steps/hook" in rita.page()
    for path, form in (
        ("/order", {"part": "poll", "by": "-1"}),
        ("/steps", {"kind": "poll"}),
        ("/steps/hook/remove", {}),
        ("/steps/hook", {"title": "Mine"}),
        ("/details", {"title": "Mine"}),
        ("/undo", {"revision": str(rita.revision)}),
        ("/quiz", {"title": "Mine"}),
        ("/questions", {}),
        ("/questions/F1", {"question": "Mine"}),
        ("/facts", {}),
        ("/facts/FIR-01", {"text": "Mine"}),
        ("/review/ask", {"revision": str(rita.revision)}),
        ("/publish", {"revision": str(rita.revision)}),
        ("/retire", {}),
    ):
        refused = rita.send(path, form)
        assert refused.status_code == 403, path
    assert draft(world).revision == 2


def test_a_step_is_written_by_the_agency_that_leads_it_and_moved_by_the_owner(world: World) -> None:
    priya = author(world)
    priya.type("/steps/hook", lead="RNLI")
    rita = author(world, RITA)
    assert "led by RNLI" in priya.page()
    assert priya.send("/steps/hook", {"title": "Of the owner"}).status_code == 403
    assert rita.type("/steps/hook", title="Of the RNLI").status_code == 303
    assert rita.send("/order", part="hook", by="1").status_code == 403
    assert priya.send("/order", part="hook", by="1").status_code == 303
    assert "Of the RNLI" in priya.page()
    assert priya.send("/undo", revision=str(priya.revision)).status_code == 303
    refused = priya.send("/undo", revision=str(priya.revision))  # the next one is the RNLI's own change
    assert refused.status_code == 403
    assert "This step is led by RNLI" in refused.text


def test_an_agency_that_nobody_knows_is_told(world: World) -> None:
    priya = author(world)
    priya.type("/steps/hook", lead="Kent Fyre")
    page = priya.page()
    assert "We do not know the agency &#34;Kent Fyre&#34;." in page
    assert "#lead" in page


def test_another_text_of_a_release_waits_for_an_author(world: World, tmp_path: Path) -> None:
    priya = author(world)
    priya.type("/steps/hook", title="Written here")
    assert "brings another text" not in priya.page()
    for folder in ("lessons", "quizzes"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    file = tmp_path / "lessons" / "fire.md"
    file.write_text(file.read_text().replace("Plans at home", "Plans at your home"))
    folders = {"lessons_dir": tmp_path / "lessons", "quizzes_dir": tmp_path / "quizzes"}
    world.parts.settings = world.parts.settings.model_copy(update=folders)
    assert "brings another text" in priya.page()
    priya.send("/shipped", answer="keep")
    assert "brings another text" not in priya.page()
    assert "Written here" in priya.page()
    priya.send("/shipped", answer="take")
    assert "Plans at your home" in priya.page()
    priya.undo()
    assert "Written here" in priya.page()


def test_facts_without_a_signature_are_marked_where_a_teacher_chooses_the_lesson(world: World) -> None:
    assert "18 facts await sign-off by Kent Fire and Rescue Service" in world.teacher().get("/class").text
