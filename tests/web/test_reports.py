"""Each agency reads what it took part in; nobody reads another's; page and spreadsheet say the same."""

import csv
import io
import re
import threading
import time
from collections.abc import Callable

import pytest
from sqlmodel import select

from app.domain.lesson import Agency
from app.domain.people import Member
from app.store import directory, lessons, participants
from app.store.tables import AnswerRow, MembershipRow, ParticipantRow, ProgrammeRow, SchoolRow
from app.web.exports import Exports
from tests.cast import CORA, PAUL, PRIYA, THEO_LINK, World, add_staff
from tests.classroom import TESS_CLASS, THEO_CLASS, Classroom
from tests.papers import words_of
from tests.past_lessons import MONDAY, every_school, give, scores
from tests.web.test_programmes import other_programme

TOWN = "/reports/programmes/town"
FIRE = "/reports/agencies/kent-fire-and-rescue-service"
POLICE = "/reports/agencies/kent-police"


def teach(world: World, class_group: int = TESS_CLASS, present: int | None = 28, minutes: float = 19) -> int:
    classroom = Classroom(world.parts.database, world.clock)
    run = classroom.start(class_group)
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    classroom.record(classroom.answer(run, pupil, "1"))
    world.clock.forward(minutes=minutes)
    classroom.finish(run, present)
    return run


def sheet(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def cells(html: str, table: str = "lessons") -> list[list[str]]:
    """The text of each row of a table."""
    body = re.search(rf'<table class="figures {table}">.*?<tbody>(.*?)</tbody>', html, re.S)
    rows = re.findall(r"<tr>(.*?)</tr>", body[1] if body else "", re.S)
    return [
        [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
            for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.S)
        ]
        for row in rows
    ]


def test_priya_reads_the_lessons_of_the_fire_service(world: World) -> None:
    teach(world)
    page = world.staff(PRIYA).get(FIRE)
    assert page.status_code == 200
    assert "Harrowmarsh Primary School (demo)" in page.text
    assert "leads" in page.text


@pytest.mark.parametrize("path", [FIRE, f"{FIRE}.csv"])
def test_paul_of_the_police_does_not_find_the_report_of_the_fire_service(world: World, path: str) -> None:
    teach(world)
    paul = world.staff(PAUL)
    refused, missing = paul.get(path), paul.get(path.replace("kent-fire-and-rescue-service", "no-such-agency"))
    assert refused.status_code == missing.status_code == 404
    assert refused.text == missing.text
    assert "Harrowmarsh" not in refused.text
    assert "Harrowmarsh" not in paul.get(POLICE).text


@pytest.mark.parametrize("path", [FIRE, f"{FIRE}.csv", POLICE])
def test_cora_may_read_every_agency_of_the_programme(world: World, path: str) -> None:
    assert world.staff(CORA).get(path).status_code == 200


def test_a_coordinator_of_another_programme_reads_nothing_of_this_one(world: World) -> None:
    teach(world)
    with world.parts.database.transaction() as db:
        now = world.clock.now.date()
        row = ProgrammeRow(slug="other", name="Another", area="Elsewhere", starts_on=now, ends_on=now)
        programme_id = directory.add_programme(db, row)
        add_staff(db, "olga@sia.example", "Olga", Member(role="coordinator", programme_id=programme_id))
    olga = world.staff("olga@sia.example")
    before = olga.get(FIRE).status_code
    with world.parts.database.transaction() as db:
        fire = directory.agency_of(db, Agency(key="kent-fire-and-rescue-service", name="x"))
        directory.take_part(db, programme_id, fire, world.clock.now)
    page = olga.get(FIRE)
    assert (before, page.status_code) == (404, 200)
    assert "Harrowmarsh" not in page.text
    assert "the town" not in page.text


