"""Review and publication: a colleague approves, a version is frozen, and nothing stale is published."""

import re

import pytest

from app.content.quiz_sketch import QuizSketch
from app.store import lessons
from app.web.author.review import CHECKLIST
from tests.authors import Author, author, forms_on
from tests.cast import CORA, FAY, PAUL, PRIYA, RITA, World
from tests.web.author.test_lessons import draft

HOOK = "/steps/hook"
TICKED = {name: "on" for name in CHECKLIST if name != "captions"}
"""What has to be ticked where a lesson has no film."""


def newest(world: World) -> tuple[int, str]:
    with world.parts.database.reading() as db:
        version_id = lessons.newest_version(db, draft(world).lesson_id)
        return lessons.version_number(db, version_id or 0), lessons.version(db, version_id or 0).step("hook").title


def ask(who: Author) -> int:
    return who.send("/review/ask", revision=str(who.revision)).status_code


def approve(who: Author, revision: int, **form: str) -> int:
    return who.send("/review", TICKED | {"revision": str(revision), "result": "approved"} | form).status_code


def publish(who: Author, revision: int) -> int:
    return who.send("/publish", revision=str(revision)).status_code


@pytest.fixture
def priya(world: World) -> Author:
    """Who has changed the hook and asked for a review."""
    who = author(world)
    who.type(HOOK, title="Look closely")
    assert ask(who) == 303
    return who


@pytest.mark.parametrize("reviewer", [FAY, CORA])
def test_a_colleague_or_the_coordinator_approves_and_the_lesson_is_published(
    world: World, priya: Author, reviewer: str
) -> None:
    assert approve(author(world, reviewer), 2) == 303
    assert newest(world) == (1, "Spot 6 things to make safer")
    assert publish(priya, 2) == 303
    assert newest(world) == (2, "Look closely")
    assert "Published, version 2" in priya.page()
    assert "Priya" in priya.page("/versions")


def test_nobody_reviews_what_they_changed_last(world: World, priya: Author) -> None:
    assert approve(priya, 2) == 403
    assert "a colleague has to look at it" in priya.page("/review")
    assert publish(priya, 2) == 403
    assert newest(world)[0] == 1


def test_a_supporting_agency_may_review_and_a_stranger_does_not_find_it(world: World) -> None:
    who = author(world)
    who.send("/details", who.form("/details") | {"supports-rnli": "on"})
    ask(who)
    assert approve(author(world, RITA), who.revision) == 303
    assert world.staff(PAUL).post(f"{who.address}/review", data=TICKED).status_code == 404
    assert publish(author(world, RITA), who.revision) == 403  # it is published by its owner or the coordinator
    assert publish(author(world, CORA), who.revision) == 303


def test_an_approval_needs_the_whole_checklist_and_a_refusal_needs_words(world: World, priya: Author) -> None:
    fay = author(world, FAY)
    half = {"revision": "2", "facts": "on", "tone": "on"}
    for form, sentence in (
        (half | {"result": "approved"}, "Tick each line of the checklist"),
        (half, "Choose whether to approve"),
        (TICKED | {"revision": "2", "result": "perhaps"}, "Choose whether to approve"),
    ):
        refused = fay.send("/review", form | {"words": "So far so good."})
        assert (refused.status_code, sentence in refused.text) == (422, True)
    form = forms_on(refused.text)[f"{fay.address}/review"]  # on the same page, with all that was given
    assert form == TICKED | {"revision": "2", "words": "So far so good."}
    assert "Say in a few words what should change." in fay.send("/review", half | {"result": "sent back"}).text
    assert fay.send("/review", half | {"result": "sent back", "words": "Shorter, please."}).status_code == 303
    assert "Shorter, please." in priya.page("/review")
    assert draft(world).state == "draft"
    assert approve(fay, 2) == 409  # it is not in review any more


def test_a_change_after_the_approval_needs_another_review(world: World, priya: Author) -> None:
    approve(author(world, FAY), 2)
    seen = priya.revision
    author(world, FAY).type(HOOK, title="Changed after the approval")
    assert publish(priya, seen) == 409  # the page of a stale draft
    assert publish(priya, priya.revision) == 403
    assert newest(world)[0] == 1
    assert draft(world).state == "draft"


def test_a_review_of_an_earlier_text_is_refused(world: World, priya: Author) -> None:
    fay = author(world, FAY)
    priya.type(HOOK, title="Changed while Fay was reading")
    refused = fay.send("/review", TICKED | {"revision": "2", "result": "approved"})
    assert refused.status_code == 409
    assert "Look at it again first." in refused.text


def test_while_something_is_missing_nothing_can_be_reviewed_or_published(world: World) -> None:
    who = author(world)
    who.type(HOOK, minutes="")
    who.type("/questions/F1", why="")
    who.type("/facts/FIR-01", source="")
    who.send("/steps/take-home", who.form("/steps/take-home") | {"alt": ""})
    refused = who.send("/review/ask", revision=str(who.revision))
    assert refused.status_code == 422
    assert "This lesson still has 4 problems." in refused.text
    page = who.page("/review")
    for link in ("steps/hook#minutes", "questions/F1#why", "facts/FIR-01#source", "steps/take-home#picture"):
        assert f'href="/author/lessons/fire/{link}"' in page
    assert "Ask for a review</button>" not in page


def test_what_is_in_review_shows_what_changed_side_by_side(world: World, priya: Author) -> None:
    page = author(world, FAY).page("/review")
    assert "What has changed since version 1" in page
    assert '<td class="old">Spot 6 things to make safer</td><td class="new">Look closely</td>' in page
    assert page.count('class="change"') == 2  # the slide, and the question that stands under the same title


