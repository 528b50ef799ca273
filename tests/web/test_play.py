"""A pupil in a run: answers by plain requests, and what each refusal says."""

from tests.cast import World, answer, stage_of


def test_an_answer_is_saved_and_acknowledged(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    run = world.go_to(tess, run, "before.F1")
    asking = stage_of(pupil)["asking"]
    reply = pupil.post("/play/answers", json=answer(asking, "B")).json()
    assert reply["kind"] == "ack"
    assert reply["choice"] == "B"