def test_an_agency_may_look_at_one_of_its_programmes_alone(world: World) -> None:
    group = other_programme(world)
    with world.parts.database.transaction() as db:
        fire = directory.agency_by_slug(db, "kent-fire-and-rescue-service").id or 0
        directory.take_part(db, directory.programme_by_slug(db, "other").id or 0, fire, world.clock.now)
    teach(world)
    teach(world, group)
    priya = world.staff(PRIYA)
    both, alone = priya.get(FIRE).text, priya.get(f"{FIRE}?programme=other").text
    assert ("Class 6H" in both, "Class 6X" in both) == (True, True)
    assert ("Class 6H" in alone, "Class 6X" in alone) == (False, True)
    assert f"{FIRE}.csv?programme=other" in alone
    assert [row[2] for row in sheet(priya.get(f"{FIRE}.csv?programme=other").content)[1:2]] == ["6X"]
    assert "Class 6" not in priya.get(f"{FIRE}?programme=nowhere").text


def test_the_spreadsheet_says_what_the_page_says(world: World) -> None:
    teach(world, minutes=19)
    teach(world, THEO_CLASS, present=24, minutes=20.5)
    teach(world, present=None)
    priya = world.staff(PRIYA)
    page, rows = cells(priya.get(FIRE).text), sheet(priya.get(f"{FIRE}.csv").content)
    heads, lessons = rows[0], rows[1:4]
    assert len(page) == len(lessons) == 3
    for shown, row in zip(page, lessons, strict=True):
        fact = dict(zip(heads, row, strict=True))
        numbers = [
            *(fact["devices joined"], fact["questions served"], fact["questions answered"]),
            fact["matched before and after"],
        ]
        assert f"{fact['school']} Class {fact['class']}" == shown[1]
        assert shown[4] == (fact["pupils present"] or "head-count missing")
        assert shown[5].replace("½", ".5").removesuffix(".0") == fact["minutes"].removesuffix(".0")
        assert shown[6:] == numbers
    totals = {row[0]: row[1] for row in rows if len(row) == 2}
    assert (
        totals.items()
        >= {
            "sittings": "3",
            "schools": "2",
            "classes": "2",
            "pupils, counted once": "52",
            "attendances": "52",
            "minutes": "58.5",
            "pupil-hours": "17.1",
        }.items()
    )


def test_a_run_without_a_head_count_has_an_empty_cell_and_no_zero(world: World) -> None:
    teach(world, present=None)
    rows = sheet(world.staff(PRIYA).get(f"{FIRE}.csv").content)
    assert dict(zip(rows[0], rows[1], strict=True))["pupils present"] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_no_name_of_a_school_or_class_is_a_formula_in_the_spreadsheet(world: World, start: str) -> None:
    with world.parts.database.transaction() as db:
        for school in db.exec(select(SchoolRow)).all():
            school.name = f'{start}HYPERLINK("http://evil.example";"x")'
    teach(world)
    rows = sheet(world.staff(PRIYA).get(f"{FIRE}.csv").content)
    assert rows[1][1].startswith("'")
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_a_name_with_commas_quotes_and_lines_stays_one_cell(world: World) -> None:
    name = 'St Orrin\'s, "CE"\nPrimary'
    with world.parts.database.transaction() as db:
        for school in db.exec(select(SchoolRow)).all():
            school.name = name
    teach(world)
    rows = sheet(world.staff(PRIYA).get(f"{FIRE}.csv").content)
    assert rows[1][1] == name


def test_a_lesson_shortly_after_midnight_in_summer_stands_under_the_british_date(world: World) -> None:
    world.clock.now = world.clock.now.replace(year=2027, month=6, day=30, hour=23, minute=30)
    teach(world)
    priya = world.staff(PRIYA)
    assert sheet(priya.get(f"{FIRE}.csv").content)[1][0] == "2027-07-01"
    assert "1 Jul 2027" in priya.get(FIRE).text


