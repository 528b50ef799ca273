"""What stands in front of every request: the right host, the right origin, and the headers of every response."""

import asyncio
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from urllib.parse import urlsplit

from itsdangerous import BadSignature, Signer
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.content.importers import LARGEST_FILE
from app.content.importers.school_lists import LARGEST_LIST
from app.domain.errors import NotAllowed
from app.settings import Settings
from app.web.uploads import LARGEST_UPLOAD

UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
LARGEST_BODY = 64 * 1024
COUNTED_AS_THEY_COME: dict[str, int] = {
    "/author/media": LARGEST_UPLOAD,
    "/author/brought": 4 * LARGEST_FILE,
    "/programmes/brought": 4 * LARGEST_LIST,
}
"""Where somebody who has signed in sends a file: the handler asks who it is first, then counts while it comes."""
TOO_LARGE = "That is too large."
FILE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
"""Of a picture or film that is opened by itself: whatever hides in it runs nothing and reaches nothing."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")

_passwords = PasswordHash((Argon2Hasher(memory_cost=46 * 1024, time_cost=1, parallelism=1),))
_hashing = threading.Semaphore(2)  # 46 MiB each: a storm of sign-ins must not eat the machine


def hash_password(password: str) -> str:
    with _hashing:
        return _passwords.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Takes as long for an unknown account as for a known one."""
    with _hashing:
        nobody = _nobody()
        return _passwords.verify(password, password_hash or nobody) and password_hash is not None


@cache
def _nobody() -> str:
    """Made at the first sign-in, whoever's it is: hashing at the start would keep everybody waiting."""
    return _passwords.hash(secrets.token_urlsafe())


def new_key() -> str:
    """256 random bits: a seat, a sign-in, a link."""
    return secrets.token_urlsafe(32)


class Cookies:
    """Names and flags of our cookies, and the signature of the seat."""

    def __init__(self, settings: Settings) -> None:
        self._secure = settings.is_secure
        self._signer = Signer(settings.secret(), salt="seat", digest_method=hashlib.sha256)

    def name(self, short: str) -> str:
        return f"__Host-sia_{short}" if self._secure else f"sia_{short}"

    def set(self, response: Response, short: str, value: str, max_age: int | None = None) -> None:
        response.set_cookie(
            self.name(short), value, max_age=max_age, httponly=True, samesite="lax", secure=self._secure, path="/"
        )

    def drop(self, response: Response, short: str) -> None:
        response.delete_cookie(self.name(short), httponly=True, samesite="lax", secure=self._secure, path="/")

    def sign(self, key: str) -> str:
        return self._signer.sign(key).decode()

    def read_signed(self, value: str | None) -> str | None:
        """The key of a seat cookie; None when it is missing or was not made here."""
        try:
            return self._signer.unsign(value or "").decode()
        except BadSignature:
            return None


class Throttle:
    """Counts failures per address, never successes: thirty pupils share one address."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._failures: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def must_not_be_full(self, who: str) -> None:
        """Raises NotAllowed while this address has failed too often."""
        with self._lock:
            recent = [at for at in self._failures.get(who, ()) if self._clock() - at < self._seconds]
            self._failures[who] = recent
            if not recent:
                del self._failures[who]
            if len(recent) >= self._most:
                raise NotAllowed("That was wrong many times. Wait five minutes, then try again.")

    def failed(self, who: str) -> None:
        with self._lock:
            self._failures.setdefault(who, []).append(self._clock())


Crash = Callable[[Request, Exception], Response]
"""Makes the page for an error that nobody foresaw."""


class Turnstile:
    """Lets those who come one by one: between two the event loop looks at its sockets.

    Two hundred who come at one moment would otherwise hold up the answers of everybody else for as long as it takes
    to serve them all.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        async with self._lock:
            await asyncio.sleep(0)


