"""The start page, notices, and probes."""

import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from app import demo
from app.main import create_app
from app.settings import Settings
from tests.cast import ADDRESS, World


@pytest.mark.parametrize("path", ["/", "/privacy", "/accessibility", "/help", "/join", "/sign-in"])
def test_anyone_may_read_the_public_pages(world: World, path: str) -> None:
    page = world.browser().get(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1


def test_the_sign_leads_whoever_has_signed_in_to_their_desk(world: World) -> None:
    priya = world.staff()
    assert '<a class="brand" href="/programmes">' in priya.get("/author").text
    page = priya.get("/").text
    assert "Go to your desk" in page
    assert "Sign in" not in page
    assert "Go to your desk" not in world.browser().get("/").text


def test_a_link_may_fill_in_who_signs_in(world: World) -> None:
    page = world.browser().get("/sign-in?email=priya@sia.example").text
    assert 'value="priya@sia.example"' in page


def test_a_page_that_there_is_not_says_so(world: World) -> None:
    page = world.browser().get("/nowhere")
    assert page.status_code == 404
    assert "We could not find that page." in page.text


def test_the_probes_tell_that_the_server_lives_and_is_ready(world: World) -> None:
    assert world.browser().get("/health/live").json() == {"live": True}
    assert world.browser().get("/health/ready").json() == {"ready": True, "bus": "lone"}


def test_a_database_that_takes_no_writes_is_not_ready_and_still_lives(world: World) -> None:
    engine = world.parts.database.engine
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 100"))
    other = sqlite3.connect(world.folder / "safety-in-action.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ready = world.browser().get("/health/ready")
    other.execute("ROLLBACK")
    other.close()
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert world.browser().get("/health/live").status_code == 200
    assert world.browser().get("/health/ready").status_code == 200


@pytest.mark.parametrize(("caller", "sees"), [("127.0.0.1", True), ("::1", True), ("192.168.1.20", False)])
def test_sign_ins_of_the_demo_are_shown_to_this_machine_only(tmp_path: Path, caller: str, sees: bool) -> None:
    settings = Settings(data_dir=tmp_path, demo=True).model_copy(update={"database_url": ""})
    app = create_app(settings, demo_links=lambda: demo.home_page_links(settings))
    demo.seed(app.state.parts.database, settings, with_results=False)
    links = demo.read_links(settings)
    page = TestClient(app, base_url=ADDRESS, client=(caller, 50000)).get("/").text
    app.state.parts.database.close()
    assert (links["coordinator_password"] in page) is sees
    assert (links["class_token"] in page) is sees


def test_a_real_programme_shows_no_sign_in_to_anyone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, address="https://sia.example", behind_proxy=True)
    settings = settings.model_copy(update={"database_url": ""})
    app = create_app(settings, demo_links=lambda: [{"password": "a-secret"}])
    page = TestClient(app, base_url="https://sia.example", client=("127.0.0.1", 50000)).get("/")
    app.state.parts.database.close()
    assert page.status_code == 200
    assert "a-secret" not in page.text
