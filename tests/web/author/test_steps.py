"""The step editor: what is typed is saved, what two people type is never lost, and hostile text is only text."""

from app.content.sketch import read_part
from tests.authors import JSON, Author, author, forms_on
from tests.cast import FAY, World
from tests.web.author.test_lessons import draft, order_of

HOOK = "/steps/hook"


def hook(world: World) -> str:
    found = draft(world).lesson_text.partition("## Hook")[2].partition("\n## ")[0]
    return f"## Hook{found}"


def test_what_is_typed_is_saved_and_everything_else_stays_letter_by_letter(world: World) -> None:
    priya = author(world)
    before = (world.settings.lessons_dir / "fire.md").read_text()
    assert priya.type(HOOK, title="Look closely").headers["location"] == f"{priya.address}{HOOK}"
    after = draft(world).lesson_text
    assert "## Hook: Look closely\n" in after
    assert after.replace(hook(world), "") == before.replace(
        f"## Hook{before.partition('## Hook')[2].partition(chr(10) + '## ')[0]}", ""
    )


def test_autosave_tells_when_it_saved_and_what_is_wrong_now(world: World) -> None:
    priya = author(world)
    told = priya.autosave(HOOK, priya.form(HOOK) | {"minutes": "soon", "alt": ""})
    assert told.status_code == 200
    answer = told.json()
    assert answer["say"] == "Saved 10:00"
    assert answer["revision"] == 2
    assert {one["field"] for one in answer["findings"]} == {"minutes", "picture"}
    assert "Saved 10:00 by Priya" in priya.page()


def test_autosave_goes_on_from_what_it_saved_last(world: World) -> None:
    priya = author(world)
    form = priya.form(HOOK)
    for title in ("S", "Se", "See"):
        told = priya.autosave(HOOK, form | {"title": title})
        form["read"] = told.json()["read"]
    assert "## Hook: See\n" in draft(world).lesson_text
    priya.undo()
    assert "## Hook: Spot 6 things" in draft(world).lesson_text  # one person's typing is one change


