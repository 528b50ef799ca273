"""A small real OpenID Connect provider on the loopback: it checks what it is sent, and signs its tokens."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "safety-in-action", "secret of a test"


@dataclass
class TestProvider:
    """Whoever comes is signed in as the person of `claims`."""

    __test__ = False
    now: int
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    """What the browser brought when it came."""
    address: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    signs_with: RSAKey | None = None

    def answer(self, path: str, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        match path:
            case "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.address,
                    "authorization_endpoint": f"{self.address}/authorize",
                    "token_endpoint": f"{self.address}/token",
                    "jwks_uri": f"{self.address}/keys",
                }
            case "/keys":
                return 200, dict(KeySet([self.key]).as_dict(private=False))
            case "/authorize":
                return self._authorize(sent)
            case "/token":
                return self._token(sent)
            case _:
                return 404, {}

    def _authorize(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        assert sent["response_type"] == "code"
        assert sent["client_id"] == CLIENT_ID
        assert sent["code_challenge_method"] == "S256"
        assert "openid" in sent["scope"].split()
        code = f"code-{len(self.codes)}"
        self.asked = self.codes[code] = sent
        back = urlencode({"code": code, "state": sent["state"]})
        return 303, {"location": f"{sent['redirect_uri']}?{back}"}

    def _token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != sent.get("redirect_uri")
            or sent["authorization"] != f"Basic {secret}"
        ):
            return 400, {"error": "invalid_grant"}
        claims = {"iss": self.address, "aud": CLIENT_ID, "sub": "1", "iat": self.now, "exp": self.now + 300}
        claims |= {"nonce": asked["nonce"]} | self.claims
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs_with or self.key)
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": signed}


@contextmanager
def provider(now: int) -> Iterator[TestProvider]:
    one = TestProvider(now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(self.path, sent | {"authorization": self.headers.get("authorization", "")})

        def _answer(self, path: str, sent: dict[str, str]) -> None:
            status, said = one.answer(path, sent)
            self.send_response(status)
            if status == 303:
                self.send_header("location", said["location"])
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
