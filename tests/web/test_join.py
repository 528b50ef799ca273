"""A pupil joins: the code and nothing else, and every refusal in words for a ten-year-old."""

import pytest

from tests.cast import World


def test_a_pupil_types_the_code_and_is_in_the_lesson(world: World) -> None:
    run = world.start(world.teacher())
    client = world.browser()
    answer = client.post("/join", data={"code": run.code})
    assert (answer.status_code, answer.headers["location"]) == (303, "/play?new=1")
    page = client.get("/play?new=1")
    assert page.status_code == 200
    assert 'id="panel-stage"' in page.text


@pytest.mark.parametrize("typed", ["{low}", " {low} ", "{a} {b}", "{a}-{b}", "{a}\t{b}", "{a}.{b}"])
def test_a_code_may_be_typed_in_any_case_with_spaces_and_hyphens(world: World, typed: str) -> None:
    code = world.start(world.teacher()).code
    typed = typed.format(low=code.lower(), a=code[:3], b=code[3:])
    assert world.browser().post("/join", data={"code": typed}).status_code == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type the six letters on the big screen."),
        ("   ", "Type the six letters on the big screen."),
        ("KMT", "find KMT. Check each letter."),
        ("KMTPVXX", "find KMT PVXX. Check each letter."),
        ("A1OEUI", "find A1O EUI. Check each letter."),
        ("CDFGHJ", "find CDF GHJ. Check each letter."),
        ("<b>KMT</b>", "find BKM TB. Check each letter."),
        ("K" * 5000, "Check each letter."),
        ("🔥🔥🔥🔥🔥🔥", "Type the six letters on the big screen."),
    ],
)
def test_a_wrong_code_gets_a_sentence_and_no_seat(world: World, typed: str, sentence: str) -> None:
    answer = world.browser().post("/join", data={"code": typed})
    assert answer.status_code == 200
    assert sentence in answer.text.replace("&#39;", "'")
    assert "set-cookie" not in answer.headers


def test_what_was_typed_stays_in_the_field_and_is_never_markup(world: World) -> None:
    answer = world.browser().post("/join", data={"code": '"><script>x</script>'})
    assert "<script>x" not in answer.text
    assert 'value="&#34;&gt;&lt;script&gt;x' in answer.text


def test_a_lesson_that_has_finished_says_so(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    world.finish(tess)
    assert "That lesson has finished." in world.browser().post("/join", data={"code": run.code}).text


def test_a_locked_door_says_so_and_opens_again(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    tess.post("/class/run/lock")
    assert "Your teacher has locked the door." in world.browser().post("/join", data={"code": run.code}).text
    tess.post("/class/run/lock")
    assert world.browser().post("/join", data={"code": run.code}).status_code == 303


def test_a_full_lesson_says_so(world: World) -> None:
    run = world.start(world.teacher(), present="1")
    for _ in range(4):
        world.pupil(run)
    assert "Every seat in this lesson is taken." in world.browser().post("/join", data={"code": run.code}).text


def test_the_picture_code_shows_the_code_and_makes_no_seat(world: World) -> None:
    run = world.start(world.teacher())
    for address in (f"/j/{run.code}", f"/J/{run.code}", f"/j/{run.code.lower()}"):
        answer = world.browser().get(address)
        assert f"{run.code[:3]} {run.code[3:]}" in answer.text
        assert "set-cookie" not in answer.headers
    assert world.teacher().get("/class/run/panels/crowd?as=screen").text.count("data-alias") == 0


def test_a_picture_code_with_a_wrong_code_offers_the_field(world: World) -> None:
    answer = world.browser().get("/j/ABCDEF")
    assert answer.status_code == 200
    assert "Check each letter." in answer.text
    assert 'name="code"' in answer.text


def test_thirty_wrong_codes_of_a_class_stop_nobody(world: World) -> None:
    run = world.start(world.teacher())
    for _ in range(30):
        world.browser().post("/join", data={"code": "CDFGHJ"})
    assert world.browser().post("/join", data={"code": run.code}).status_code == 303


def test_guessing_codes_is_stopped_after_many(world: World) -> None:
    world.start(world.teacher())
    guesser = world.browser()
    for _ in range(120):
        guesser.post("/join", data={"code": "CDFGHJ"})
    assert "That was wrong many times. Wait five minutes" in guesser.post("/join", data={"code": "CDFGHJ"}).text


def test_pupils_who_join_count_as_no_failure(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess, present="60")
    for _ in range(40):
        world.pupil(run)
    assert world.browser().post("/join", data={"code": run.code}).status_code == 303


def test_a_pupil_who_types_the_code_again_comes_back_to_the_same_seat(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    before = pupil.get("/play/panels/me").json()["html"]
    assert pupil.post("/join", data={"code": run.code}).status_code == 303
    assert pupil.get("/play/panels/me").json()["html"] == before
    assert world.seated(run) == 1


def test_two_pupils_never_have_one_name(world: World) -> None:
    run = world.start(world.teacher())
    names = {world.pupil(run).get("/play/panels/me").json()["html"] for _ in range(20)}
    assert len(names) == 20