def test_two_people_on_two_steps_do_not_disturb_each_other(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    seen, other = priya.form(HOOK), fay.form("/steps/poll")
    assert fay.send("/steps/poll", other | {"title": "Of Fay"}).status_code == 303
    assert priya.send(HOOK, seen | {"title": "Of Priya"}).status_code == 303
    text = draft(world).lesson_text
    assert "## Poll: Of Fay" in text
    assert "## Hook: Of Priya" in text


def test_two_people_on_one_step_are_shown_both_texts_and_nothing_is_lost(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    seen = priya.form(HOOK)
    fay.type(HOOK, title="Of Fay")
    told = priya.autosave(HOOK, seen | {"title": "Of Priya"})
    assert told.status_code == 409
    assert told.json()["say"].startswith("Fay changed this step at 10:00. Your text is still here.")
    both = priya.send(HOOK, seen | {"title": "Of Priya"})
    assert both.status_code == 409
    assert "What Fay wrote" in both.text
    assert "## Hook: Of Fay" in both.text
    assert 'value="Of Priya"' in both.text
    assert "## Hook: Of Fay" in draft(world).lesson_text
    mine = forms_of(both.text, priya)
    assert priya.send(HOOK, mine).status_code == 303  # keep mine
    assert "## Hook: Of Priya" in draft(world).lesson_text


def forms_of(page: str, who: Author) -> dict[str, str]:
    return forms_on(page)[f"{who.address}{HOOK}"]


def test_the_same_text_from_two_people_is_no_conflict(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    seen = priya.form(HOOK)
    fay.type(HOOK, title="The same")
    assert priya.send(HOOK, seen | {"title": "The same"}).status_code == 303


def test_a_step_that_was_taken_out_meanwhile_is_told(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    seen = priya.form(HOOK)
    fay.send("/steps/hook/remove")
    gone = priya.autosave(HOOK, seen)
    assert gone.status_code == 404
    assert gone.json()["say"] == "We could not find that step. Somebody may have taken it out."


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "](javascript:alert(1)) ![x](https://elsewhere.example/x.png)",
    "## Hook: another\n### Card\n> Teacher: x\n---\nminutes: 99",
    "\x00\x07\u202eabc\u2028",
    "{{ 7 * 7 }} {% include 'base.html' %}",
    "```\n<b>\n```",
    "&lt;script&gt; \\u003cscript\\u003e",
    "a" * 5000,
    "- [x] " * 300,
    "# " * 1000,
    "\n" * 500,
    "]]>--><!--",
]


LIVE = ("<script>alert", "<img src=x", 'javascript:alert(1)"', 'src="https://elsewhere', "onerror=alert(1)>")


def test_hostile_words_are_kept_as_words_and_shown_as_words(world: World) -> None:
    priya = author(world)
    priya.type("/steps/poll", title="Elsewhere")
    steps, before = draft_steps(priya), read_part(hook(world))
    fields = ("title", "text", "alt", "teacher", "presenter")
    for turn in range(0, len(HOSTILE), 3):
        texts = HOSTILE[turn:] + HOSTILE[:turn]
        assert priya.type(HOOK, **dict(zip(fields, texts, strict=False))).status_code == 303
        assert draft_steps(priya) == steps
        kept = read_part(hook(world))
        assert kept is not None
        assert before is not None
        assert kept.sections == before.sections
        pages = (priya.page(HOOK), shown(priya, "screen"), shown(priya, "pupil"))
        assert [live for page in pages for live in LIVE if live in page] == []
    assert priya.type(HOOK, title="Well again", text="Look.").status_code == 303


def draft_steps(who: Author) -> list[str]:
    return order_of(who.page())


def shown(who: Author, audience: str) -> str:
    return who.page(f"/preview?part=hook&as={audience}")


def test_a_step_of_an_unusual_form_is_edited_as_text(world: World) -> None:
    priya = author(world)
    text = "## Hook: Look\nminutes: 1\nminutes: 2\n\nSee."
    assert priya.send("/steps/hook", priya.form(HOOK) | {"raw": text}).status_code == 303
    page = priya.page(HOOK)
    assert "shown as text" in page
    assert priya.form(HOOK)["raw"] == text
    assert "minutes&#34; is written twice" in page
    priya.type(HOOK, raw="## Hook: Look\nminutes: 2\n\nSee.")
    assert "shown as text" not in priya.page(HOOK)


def test_a_text_that_is_not_one_step_is_refused_and_stays_in_the_page(world: World) -> None:
    priya = author(world)
    for raw in ("", "no heading", "## Hook: One\n\n## Poll: Two", "---\ntitle: x\n---\n## Hook: x"):
        refused = priya.send(HOOK, priya.form(HOOK) | {"raw": raw})
        assert refused.status_code == 422
        assert "A step begins with one line such as" in refused.text
        assert raw.split("\n")[-1] in refused.text
    assert "Spot 6 things" in priya.page()


def test_cards_are_added_and_arranged_without_scripts(world: World) -> None:
    priya = author(world)
    facts = "/steps/facts"
    added = priya.send(facts, priya.form(facts) | {"do": "add-card"})
    assert added.headers["location"] == f"{priya.address}/steps/facts#card"
    priya.type(facts, card_7_title="A seventh card", card_7_text="Words.")
    priya.send(facts, priya.form(facts) | {"do": "up-card-7"})
    form = priya.form(facts)
    assert (form["card-6-title"], form["card-7-title"]) == ("A seventh card", "Charge it where you can see it")


def test_the_scenario_asks_what_its_form_says(world: World) -> None:
    priya = author(world)
    scenario = "/steps/scenario"
    form = priya.form(scenario) | {"question-option-4": "Phone a friend", "question-right": "4"}
    form |= {"question-misconception-1": "FM5"}
    priya.send(scenario, form)
    assert "- [ ] Shout, get low, get out, call 999 [FM5]\n" in draft(world).lesson_text
    assert "- [x] Phone a friend\n" in draft(world).lesson_text


def test_the_step_is_shown_as_typed_before_it_is_saved(world: World) -> None:
    priya = author(world)
    form = priya.form(HOOK) | {"title": "Not saved yet"}
    told = priya.client.post(f"{priya.address}{HOOK}/preview", data=form, headers=JSON).json()
    assert "Not saved yet" in told["screen"]
    assert "Not saved yet" in told["pupil"]
    assert [step["title"] for step in told["steps"]] == ["Not saved yet", "Not saved yet"]  # the slide, the question
    assert "Not saved yet" not in priya.page()


def test_a_new_step_is_not_called_wrong_before_it_is_written(world: World) -> None:
    priya = author(world)
    priya.send("/steps/poll/remove")
    priya.send("/steps", kind="poll")
    assert 'class="wrong"' not in priya.page("/steps/poll")
    assert 'class="wrong"' in priya.page("/steps/poll?missing=1")


def test_a_text_larger_than_a_form_may_be_is_refused_in_words(world: World) -> None:
    priya = author(world)
    refused = priya.type(HOOK, text="word " * 20_000)
    assert refused.status_code == 413
    assert "too large" in refused.text
    assert "Spot 6 things" in priya.page()
