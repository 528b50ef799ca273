"""The codes of the second factor: those of an authenticator app, and those kept on paper."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp
from markupsafe import Markup

from app.domain.joining import CODE_LETTERS
from app.web.panels import qr

DRIFT = 1
"""Clocks of phones are right to half a minute, or the code of the half minute beside it is taken."""
RECOVERY_CODES, GROUPS, GROUP = 10, 4, 4


def new_seed() -> str:
    return secrets.token_urlsafe(16)


def secret_of(installation: str, account_id: int, seed: str) -> str:
    """What the app on the phone holds. It stands in no table: who reads the database cannot make codes."""
    made = hmac.digest(installation.encode(), f"second factor {account_id} {seed}".encode(), hashlib.sha256)
    return base64.b32encode(made[:20]).decode()


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The half minute of which this is the code; None when it is of none near now."""
    code = re.sub(r"\s", "", typed[:40])
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=DRIFT)
    except pyotp.OTPVerificationError:
        return None


def picture(secret: str, email: str, product: str) -> Markup:
    """The QR code that an authenticator app scans."""
    return qr(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=product), keep_case=True)


def spelled(secret: str) -> str:
    """In groups of four, to be typed where nothing can scan."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def new_recovery_codes() -> list[str]:
    """Ten codes of 65 random bits each, without look-alikes."""
    return [
        "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def read_recovery_code(typed: str) -> str:
    """As it was written down, whatever became of case, spaces and hyphens."""
    letters = re.sub(r"[^A-Z]", "", typed.upper()[:100])
    return "-".join(letters[place : place + GROUP] for place in range(0, len(letters), GROUP))