class Guard:
    """ASGI middleware for HTTP and sockets alike; Starlette's own skip sockets."""

    def __init__(self, app: ASGIApp, settings: Settings, crash: Crash) -> None:
        self._app = app
        self._crash = crash
        self._turnstile = Turnstile()
        self._scheme = "https" if settings.is_secure else "http"
        self._any_host = settings.demo and settings.host in ("0.0.0.0", "::")
        self._hosts = {urlsplit(settings.base_address).hostname or "", *LOOPBACK}
        self._secure = settings.is_secure
        self._headers_for = lru_cache(maxsize=64)(self._make_headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        await self._turnstile.turn()
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        refusal = self._refusal(scope, headers, host)
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        guarded = self._with_headers(send, host, scope)
        if refusal is not None:
            answer = PlainTextResponse(refusal, status_code=413 if refusal == TOO_LARGE else 403)
            await answer(scope, receive, guarded)
            return
        is_counted = scope["path"] in COUNTED_AS_THEY_COME
        if scope["method"] in UNSAFE_METHODS and "content-length" not in headers and not is_counted:
            body = await _whole_body(receive)
            if body is None:
                await PlainTextResponse(TOO_LARGE, status_code=413)(scope, receive, guarded)
                return
            receive = _replayed(body, receive)
        await self._served(scope, receive, guarded)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A crash shows its page with the same headers as any other; Starlette's own handler stands outside."""
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            return  # gone in the middle of a form: nobody is there to read an answer
        except Exception as error:
            if has_begun:
                raise
            await self._crash(Request(scope), error)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers, host: str) -> str | None:
        if not self._any_host and _hostname(host) not in self._hosts:
            return "This server does not go by that name."
        own = f"{self._scheme}://{host}"
        if scope["type"] == "websocket":
            return None if headers.get("origin") == own else "This socket was opened from another site."
        if scope["method"] in UNSAFE_METHODS and not _is_own(headers, own):
            return "This form was sent from another site. Go back to the page and try again."
        if int(headers.get("content-length") or 0) > COUNTED_AS_THEY_COME.get(scope.get("path", ""), LARGEST_BODY):
            return TOO_LARGE
        return None

    def _with_headers(self, send: Send, host: str, scope: Scope) -> Send:
        path = scope.get("path", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                is_file = path.startswith("/media/") and message["status"] in (200, 206, 304)
                fixed = self._headers_for(host, *_framing(path), is_file)
                message["headers"] = [*given, *fixed, *_caching(path, scope, given)]
            await send(message)

        return send_with_headers

    def _make_headers(self, host: str, frames: str, framed_by: str, is_file: bool) -> list[tuple[bytes, bytes]]:
        """The same on every response but for frames and a file's own policy; no handler sets any of these."""
        socket_scheme = "wss" if self._secure else "ws"
        headers = {
            "Content-Security-Policy": FILE_POLICY
            if is_file
            else (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
                f"media-src 'self'; connect-src 'self' {socket_scheme}://{host}; base-uri 'none'; "
                f"form-action 'self'; frame-src {frames}; frame-ancestors {framed_by}; object-src 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), accelerometer=()",
        }
        if self._secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def _framing(path: str) -> tuple[str, str]:
    """What a page may hold in frames, and who may hold it: the editor shows its previews, and nothing else does."""
    is_author = path.startswith("/author/")
    return ("'self'" if is_author else "'none'", "'self'" if is_author and path.endswith("/preview") else "'none'")


def _caching(path: str, scope: Scope, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    if path.startswith("/static/"):
        # The address holds the fingerprint of the content; without it, ask again each time.
        is_named = scope.get("query_string", b"").startswith(b"v=")
        return [(b"cache-control", b"public, max-age=31536000, immutable" if is_named else b"no-cache")]
    if any(name.lower() == b"cache-control" for name, _ in given):
        return []
    return [(b"cache-control", b"no-store, no-transform"), (b"x-accel-buffering", b"no")]


async def _whole_body(receive: Receive) -> bytes | None:
    """A body that does not say how long it is; None when it is too large."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_own(headers: Headers, own: str) -> bool:
    """Sec-Fetch-Site where the browser sends it, else the origin (Safari before 16.4)."""
    site = headers.get("sec-fetch-site")
    return site == "same-origin" if site else headers.get("origin") == own
