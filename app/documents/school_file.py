"""All that is held of a school as one ZIP: a table a CSV, and all of it as JSON."""

import io
import json
import zipfile
from typing import Any

from app.documents.plain_csv import plain_csv
from app.domain.retention import KEPT

READ_ME = """\
What is held of this school, on the day on which it was taken out.

Each .csv file is one table, and school.json is all of them. Times are UTC.
Keys and secrets are left out. No row belongs to a pupil or can be led back to a
seat: such rows are deleted a day after the lesson, and are handed to nobody.

For the school alone. These are the school's own counts, and nothing is hidden in
them: a count may be of one or two pupils, which no report shows. Do not pass
them on, and do not compare them with a report.

"""


def school_zip(held: dict[str, list[dict[str, Any]]]) -> bytes:
    """The same bytes for the same rows."""
    purposes = {kept.table: kept.purpose for kept in KEPT}
    lines = "".join(f"{name}.csv: to {purposes[name]}\n" for name in held)
    files = {"read-me.txt": (READ_ME + lines).encode()}
    files["school.json"] = json.dumps(held, indent=1, ensure_ascii=False).encode()
    files |= {f"{name}.csv": plain_csv(_lines(rows)) for name, rows in held.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _lines(rows: list[dict[str, Any]]) -> list[list[object]]:
    names: list[object] = list(rows[0]) if rows else []
    return [names, *([_cell(row[str(name)]) for name in names] for row in rows)]


def _cell(value: Any) -> object:
    match value:
        case None:
            return ""
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return value
