"""The command line: what it prints, with which exit code, and what it refuses to serve."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app import demo
from app.cli import main
from app.settings import DEMO_MARK, Settings
from app.store import accounts
from app.store.database import Database
from tests.servers import free_port

SHIPPED = Settings()


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], env={"DATABASE_URL": ""})


def plain(result: Result) -> str:
    """All that was printed, on one line."""
    return " ".join(result.output.split())


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The shipped content, free to be spoiled."""
    shutil.copytree(SHIPPED.lessons_dir, tmp_path / "lessons")
    shutil.copytree(SHIPPED.quizzes_dir, tmp_path / "quizzes")
    return tmp_path


def check(content: Path, *words: str) -> Result:
    return run("check-content", "--lessons", content / "lessons", "--quizzes", content / "quizzes", *words)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the demo."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    assert run("demo", "--seed-only", "--no-results", "--data-dir", folder).exit_code == 0
    return folder


# Content


def test_good_content_is_counted_and_ends_well(content: Path) -> None:
    checked = check(content)
    assert checked.exit_code == 0
    shipped = len(list((content / "lessons").glob("*.md")))
    assert f"{shipped} lessons, {12 * shipped} questions" in checked.output
    assert "0 problems" in checked.output


def test_a_mistake_in_the_content_is_told_with_file_and_line_and_ends_badly(content: Path) -> None:
    lesson = content / "lessons" / "fire.md"
    lesson.write_text(lesson.read_text().replace("quiz: fire", "quiz: fyre", 1))
    checked = check(content)
    assert checked.exit_code == 1
    assert re.search(r"fire\.md, line \d+.*There is no quiz \"fyre\"", checked.output)
    assert "Traceback" not in checked.output


def test_for_scripts_the_check_is_json_with_every_problem(content: Path) -> None:
    good = check(content, "--json")
    lesson = content / "lessons" / "fire.md"
    lesson.write_text(lesson.read_text().replace("topic: Fire", "topic: ", 1).replace("quiz: fire", "quiz: fyre", 1))
    bad = check(content, "--json")
    assert (good.exit_code, json.loads(good.stdout)["problems"]) == (0, [])
    assert bad.exit_code == 1
    assert len(json.loads(bad.stdout)["problems"]) >= 2


def test_a_folder_of_lessons_that_there_is_not_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    checked = check(tmp_path)
    assert checked.exit_code == 1
    assert "There is no folder" in checked.output


# The demo


def test_the_demo_is_seeded_and_marked_and_its_sign_ins_are_for_its_owner_only(seeded: Path) -> None:
    assert (seeded / DEMO_MARK).exists()
    assert (seeded / "demo-links.json").stat().st_mode & 0o077 == 0


def test_seeding_again_changes_no_password(seeded: Path) -> None:
    before = (seeded / "demo-links.json").read_text()
    again = run("demo", "--seed-only", "--no-results", "--data-dir", seeded)
    assert again.exit_code == 0
    assert (seeded / "demo-links.json").read_text() == before


def test_every_demo_has_passwords_of_its_own(seeded: Path, tmp_path: Path) -> None:
    run("demo", "--seed-only", "--no-results", "--data-dir", tmp_path / "data")
    one, other = (json.loads((folder / "demo-links.json").read_text()) for folder in (seeded, tmp_path / "data"))
    assert [name for name in one if one[name] == other[name]] == []


def test_the_links_of_the_demo_are_printed_for_people_and_for_scripts(seeded: Path) -> None:
    told = run("demo-links", "--data-dir", seeded, "--port", 8123)
    links = json.loads(run("demo-links", "--data-dir", seeded, "--port", 8123, "--json").stdout)
    assert links["class_link"].startswith("http://127.0.0.1:8123/c/")
    assert links["join_address"] == "http://127.0.0.1:8123/join"
    for secret in (links["class_link"], links["presenter"]["password"], links["coordinator"]["password"]):
        assert secret in told.output


def test_simulated_pupils_find_the_demo_of_the_data_folder_on_any_port(seeded: Path) -> None:
    port = free_port()
    demo.note_address(Settings(demo=True, data_dir=seeded, port=port))
    refused = run("simulate-class", "--code", "KMTPVX", "--pupils", 1, "--data-dir", seeded)
    assert f"at http://127.0.0.1:{port}. Is that the address in your browser?" in " ".join(plain(refused).split())


def test_the_links_of_no_demo_are_refused_with_what_to_do(tmp_path: Path) -> None:
    refused = run("demo-links", "--data-dir", tmp_path)
    assert refused.exit_code == 1
    assert "holds no demo yet. Make it with: safety-in-action demo" in plain(refused)


def test_the_demo_is_not_put_into_the_folder_of_a_real_programme(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'safety-in-action.db'}")
    database.open()
    with database.transaction() as db:
        accounts.add_account(db, "cora@town.example", "Cora", "hash")
    database.close()
    refused = run("demo", "--seed-only", "--no-results", "--data-dir", tmp_path)
    assert refused.exit_code == 1
    assert "holds a real programme" in plain(refused)
    assert not (tmp_path / DEMO_MARK).exists()


