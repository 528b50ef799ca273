"""Facts: written with their source, signed word for word, and listed when it is time to look again."""

import re

from tests.authors import author
from tests.cast import CORA, FAY, PAUL, PRIYA, RITA, World
from tests.web.author.test_lessons import draft

FIR = "/facts/FIR-08"


def sign(world: World, email: str, fact: str = "FIR-08") -> int:
    who = author(world, email)
    row = re.search(rf'<li id="{fact}">(.*?)</li>', who.page("/facts"), re.DOTALL)
    assert row
    words = re.search(r'name="words" value="(\w+)"', row[1])
    return who.send(f"/facts/{fact}/sign", words=words[1] if words else "").status_code


def row(page: str, fact: str = "FIR-08") -> str:
    found = re.search(rf'<li id="{fact}">(.*?)\n  </li>', page, re.DOTALL)
    assert found
    return found[1]


def test_a_fact_is_changed_with_its_source(world: World) -> None:
    priya = author(world)
    priya.type(FIR, text="Stop, drop and roll.", source="Kent Fire and Rescue Service, 2026", review_by="2027-01-31")
    shown = row(priya.page("/facts"))
    assert "Stop, drop and roll." in shown
    assert "31 Jan 2027" in shown
    assert "Nothing is missing" in priya.page()


def test_a_fact_without_its_source_blocks_and_is_linked(world: World) -> None:
    priya = author(world)
    priya.type(FIR, source=" ")
    assert 'href="/author/lessons/fire/facts/FIR-08#source"' in priya.page()


def test_a_fact_is_added_and_taken_out(world: World) -> None:
    priya = author(world)
    assert priya.send("/facts").headers["location"] == "/author/lessons/fire/facts/FIR-19"
    assert 'class="wrong"' not in priya.page("/facts/FIR-19")
    new = {"text": "New.", "source": "Somebody, 2026", "confidence": "high", "for": "pupils"}
    priya.send("/facts/FIR-19", priya.form("/facts/FIR-19") | new)
    assert "not used yet" in row(priya.page("/facts"), "FIR-19")
    assert "Nothing is missing" in priya.page()
    priya.send("/facts/FIR-19/remove")
    assert 'id="FIR-19"' not in priya.page("/facts")


def test_two_people_on_one_fact_lose_nothing(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    seen = priya.form(FIR)
    fay.type(FIR, text="Of Fay.")
    assert priya.send(FIR, seen | {"text": "Of Priya."}).status_code == 409
    assert "Of Fay." in draft(world).lesson_text


def test_a_fact_is_signed_by_the_agency_that_leads_what_rests_on_it(world: World) -> None:
    assert "Awaiting sign-off by Kent Fire and Rescue Service" in row(author(world).page("/facts"))
    assert sign(world, PRIYA) == 303
    shown = row(author(world).page("/facts"))
    assert "Signed for Kent Fire and Rescue Service by Priya, 3 Nov 2026" in shown
    assert "Awaiting" not in shown


def test_other_words_need_another_signature(world: World) -> None:
    sign(world, PRIYA)
    priya = author(world)
    priya.type(FIR, review_by="2027-01-31")
    assert "Signed for" in row(priya.page("/facts"))  # another date is no other fact
    priya.type(FIR, text="Other words.")
    assert "Awaiting sign-off" in row(priya.page("/facts"))


def test_a_signature_under_words_that_have_changed_meanwhile_is_refused(world: World) -> None:
    priya = author(world)
    refused = priya.send("/facts/FIR-08/sign", words="of-an-earlier-text")
    assert refused.status_code == 409
    assert "Read it again before you sign it." in refused.text


def test_each_agency_signs_for_itself(world: World) -> None:
    priya = author(world)
    priya.type("/steps/poll", lead="RNLI", fact_FIR_08="on")
    assert sign(world, CORA) == 409  # the coordinator has no button, so no words were sent
    assert sign(world, RITA) == 303
    shown = row(priya.page("/facts"))
    assert "Signed for RNLI by Rita" in shown
    assert "Awaiting sign-off by Kent Fire and Rescue Service" in shown
    assert sign(world, PRIYA) == 303
    assert "Awaiting" not in row(priya.page("/facts"))


def test_an_agency_that_leads_a_step_writes_the_facts_behind_it(world: World) -> None:
    author(world).type("/steps/poll", lead="RNLI")
    rita = author(world, RITA)
    assert rita.type(FIR, text="Of the RNLI.").status_code == 303
    assert rita.send("/questions/F1", {"question": "Mine"}).status_code == 403


def test_the_coordinator_sees_what_is_to_be_looked_at_again_and_what_awaits_a_signature(world: World) -> None:
    cora, paul = world.staff(CORA), world.staff(PAUL)
    page = cora.get("/author/facts").text
    due, _, unsigned = page.partition("Awaiting sign-off</h2>")
    assert "FIR-01" not in due
    assert "FIR-01" in unsigned
    world.clock.forward(days=175)  # FIR-16 is to be reviewed by 31 May 2027
    sign(world, PRIYA, "FIR-01")
    due, _, unsigned = world.staff(CORA).get("/author/facts").text.partition("Awaiting sign-off</h2>")
    assert "FIR-16" in due
    assert "By 31 May 2027" in due
    assert "FIR-01" not in unsigned
    assert "FIR" not in paul.get("/author/facts").text


def test_facts_that_no_form_can_show_are_edited_as_text(world: World) -> None:
    priya = author(world)
    before = priya.form("/steps/sources")
    assert "### FIR-01" in before["raw"]
    broken = "## Sources\nreview by: 2027-01-01\nreview by: 2027-01-02\n\n### FIR-01\n\nWords."
    assert priya.send("/steps/sources", before | {"raw": broken}).status_code == 303
    assert "Put their text right" in priya.page("/facts")
    assert priya.send("/facts").status_code == 422
    priya.undo()
    assert "FIR-18" in priya.page("/facts")