def test_another_answer_is_shown_once_with_what_children_may_believe(world: World) -> None:
    priya = author(world)
    priya.type("/questions/F1", option_2="Hide in the wardrobe")
    page = priya.page("/review")
    assert page.count('class="change"') == 1  # F1 is asked before and after
    old, new = (page.partition(f'<td class="{which}">')[2].partition("</td>")[0] for which in ("old", "new"))
    assert "Hide under the bed and wait for help (may believe:" in old
    assert "Hide in the wardrobe (may believe:" in new
    assert "✓ Shout to wake everyone and get out" in new


def test_a_lesson_without_a_version_is_read_from_top_to_end_in_one_column(world: World) -> None:
    author(world, CORA).send("/retire")
    page = author(world, FAY).page("/review")
    assert "<table" not in page
    assert '<span class="sr">Safest: </span><span>Shout to wake everyone and get out' in page
    sketch = QuizSketch.cut(draft_texts(world))
    believed = sketch.misconceptions["FM1"]
    assert f'Hide under the bed and wait for help <span class="soft">May believe: {believed}' in page
    assert re.search(r"<b>FIR-01</b> [^<]+ <span class=\"soft\">Source: \w+", page)
    assert len(re.findall(r"<b>F1\. ", page)) == 1
    assert "<strong>" in page
    assert "Facts: Six things to know" in page
    assert "<h4>Two ways out</h4>" in page
    for technical in ("Offers not sure", "Shows the answer", "**", "–</td>"):
        assert technical not in page


def draft_texts(world: World) -> str:
    return (world.settings.quizzes_dir / "fire.yaml").read_text()


def test_whoever_waits_for_a_review_reads_who_may_give_it_and_where(world: World, priya: Author) -> None:
    page = priya.page("/review")
    assert "<li>Fay <span" in page
    assert '<li>Cora <span class="soft">(Coordinator)</span>' in page
    assert "Paul" not in page
    assert 'value="http://127.0.0.1:8000/author/lessons/fire/review"' in page
    assert "<li>Priya" not in page


def test_what_is_published_says_where_teachers_find_it(world: World, priya: Author) -> None:
    approve(author(world, FAY), 2)
    publish(priya, 2)
    page = priya.page("/versions")
    assert "Teachers find version 2" in page
    assert "<b>Safety in Action, the town (demo)</b>" in page
    assert 'href="/programmes/town#modules"' in author(world, CORA).page("/review")
    assert "<td>on offer</td>" in page
    world.start(world.teacher())
    assert "<td>taught</td>" in priya.page("/versions")


def test_what_is_published_is_not_undone(world: World, priya: Author) -> None:
    approve(author(world, FAY), 2)
    publish(priya, 2)
    assert "data-undo hidden" in author(world, FAY).page()
    assert priya.send("/undo", revision=str(priya.revision)).status_code == 403


def test_two_versions_are_compared_step_by_step(world: World, priya: Author) -> None:
    approve(author(world, FAY), 2)
    publish(priya, 2)
    page = priya.page("/versions/1..2")
    assert '<td class="old">Spot 6 things to make safer</td><td class="new">Look closely</td>' in page
    back = priya.page("/versions/2..1")
    assert '<td class="old">Look closely</td><td class="new">Spot 6 things to make safer</td>' in back
    assert "Nothing is different." in priya.page("/versions/2..2")
    for nonsense in ("1..3", "1", "a..b", "1..2..3", "999999999..1"):
        assert priya.client.get(f"{priya.address}/versions/{nonsense}").status_code == 404


def test_a_published_lesson_is_what_a_teacher_runs_next_and_a_running_one_keeps_its_version(
    world: World, priya: Author
) -> None:
    tess = world.teacher()
    running = world.start(tess)
    approve(author(world, FAY), 2)
    publish(priya, 2)
    assert world.run(running).plan.lessons[0].step("hook").title == "Spot 6 things to make safer"
    assert world.start(world.teacher("theo-class-link-token")).plan.lessons[0].step("hook").title == "Look closely"


def test_a_new_lesson_is_offered_by_the_programmes_of_its_agency(world: World, priya: Author) -> None:
    with world.parts.database.reading() as db:
        assert lessons.count_offered(db, 1) == len(lessons.rows(db))
    approve(author(world, FAY), 2)
    publish(priya, 2)
    with world.parts.database.reading() as db:
        assert lessons.count_offered(db, 1) == len(lessons.rows(db))


def test_the_coordinator_retires_a_lesson_and_no_class_can_begin_it(world: World) -> None:
    priya, cora = author(world), author(world, CORA)
    assert priya.send("/retire").status_code == 403
    assert cora.send("/retire").status_code == 303
    assert "retired" in priya.page("/versions")
    assert "Get out, stay out" not in world.teacher().get("/class").text


def test_facts_without_a_signature_are_marked_and_do_not_block(world: World, priya: Author) -> None:
    page = author(world, FAY).page("/review")
    assert "facts await sign-off by Kent Fire and Rescue Service" in page
    assert '<a href="/author/lessons/fire/facts">Read them and sign</a>' in page
    assert "Fay, Priya may sign them" in author(world, CORA).page("/review")


def test_only_an_author_of_the_lesson_asks_for_a_review(world: World) -> None:
    author(world).type(HOOK, title="Look closely")
    assert author(world, CORA).send("/review/ask", revision="2").status_code == 403
    assert author(world, PRIYA).send("/review/ask", revision="1").status_code == 409