def test_the_spreadsheet_is_a_file_of_its_own(world: World) -> None:
    answer = world.staff(PRIYA).get(f"{FIRE}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="kent-fire-and-rescue-service-participation.csv"' in answer.headers["content-disposition"]


def test_an_agency_without_lessons_is_told_so(world: World) -> None:
    assert "No lessons yet" in world.staff(PAUL).get(POLICE).text


def test_no_report_names_an_alias_or_an_answer(world: World) -> None:
    run = teach(world)
    with world.parts.database.reading() as db:
        alias = participants.crowd(db, run)[0].alias
    page, file = (world.staff(PRIYA).get(path) for path in (FIRE, f"{FIRE}.csv"))
    assert alias not in page.text + file.text
    assert "Shout to wake everyone" not in page.text
    [asked] = [row for row in sheet(file.content) if "before.F1" in row and "Before" in row[6:7]]
    assert asked[12:21] == ["1", "", "", "", "", "", "", "0", ""]


def test_a_lesson_of_another_class_counts_too(world: World) -> None:
    theo = world.teacher(THEO_LINK)
    run = world.start(theo)
    Classroom(world.parts.database, world.clock).go_to(run.id, "before", "content")
    world.finish(theo, "29")
    assert "Saltern Wharf" in world.staff(PRIYA).get(FIRE).text


@pytest.fixture
def past(world: World) -> World:
    """Six classes of other sizes had the fire lesson, and their results are given out."""
    with world.parts.database.transaction() as db:
        version = lessons.offered(db, 1)[0][0]
        for group, n in zip(every_school(db).values(), (9, 10, 19, 20, 25, 0), strict=False):
            give(db, group, version, scores(n, 2 * n + 1, 4 * n - 1) if n else [], present=n or 28)
    world.clock.now = MONDAY.replace(day=23)
    return world


def test_a_class_of_nine_is_hidden_with_the_next_and_under_twenty_have_no_percentages(past: World) -> None:
    rows = cells(past.staff(PRIYA).get(FIRE).text, "classes")
    stand = {row[2]: " | ".join(row[3:6]) for row in rows}
    assert stand == {
        "9": "Hidden: fewer than 10 matched pupils",
        "10": "Hidden, so that no smaller class can be worked out",
        "19": "39 of 95 | 75 of 95 | Fewer than 20 pupils, so no percentages",
        "20": "41.0% | 79.0% | +38.0",
        "25": "40.8% | 79.2% | +38.4",
        "–": "Not measured before and after",
    }


def test_the_programme_report_says_what_its_only_agency_report_says(past: World) -> None:
    whole, part = (past.staff(who).get(path).text for who, path in ((CORA, TOWN), (PRIYA, FIRE)))
    assert cells(whole, "classes") == cells(part, "classes")
    [learnt] = re.findall('<h2 id="learnt">(.*)</h2>', whole)
    assert learnt == "Right answers went up from 41.2% to 78.8%."
    assert learnt in part


def test_the_headline_says_on_what_it_rests(past: World) -> None:
    page = past.staff(PRIYA).get(FIRE).text
    said = re.search(r'<h2 id="learnt">.*?</h2>\s*<p class="unsure"><b>How sure is that\?</b> (.*?)</p>', page, re.S)
    assert said
    assert re.fullmatch(
        r"\d+ of \d+ pupils present answered before and just after\. \d+ of 5 questions were known better after the "
        r"lesson\. Allowing for chance, the gain in Fire is likely between \+\d+\.\d and \+\d+\.\d points\. There "
        r"was no comparison group\.",
        said[1],
    )


def test_a_fall_is_told_in_words_and_shape_on_page_and_paper(world: World) -> None:
    with world.parts.database.transaction() as db:
        version = lessons.offered(db, 1)[0][0]
        give(db, TESS_CLASS, version, scores(25, 90, 60), present=25)
    world.clock.now = MONDAY.replace(day=23)
    priya = world.staff(PRIYA)
    page = priya.get(FIRE).text
    assert "Right answers went down from 72.0% to 48.0%." in page
    assert 'class="dumbbell fell"' in page
    assert "72.0% before, 48.0% after, a fall" in page
    assert '−24.0<span class="fell"> fell</span>' in page
    assert "−24.0 fell" in words_of(priya.get(f"{FIRE}.pdf").content)


def test_what_pupils_say_of_themselves_stands_with_how_many_said_it(past: World) -> None:
    page = past.staff(PRIYA).get(FIRE).text
    assert re.search(r'\d+\.\d%<span class="soft">\d+ of \d+</span>', page)
    assert "before and after need not be the same pupils" in page


def _busy_exports(world: World) -> Callable[[], None]:
    """Nobody waits for a file, and the first has to wait for its turn until this is called."""
    turn = threading.Event()
    world.parts.exports = exports = Exports(at_a_time=1, seconds=0)
    exports.make("another file", lambda: bytes(turn.wait()))
    return turn.set


def test_a_file_that_takes_long_says_what_to_do_and_comes_when_it_is_asked_for_again(world: World) -> None:
    go_on = _busy_exports(world)
    cora = world.staff(CORA)
    waiting = cora.get(f"{TOWN}.json?topic=fire")
    go_on()
    assert (waiting.status_code, waiting.headers["refresh"]) == (202, "10")
    assert "The file is being made" in waiting.text
    assert f'href="{TOWN}.json?topic=fire"' in waiting.text
    assert f'href="{TOWN}?topic=fire"' in waiting.text
    for _ in range(100):
        found = cora.get(f"{TOWN}.json?topic=fire")
        if found.status_code == 200:
            break
        time.sleep(0.05)
    assert found.json()["about"]["only_topic"] == "nothing that is here"


def test_a_kept_file_is_not_handed_to_whoever_may_no_longer_see_the_report(world: World) -> None:
    go_on = _busy_exports(world)
    cora = world.staff(CORA)
    assert cora.get(f"{TOWN}.json").status_code == 202
    go_on()
    with world.parts.database.transaction() as db:
        for row in db.exec(select(MembershipRow)).all():
            db.delete(row)
    assert cora.get(f"{TOWN}.json").status_code in (303, 404)


def test_the_report_says_what_to_talk_about_again(past: World) -> None:
    page = past.staff(PRIYA).get(FIRE).text
    assert "Talk about this again" in page
    assert "Most chosen wrong idea" in page


def test_a_filter_that_would_single_out_a_hidden_class_shows_its_reach_only(past: World) -> None:
    cora = past.staff(CORA)
    [first] = re.findall(r'<option value="(\d+)">Harrowmarsh', cora.get(TOWN).text)
    page = cora.get(TOWN, params={"school": first})
    assert "What these pupils knew is hidden" in page.text
    assert cells(page.text, "classes")[0][3:] == ["Hidden: fewer than 10 matched pupils"]
    assert "Key questions" not in page.text


@pytest.mark.parametrize("wanted", [{"school": "x"}, {"school": "99999999999"}, {"topic": "'"}, {"agency": "none"}])
def test_a_filter_that_finds_nothing_says_so(past: World, wanted: dict[str, str]) -> None:
    page = past.staff(CORA).get(TOWN, params=wanted)
    assert page.status_code == 200
    assert "No lessons in this view" in page.text


def test_a_report_is_the_same_byte_for_byte_when_no_row_of_a_pupil_is_left(world: World) -> None:
    classroom = Classroom(world.parts.database, world.clock)
    run = classroom.start(TESS_CLASS)
    pupils = [classroom.seat(run) for _ in range(11)]
    classroom.teach(run, {pupil: (place % 5, (place + 2) % 6) for place, pupil in enumerate(pupils)})
    classroom.finish(run, 12)
    world.clock.forward(days=28)
    cora = world.staff(CORA)
    before = cora.get(TOWN).content
    with world.parts.database.transaction() as db:
        for row in (*db.exec(select(AnswerRow)).all(), *db.exec(select(ParticipantRow)).all()):
            db.delete(row)
    world.parts.database.outcomes.clear()
    assert b"of 55" in before
    assert cora.get(TOWN).content == before


def test_a_presenter_does_not_find_the_report_of_the_programme(past: World) -> None:
    refused = past.staff(PRIYA).get(TOWN)
    assert refused.status_code == 404
    assert "Harrowmarsh" not in refused.text


def test_paul_finds_nothing_of_the_fire_service_by_asking_for_its_topic(past: World) -> None:
    page = past.staff(PAUL).get(POLICE, params={"topic": "fire"})
    assert "No lessons in this view" in page.text
    assert "Harrowmarsh" not in page.text
