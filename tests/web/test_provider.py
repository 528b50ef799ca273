"""Signing in with an account elsewhere: what it opens, and what a forged or stale answer does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from joserfc.jwk import RSAKey
from sqlmodel import func, select

from app.domain.errors import NotAllowed
from app.settings import Settings
from app.store import accounts
from app.store.tables import AccountRow
from tests.cast import PRIYA, Clock, World
from tests.provider import CLIENT_ID, CLIENT_SECRET, TestProvider, provider
from tests.web.test_account import app_of

VERIFIED = {"email": PRIYA.title(), "email_verified": True}


@dataclass
class Town:
    """A world whose staff may sign in elsewhere."""

    world: World
    elsewhere: TestProvider

    def leave(self, browser: TestClient) -> str:
        """The browser goes to the provider; the address at which it comes back."""
        away = browser.get("/sign-in/provider")
        assert away.status_code == 303
        assert away.headers["location"].startswith(f"{self.elsewhere.address}/authorize?")
        back = urlsplit(httpx.get(away.headers["location"]).headers["location"])
        return f"{back.path}?{back.query}"

    def come(self, **claims: Any) -> Response:
        """There and back, as this person."""
        self.elsewhere.claims = claims
        browser = self.world.browser()
        return browser.get(self.leave(browser))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with provider(int(Clock().now.timestamp())) as elsewhere:
        options = {
            "provider_issuer": elsewhere.address,
            "provider_client_id": CLIENT_ID,
            "provider_client_secret": CLIENT_SECRET,
            "provider_name": "the county",
        }
        with World(tmp_path_factory.mktemp("provider") / "data", options=options) as world:
            yield Town(world, elsewhere)


@pytest.fixture(autouse=True)
def as_before(town: Town) -> None:
    town.elsewhere.claims, town.elsewhere.signs_with = {}, None
    town.world.clock.now = Clock().now


def test_whoever_has_a_verified_address_there_opens_the_account_here(town: Town) -> None:
    browser = town.world.browser()
    assert "Sign in with the county" in browser.get("/sign-in").text
    town.elsewhere.claims = VERIFIED
    came = browser.get(town.leave(browser))
    assert came.headers["location"] == "/programmes"
    assert PRIYA in browser.get("/account").text
    assert {"state", "nonce", "code_challenge"} <= set(town.elsewhere.asked)
    assert all(len(town.elsewhere.asked[name]) >= 40 for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    "claims",
    [
        {"email": PRIYA},
        {"email": PRIYA, "email_verified": False},
        {"email_verified": True},
        VERIFIED | {"nonce": "another"},
        VERIFIED | {"aud": "another"},
        VERIFIED | {"aud": [CLIENT_ID, "another"], "azp": "another"},
        VERIFIED | {"iss": "https://evil.example"},
        VERIFIED | {"exp": int(Clock().now.timestamp()) - 120},
    ],
    ids=str,
)
def test_an_answer_that_vouches_for_nothing_opens_nothing(town: Town, claims: dict[str, Any]) -> None:
    refused = town.come(**claims)
    assert refused.status_code == 403
    assert "sia_staff" not in refused.cookies


def test_microsofts_own_word_for_verified_is_understood(town: Town) -> None:
    assert town.come(email=PRIYA, xms_edov="1").status_code == 303


def test_a_token_signed_by_somebody_else_opens_nothing(town: Town) -> None:
    town.elsewhere.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert town.come(**VERIFIED).status_code == 403


def test_an_answer_is_good_in_the_browser_that_asked_and_once_and_for_ten_minutes(town: Town) -> None:
    town.elsewhere.claims = VERIFIED
    browser, other = town.world.browser(), town.world.browser()
    back = town.leave(browser)
    town.leave(other)
    assert other.get(back).status_code == 403, "somebody else's browser"
    late = town.leave(browser)
    town.world.clock.forward(minutes=11)
    assert browser.get(late).status_code == 403, "too late"
    town.world.clock.now = Clock().now
    back = town.leave(browser)
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403, "twice"


def test_no_account_is_ever_made(town: Town) -> None:
    refused = town.come(email="eve@evil.example", email_verified=True)
    assert "Nobody with the e-mail address eve@evil.example has an account here." in refused.text
    with town.world.parts.database.reading() as db:
        assert db.exec(select(func.count()).select_from(AccountRow)).one() == 5


def test_a_disabled_account_stays_closed(town: Town) -> None:
    with town.world.parts.database.transaction() as db:
        rita = accounts.account_by_email(db, "rita@sia.example")
        assert rita is not None
        accounts.disable(db, rita.id or 0, town.world.clock.now)
    assert town.come(email="rita@sia.example", email_verified=True).status_code == 403


def test_the_second_step_is_asked_for_all_the_same(town: Town) -> None:
    app_of(town.world, town.world.staff("fay@sia.example"))
    came = town.come(email="fay@sia.example", email_verified=True)
    assert came.headers["location"] == "/sign-in/code"
    assert "sia_staff" not in came.cookies


def test_a_provider_that_is_away_is_said_in_a_sentence(tmp_path: Path) -> None:
    options = {"provider_issuer": "http://127.0.0.1:9", "provider_client_id": "x", "provider_client_secret": "y"}
    with World(tmp_path / "data", options=options) as world:
        refused = world.browser().get("/sign-in/provider")
    assert refused.status_code == 403
    assert "could not sign you in just now. Try again, or use your password." in refused.text


def test_it_is_off_by_default(world: World) -> None:
    assert world.browser().get("/sign-in/provider").status_code == 404
    assert "Sign in with" not in world.browser().get("/sign-in").text


@pytest.mark.parametrize(
    "options",
    [
        {"provider_issuer": "http://sso.example"},
        {"provider_issuer": "https://sso.example", "provider_client_id": "x"},
    ],
)
def test_a_half_set_up_provider_is_no_start(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed, match="SIA_PROVIDER_ISSUER"):
        Settings(data_dir=tmp_path, demo=True, **options).must_be_safe_to_serve()
