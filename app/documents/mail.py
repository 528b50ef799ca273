"""Letters by e-mail, over the school programme's own mail server. Without one they are printed."""

import smtplib
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

SECONDS = 10
"""A mail server that says nothing for so long is given up."""
OWN_TLS_PORT = 465
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed in, and in whose name."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Letter:
    """One e-mail, with a calendar entry when there is one."""

    to: str
    subject: str
    words: str
    calendar: bytes = b""
    method: str = "PUBLISH"


def send(server: MailServer, letters: Iterable[Letter]) -> Iterator[str]:
    """Hand the letters in one after the other; for each what went wrong in plain words, or nothing.

    When the server cannot be reached no letter waits for it again.
    """
    connection: smtplib.SMTP | None = None
    trouble = ""
    try:
        for letter in letters:
            if connection is None and not trouble:
                connection, trouble = _connected(server)
            yield trouble if connection is None else _handed_in(connection, server, letter)
    finally:
        if connection is not None:
            connection.close()


def _connected(server: MailServer) -> tuple[smtplib.SMTP | None, str]:
    connection: smtplib.SMTP | None = None
    try:
        context = ssl.create_default_context()
        if server.port == OWN_TLS_PORT:
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls(context=context)
            elif server.host not in LOOPBACK:
                connection.close()
                return None, "The mail server offers no encryption, so nothing was sent."
        if server.user:
            connection.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError:
        trouble = "The mail server did not take our name and password."
    except (OSError, smtplib.SMTPException):
        trouble = "The mail server could not be reached."
    else:
        return connection, ""
    if connection is not None:
        connection.close()
    return None, trouble


def _handed_in(connection: smtplib.SMTP, server: MailServer, letter: Letter) -> str:
    try:
        connection.send_message(_message(server, letter))
    except smtplib.SMTPRecipientsRefused:
        return "The mail server did not take this address."
    except (OSError, smtplib.SMTPException, ValueError):
        return "The mail server did not take the letter."
    return ""


def _message(server: MailServer, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = server.sender, letter.to, letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2].strip(">") or "localhost")
    message.set_content(letter.words)
    if letter.calendar:
        message.add_attachment(
            letter.calendar,
            maintype="text",
            subtype="calendar",
            filename="live-session.ics",
            params={"method": letter.method},
        )
    return message
