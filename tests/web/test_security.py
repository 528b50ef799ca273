"""What stands in front of every request: host, origin, headers, cookies, size, and who may ask at all."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from tests.cast import ADDRESS, PASSWORD, PRIYA, TESS_LINK, World
from tests.policies import POLICIES
from tests.served import ServedWorld

POSTS = {route.partition(" ")[2] for route in POLICIES if route.startswith("POST ")}
FORM = {
    "order": "next",
    "seq": "0",
    "epoch": "0",
    "participant_id": "1",
    "run": "1",
    "present": "28",
    "number": "42",
    "class_group_id": "1",
    "version_id": "1",
    "programme_id": "1",
    "live_session_id": "1",
    "holder_epoch": "0",
    "question_id": "1",
    "account_id": "1",
    "state": "parked",
    "words": "Two more minutes",
    "booking_id": "1",
}


def all_routes(routes: Any) -> Iterator[Route | WebSocketRoute]:
    """Every route of ours, those of included routers too; FastAPI's own kinds are kinds of these."""
    for route in routes:
        if isinstance(route, Route | WebSocketRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from all_routes(route.original_router.routes)


def served(world: World) -> set[tuple[str, str]]:
    """Method and path of each page."""
    return {
        (method, route.path)
        for route in all_routes(world.app.routes)
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }


def filled(path: str) -> str:
    for name, value in (("{slug}", "town"), ("{agency}", "kent-police"), ("{panel}", "stage"), ("{code}", "KMTPVX")):
        path = path.replace(name, value)
    for number in ("{session_id}", "{agency_id}", "{school_id}", "{class_group_id}", "{booking_id}"):
        path = path.replace(number, "1")
    return path.replace("{token}", "no-such-token").replace("{name}", "no-such-name")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for the tests that only ask and change nothing."""
    with World(tmp_path_factory.mktemp("shared"), options={"network_check_seconds": 0.02}) as world:
        yield world


@pytest.fixture
def stranger(shared: World) -> TestClient:
    return shared.browser()


def test_no_page_of_staff_opens_with_a_class_link_or_a_seat(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    for path in (
        "/programmes",
        "/present",
        "/author/media",
        "/reports/agencies/kent-police",
        "/reports/agencies/kent-police.csv",
    ):
        for client in (tess, pupil):
            assert client.get(path).headers.get("location") == "/sign-in", path


def test_no_page_of_a_class_opens_with_a_seat_or_an_account(world: World) -> None:
    run = world.start(world.teacher())
    for client in (world.pupil(run), world.staff()):
        for path in ("/class", "/class/run/screen", "/class/run/controls", "/class/run/report", "/class/run/pair"):
            assert client.get(path).status_code == 403, path
        assert client.post("/class/run/cue", data=FORM).status_code == 403
    assert world.run(run).stage.seq == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": ADDRESS + ".evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": ADDRESS},
    ],
    ids=str,
)
def test_no_post_is_taken_from_another_site(shared: World, headers: dict[str, str]) -> None:
    client = TestClient(shared.app, base_url=ADDRESS, headers=headers, follow_redirects=False)
    for path in sorted(POSTS):
        answer = client.post(filled(path), data=FORM)
        assert answer.status_code == 403, path
        assert "sent from another site" in answer.text, path


@pytest.mark.parametrize("headers", [{"origin": ADDRESS}, {"sec-fetch-site": "same-origin"}], ids=str)
def test_every_post_is_taken_from_our_own_pages(shared: World, headers: dict[str, str]) -> None:
    client = TestClient(shared.app, base_url=ADDRESS, headers=headers, follow_redirects=False)
    for path in sorted(POSTS):
        assert "sent from another site" not in client.post(filled(path), data=FORM).text, path


@pytest.mark.parametrize("path", ["/play/socket", "/class/run/socket", "/present/1/socket"])
@pytest.mark.parametrize("origin", ["", "http://evil.example", "null", "https://127.0.0.1:8000"])
def test_no_socket_is_opened_from_another_site(shared: World, path: str, origin: str) -> None:
    client = TestClient(shared.app, base_url=ADDRESS)
    headers = {"origin": origin} if origin else {}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path, headers=headers):
        pass


def test_every_socket_is_known_to_these_tests(shared: World) -> None:
    sockets = {route.path for route in all_routes(shared.app.routes) if isinstance(route, WebSocketRoute)}
    of_seats = {"/play/socket", "/class/run/socket", "/present/{session_id}/socket"}
    assert sockets == of_seats | {"/network-check/socket"}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "[", "[::1"])
def test_a_host_that_is_not_ours_is_refused(shared: World, host: str) -> None:
    client = TestClient(shared.app, base_url=ADDRESS, raise_server_exceptions=False)
    assert client.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST"])
def test_this_machine_is_reached_by_its_usual_names(shared: World, host: str) -> None:
    assert shared.browser().get("/", headers={"host": host}).status_code == 200


HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store, no-transform",
}


SELF, NONE = "'self'", "'none'"


def assert_guarded(answer: Any, what: object) -> None:
    found = {name: answer.headers.get(name) for name in HEADERS}
    assert found == HEADERS, what
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy, what
    assert "unsafe" not in policy, what
    may_be_framed = str(what).endswith("/preview')")
    assert f"frame-ancestors {SELF if may_be_framed else NONE}" in policy, what
    assert "camera=()" in answer.headers["permissions-policy"], what


def test_every_answer_carries_the_headers_also_when_it_refuses(shared: World, stranger: TestClient) -> None:
    for method, path in sorted(served(shared)):
        answer = stranger.request(method, filled(path), data=FORM if method == "POST" else None)
        assert_guarded(answer, (method, path))
    assert_guarded(stranger.get("/no-such-page"), "not found")
    assert_guarded(stranger.get("/", headers={"host": "evil.example"}), "another host")


def test_a_page_that_breaks_carries_the_headers_and_tells_nothing_of_the_inside(shared: World) -> None:
    def breaks() -> PlainTextResponse:
        raise RuntimeError("the inside")

    shared.app.add_api_route("/breaks", breaks)
    client = TestClient(shared.app, base_url=ADDRESS, raise_server_exceptions=False)
    answer = client.get("/breaks")
    shared.app.router.routes[:] = [r for r in shared.app.router.routes if getattr(r, "path", "") != "/breaks"]
    assert answer.status_code == 500
    assert "Something went wrong on our side. Nothing saved is lost." in answer.text
    assert "the inside" not in answer.text
    assert_guarded(answer, "a crash")


def test_a_mistake_in_our_sql_is_a_crash_and_no_busy_database(shared: World) -> None:
    def breaks() -> None:
        with shared.parts.database.reading() as db:
            db.connection().exec_driver_sql("SELECT the_inside")

    shared.app.add_api_route("/breaks", breaks)
    answer = TestClient(shared.app, base_url=ADDRESS, raise_server_exceptions=False).get("/breaks")
    shared.app.router.routes[:] = [r for r in shared.app.router.routes if getattr(r, "path", "") != "/breaks"]
    assert answer.status_code == 500
    assert "the_inside" not in answer.text


def test_static_files_are_kept_for_a_year_only_under_the_fingerprint_of_their_content(stranger: TestClient) -> None:
    plain, named = stranger.get("/static/style.css"), stranger.get("/static/style.css?v=0123")
    assert plain.headers["cache-control"] == "no-cache"
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert named.headers["x-content-type-options"] == "nosniff"


def test_pages_load_nothing_from_elsewhere_and_run_no_script_of_their_own(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    pages = [tess.get("/class/run/screen"), tess.get("/class/run/controls"), tess.get("/class"), pupil.get("/play")]
    for page in [*pages, world.staff().get("/programmes"), world.browser().get("/")]:
        assert page.status_code == 200
        for outside in ('src="http', 'href="http', "<script>", " onclick=", " style=", "javascript:"):
            assert outside not in page.text


def test_a_body_that_is_too_large_is_refused(shared: World) -> None:
    answer = shared.browser().post("/join", data={"code": "K" * 70_000})
    assert answer.status_code in (403, 413)
    assert "too large" in answer.text


def test_a_body_that_is_too_large_is_refused_although_it_does_not_say_so(shared: World) -> None:
    def body() -> Iterator[bytes]:
        yield b"code="
        for _ in range(40):
            yield b"K" * 10_000

    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = shared.browser().post("/join", content=body(), headers=headers)
    assert answer.status_code in (403, 413)
    assert "too large" in answer.text


def cookies_of(world: World) -> dict[str, str]:
    """Each cookie that we set, with its flags."""
    tess, browser = world.browser(), world.browser()
    lines = [
        tess.post(f"/c/{TESS_LINK}").headers["set-cookie"],
        browser.post("/join", data={"code": world.start(tess).code}).headers["set-cookie"],
        browser.post("/sign-in", data={"email": PRIYA, "password": PASSWORD}).headers["set-cookie"],
    ]
    return {line.partition("=")[0]: line for line in lines}


def test_somebody_who_leaves_in_the_middle_of_a_form_is_no_fault_of_the_server(
    served: ServedWorld, caplog: pytest.LogCaptureFixture
) -> None:
    priya = served.visitor().sign_in(PRIYA).http
    cookies = "; ".join(f"{name}={value}" for name, value in priya.cookies.items())
    with socket.create_connection(("127.0.0.1", served.port)) as leaving:
        host = f"Host: 127.0.0.1:{served.port}\r\nOrigin: {served.address}\r\nCookie: {cookies}\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n"
        leaving.sendall(f"POST /author/lessons/fire/steps/hook HTTP/1.1\r\n{host}{kind}\r\ntitle=Smo".encode())
        leaving.settimeout(0.3)
        with pytest.raises(TimeoutError):  # it waits for the rest of the form
            leaving.recv(1)
    time.sleep(0.2)
    assert priya.get("/author").status_code == 200
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_cookies_are_for_our_own_server_only(world: World) -> None:
    cookies = cookies_of(world)
    assert set(cookies) == {"sia_class", "sia_seat", "sia_staff"}
    for line in cookies.values():
        assert "HttpOnly" in line
        assert "SameSite=lax" in line
        assert "Path=/" in line
        assert "Domain" not in line


def test_over_https_cookies_are_secure_and_tied_to_the_host(tmp_path: Path) -> None:
    options = {"behind_proxy": True, "address": "https://sia.example"}
    with World(tmp_path, options=options) as world:
        own = "https://sia.example"
        client = TestClient(world.app, base_url=own, headers={"origin": own}, follow_redirects=False)
        line = client.post(f"/c/{TESS_LINK}").headers["set-cookie"]
        page = client.get("/")
    assert line.startswith("__Host-sia_class=")
    assert "Secure" in line
    assert "Path=/" in line
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "connect-src 'self' wss://sia.example" in page.headers["content-security-policy"]


@pytest.mark.parametrize("cookie", ["", "nonsense", "a.b", "%00", "key.AAAA", "…"])
def test_a_forged_seat_cookie_is_no_seat(shared: World, cookie: str) -> None:
    client = shared.browser()
    answer = client.get("/play", headers=[(b"cookie", b"sia_seat=" + cookie.encode())])
    assert (answer.status_code, answer.headers["location"]) == (303, "/join")


def test_a_seat_cookie_that_another_installation_signed_is_no_seat(world: World, tmp_path: Path) -> None:
    run = world.start(world.teacher())
    pupil = world.pupil(run)
    key = world.parts.cookies.read_signed(pupil.cookies["sia_seat"])
    assert key is not None
    with World(tmp_path / "other") as other:
        foreign = other.parts.cookies.sign(key)
    answer = world.browser().get("/play", headers={"cookie": f"sia_seat={foreign}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/join")


def test_a_key_without_its_signature_is_no_seat(world: World) -> None:
    pupil = world.pupil(world.start(world.teacher()))
    key = world.parts.cookies.read_signed(pupil.cookies["sia_seat"])
    answer = world.browser().get("/play", headers={"cookie": f"sia_seat={key}"})
    assert answer.headers["location"] == "/join"


def test_a_cookie_of_one_kind_opens_no_door_of_another(world: World) -> None:
    tess, staff = world.teacher(), world.staff()
    run = world.start(tess)
    class_key, staff_key = tess.cookies["sia_class"], staff.cookies["sia_staff"]
    for name, key, path in (
        ("sia_staff", class_key, "/programmes"),
        ("sia_phone", class_key, "/class/run/controls"),
        ("sia_class", staff_key, "/class"),
        ("sia_seat", class_key, "/play"),
    ):
        answer = world.browser().get(path, headers={"cookie": f"{name}={key}"})
        assert answer.status_code in (303, 403), (name, path)
    assert world.run(run).stage.seq == 0


def test_the_secret_of_an_installation_is_for_its_owner_only_and_never_empty(world: World) -> None:
    file = world.folder / "secret"
    assert file.stat().st_mode & 0o077 == 0
    assert len(file.read_text()) >= 40


def test_an_empty_secret_is_never_used_to_sign(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()  # what a crash between making and writing the file leaves behind
    with World(tmp_path) as world:
        assert len(world.settings.secret()) >= 40
