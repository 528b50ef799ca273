"""Sign-in with the account that staff have elsewhere: OpenID Connect, where the operator has set it up."""

import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.domain.errors import NotAllowed, NotFound
from app.settings import Settings
from app.store import accounts
from app.web.deps import App, Parts
from app.web.pages import Pages
from app.web.sign_in import after_first_step

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

log = logging.getLogger(__name__)
DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "PS256", "ES256")
PATIENCE_SECONDS, KNOWN_SECONDS, LEEWAY_SECONDS = 5.0, 3600.0, 60
ON_THE_WAY = timedelta(minutes=10)


class Provider:
    """The operator's identity provider. What it says of itself is asked once an hour."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._known: tuple[float, dict[str, Any], Any] | None = None

    def door(self, *, state: str, nonce: str, verifier: str) -> str:
        """The address at which the person signs in."""
        about, _ = self._about()
        with self._client() as client:
            address, _ = client.create_authorization_url(
                about["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(address)

    def email(self, code: str, *, nonce: str, verifier: str) -> str:
        """The verified e-mail address of whoever comes back with this code. Raises NotAllowed without one."""
        about, keys = self._about()
        with self._client() as client:
            token = client.fetch_token(about["token_endpoint"], code=code, code_verifier=verifier)
        claims = self._checked(str(token["id_token"]), about, keys, nonce)
        is_verified = any(claims.get(name) in (True, 1, "1", "true") for name in ("email_verified", "xms_edov"))
        if not is_verified or not isinstance(claims.get("email"), str):
            raise NotAllowed(f"{self._settings.provider_name} does not vouch for your e-mail address.")
        return str(claims["email"])

    def _checked(self, id_token: str, about: dict[str, Any], keys: Any, nonce: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt

        read = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        client_id = self._settings.provider_client_id
        wanted: Any = {
            "iss": {"essential": True, "value": about["issuer"]},
            "aud": {"essential": True, "value": client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        claims = CodeIDToken(read.claims, read.header, wanted, {"nonce": nonce, "client_id": client_id})
        claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
        return dict(read.claims)

    def _about(self) -> tuple[dict[str, Any], Any]:
        import httpx
        from joserfc.jwk import KeySet

        if self._known is None or time.monotonic() - self._known[0] > KNOWN_SECONDS:
            issuer = self._settings.provider_issuer
            with httpx.Client(timeout=PATIENCE_SECONDS) as client:
                about = client.get(issuer.rstrip("/") + DISCOVERY).raise_for_status().json()
                keys = client.get(about["jwks_uri"]).raise_for_status().json()
            if about["issuer"] != issuer:
                raise ValueError(f"{issuer} calls itself {about['issuer']}")
            self._known = (time.monotonic(), about, KeySet.import_key_set(keys))
        return self._known[1], self._known[2]

    def forget(self) -> None:
        """Ask anew next time: its keys may have changed."""
        self._known = None

    def _client(self) -> "OAuth2Client":
        from authlib.integrations.httpx_client import OAuth2Client  # it loads much, and few installations need it

        return OAuth2Client(
            self._settings.provider_client_id,
            self._settings.provider_client_secret,
            scope="openid email",
            redirect_uri=f"{self._settings.base_address}/sign-in/provider/back",
            code_challenge_method="S256",
            timeout=PATIENCE_SECONDS,
        )


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/sign-in/provider")
    def leave(app: App) -> Response:
        """To the provider. Who, why and until when goes with the browser, signed; nothing is stored."""
        _must_be_set_up(app.settings)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        try:
            address = app.provider.door(state=state, nonce=nonce, verifier=verifier)
        except Exception as error:  # whatever a stranger's server may answer
            return _did_not_work(pages, app.settings, error)
        response = RedirectResponse(address, status_code=303)
        until = (app.clock() + ON_THE_WAY).timestamp()
        app.cookies.set(response, "provider", app.cookies.sign(f"provider {state} {nonce} {verifier} {until:.0f}"))
        return response

    @router.get("/sign-in/provider/back")
    def come_back(request: Request, app: App, code: str = "", state: str = "") -> Response:
        _must_be_set_up(app.settings)
        try:
            nonce, verifier = _sent(request, app, state)
            email = app.provider.email(code, nonce=nonce, verifier=verifier)
            response = _let_in(request, app, email)
        except NotAllowed as refusal:
            response = _refused(pages, refusal.sentence)
        except Exception as error:  # whatever a stranger's server may answer
            app.provider.forget()
            response = _did_not_work(pages, app.settings, error)
        app.cookies.drop(response, "provider")
        return response

    return router


def _must_be_set_up(settings: Settings) -> None:
    if not settings.provider_issuer:
        raise NotFound("We could not find that page.")


def _sent(request: Request, app: Parts, state: str) -> tuple[str, str]:
    """Nonce and verifier of the browser that we sent to the provider. Raises NotAllowed for any other."""
    value = app.cookies.read_signed(request.cookies.get(app.cookies.name("provider"))) or ""
    what, sent, nonce, verifier, until = (value.split(" ") + [""] * 5)[:5]
    if (
        what != "provider"
        or not compare_digest(sent.encode(), state.encode())
        or app.clock().timestamp() > int(until)
    ):
        raise NotAllowed("That sign-in was not begun in this browser, or took too long. Try again.")
    return nonce, verifier


def _let_in(request: Request, app: Parts, email: str) -> Response:
    with app.database.reading() as db:
        account = accounts.account_by_email(db, email)
    if account is None or account.disabled_at:
        raise NotAllowed(f"Nobody with the e-mail address {email[:200]} has an account here. Ask your coordinator.")
    return after_first_step(request, app, account)


def _did_not_work(pages: Pages, settings: Settings, error: Exception) -> Response:
    log.warning("signing in with %s did not work: %s %s", settings.provider_issuer, type(error).__name__, error)
    return _refused(
        pages, f"{settings.provider_name} could not sign you in just now. Try again, or use your password."
    )


def _refused(pages: Pages, sentence: str) -> Response:
    return pages.page("sign_in/sign_in.html", status=403, email="", sentence=sentence, to="")