# A forgotten password


def test_a_link_to_another_password_is_printed_for_an_account_and_for_nobody_else(seeded: Path) -> None:
    email = demo.COORDINATOR[0]
    made = run("new-password", email.upper(), "--data-dir", seeded, "--address", "https://sia.example")
    refused = run("new-password", "eve@evil.example", "--data-dir", seeded)
    nowhere = run("new-password", email, "--data-dir", seeded / "nowhere")
    assert "https://sia.example/people/invited/" in plain(made)
    assert "There is no account with this e-mail address." in plain(refused)
    assert (refused.exit_code, nowhere.exit_code) == (1, 1)
    assert not (seeded / "nowhere").exists()


# The audit log


def test_the_chain_of_the_audit_log_is_checked(seeded: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(seeded, tmp_path / "data")
    run("new-password", demo.COORDINATOR[0], "--data-dir", folder)
    held = run("check-audit", "--data-dir", folder)
    with sqlite3.connect(folder / "safety-in-action.db") as file:
        file.execute("UPDATE audit_entry SET actor = 'account 1' WHERE seq = 1")
    file.close()
    broken = run("check-audit", "--data-dir", folder)
    assert held.exit_code == 0
    assert re.search(r"The chain holds: \d+ (entry|entries), the last is [0-9a-f]{64}\.", plain(held))
    assert broken.exit_code == 1
    assert "The chain is broken at entry 1" in plain(broken)


# A report


def test_a_report_is_written_to_a_file_or_to_the_output(seeded: Path, tmp_path: Path) -> None:
    written = run("report", "demo", "--format", "xlsx", "--out", tmp_path / "report.xlsx", "--data-dir", seeded)
    assert written.exit_code == 0, written.output
    assert (tmp_path / "report.xlsx").read_bytes().startswith(b"PK")
    printed = run("report", "demo", "--data-dir", seeded)
    assert json.loads(printed.output)["reach"]["classes"] == 0
    unknown = run("report", "nowhere", "--data-dir", seeded)
    assert (unknown.exit_code, "could not find that programme" in plain(unknown)) == (1, True)


# Serving


SECURE = ("--behind-proxy", "--address", "https://sia.example")


def test_a_folder_of_the_demo_is_not_served_as_a_real_programme(seeded: Path) -> None:
    refused = run("serve", "--data-dir", seeded, *SECURE)
    assert refused.exit_code == 1
    assert "holds the demo" in plain(refused)


@pytest.mark.parametrize("words", [(), ("--address", "http://sia.example"), ("--host", "0.0.0.0")], ids=str)
def test_plain_http_is_refused_outside_the_demo(tmp_path: Path, words: tuple[str, ...]) -> None:
    refused = run("serve", "--data-dir", tmp_path / "data", *words)
    assert refused.exit_code == 1
    assert "Outside the demo, classes need HTTPS." in plain(refused)
    assert not (tmp_path / "data").exists()


def test_an_https_address_without_a_certificate_or_a_proxy_is_refused(tmp_path: Path) -> None:
    refused = run("serve", "--data-dir", tmp_path / "data", "--address", "https://sia.example")
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output


def test_a_database_of_a_newer_release_is_refused_in_one_sentence(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'safety-in-action.db'}")
    database.open()
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    refused = run("serve", "--data-dir", tmp_path, *SECURE)
    assert refused.exit_code == 1
    assert "made by a newer release of Safety in Action. Nothing was changed." in plain(refused)


def test_a_file_in_place_of_the_data_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    refused = run("demo", "--seed-only", "--no-results", "--data-dir", tmp_path / "data")
    assert refused.exit_code == 1
    assert refused.exception is None or isinstance(refused.exception, SystemExit)
    assert str(tmp_path / "data") in refused.output.replace("\n", "")


def test_each_start_prints_a_new_set_up_link_until_somebody_has_an_account(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as first:
        link = printed(first)
    with serving(tmp_path / "data") as second:
        later = printed(second)
    token = link.rpartition("/")[2]
    assert link.startswith("https://sia.example/set-up/")
    assert later != link
    database = Database(f"sqlite:///{tmp_path / 'data' / 'safety-in-action.db'}")
    with database.reading() as db:
        assert not accounts.has_accounts(db)
    database.close()
    assert token.encode() not in (tmp_path / "data" / "safety-in-action.db").read_bytes()


@contextmanager
def serving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The real command, stopped at the end."""
    command = [
        sys.executable,
        "-m",
        "app.cli",
        "serve",
        "--data-dir",
        str(folder),
        "--port",
        str(free_port()),
        *SECURE,
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield server
    finally:
        server.terminate()
        server.communicate(timeout=15)


def printed(server: subprocess.Popen[str]) -> str:
    """The set-up link, as soon as it is printed."""
    assert server.stdout is not None
    ends, said = time.monotonic() + 20, ""
    while time.monotonic() < ends:
        said += server.stdout.readline()
        if found := re.search(r"https://\S+/set-up/\S+", said):
            return found[0]
    raise AssertionError(f"no set-up link was printed: {said}")
