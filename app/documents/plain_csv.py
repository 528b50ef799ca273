"""Rows as CSV that any spreadsheet reads and none runs."""

import csv
import io
import re
from collections.abc import Iterable

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def plain_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """RFC 4180 with a byte-order mark, so that spreadsheets read it as UTF-8; texts are made harmless."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([harmless(value) for value in row] for row in rows)
    return BYTE_ORDER_MARK + text.getvalue().encode()


def harmless(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a ' before it (SEC-30).

    So does text that has one already: taking one ' off then always gives the text back.
    """
    if isinstance(value, str) and re.match(r"'*[=+\-@\t\r\0]", value):
        return f"'{value}"
    return value
