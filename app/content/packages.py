"""A whole lesson as one zip of the same readable files: what is packed is unpacked byte for byte."""

import hashlib
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping

from app.content.importers.archives import BOMB, check_archive
from app.content.importers.imported import Imported, Message, Unreadable

FORM = "lesson package"
MANIFEST = "MANIFEST"
FOLDERS = ("lessons/", "quizzes/", "media/")
MOST_FILES = 400
LONGEST_PATH = 200
LARGEST_XML = 1_000_000  # there is none in a package
NO_TIME = (1980, 1, 1, 0, 0, 0)  # a zip cannot hold an earlier one, and the real one would change the bytes
PLAIN_FILE = (stat.S_IFREG | 0o644) << 16
UNASKED = ("__MACOSX/", ".DS_Store", "Thumbs.db")  # computers put these into every zip

_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", re.ASCII)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Files by their path, such as `lessons/fire.md`. The same files give the same bytes, on every machine."""
    for path in files:
        if path == MANIFEST or _trouble(path):
            raise ValueError(f"{path} cannot be packed")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # not compressed: pictures are, and how differs between machines
        for path, content in {MANIFEST: _manifest(files), **dict(sorted(files.items()))}.items():
            entry = zipfile.ZipInfo(path, NO_TIME)
            entry.create_system, entry.external_attr = 3, PLAIN_FILE
            archive.writestr(entry, content)
    return packed.getvalue()


def is_package(names: list[str]) -> bool:
    return any(name.startswith("lessons/") and name.endswith(".md") for name in _without_top(names).values())


def unpack(content: bytes) -> Imported:
    """Raises Unreadable for a zip that could do harm; what does not fit together is a message."""
    entries = [entry for entry in check_archive(content, largest_xml=LARGEST_XML) if not _is_unasked(entry.filename)]
    if len(entries) > MOST_FILES:
        raise Unreadable(f"There are more than {MOST_FILES} files in this package.", "Take out what no lesson needs.")
    paths = _without_top([entry.filename for entry in entries])
    files: dict[str, bytes] = {}
    seen: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in entries:
            path = paths[entry.filename]
            told = "is a link to another file" if stat.S_ISLNK(entry.external_attr >> 16) else _trouble(path)
            if path.casefold() in seen:
                told = "is in it twice"
            if told:
                raise Unreadable(f"{_shown(path)} in this package {told}.", "Export the lesson again, and send that.")
            seen.add(path.casefold())
            files[path] = _read(archive, entry)
    manifest = files.pop(MANIFEST, None)
    return Imported(FORM, files=files, messages=tuple(_compared(files, manifest)))


def _without_top(names: list[str]) -> dict[str, str]:
    """Who unpacks a package, changes a file and zips the folder again has put a folder above all others."""
    tops = {name.partition("/")[0] for name in names if not _is_unasked(name)}
    top = f"{tops.pop()}/" if len(tops) == 1 else ""
    if top in FOLDERS:
        top = ""
    return {name: name.removeprefix(top) for name in names}


def _is_unasked(name: str) -> bool:
    return name.endswith("/") or name.startswith(UNASKED) or name.rpartition("/")[2] in UNASKED


def _trouble(path: str) -> str:
    """Why a file may not have this path; nothing when it may."""
    if path == MANIFEST:
        return ""
    if ".." in path or path.startswith(("/", "\\")) or ":" in path:
        return "leads out of it"
    if not path.startswith(FOLDERS) or len(path) > LONGEST_PATH or not _PATH.fullmatch(path):
        return "has no place in a lesson"
    return ""


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise Unreadable("This package is damaged.", "Export the lesson again, and send that.") from error
    if len(content) > entry.file_size:
        raise BOMB
    return content


def _manifest(files: Mapping[str, bytes]) -> bytes:
    """As `sha256sum --check` reads it."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items())]
    return "".join(lines).encode()


def _compared(files: Mapping[str, bytes], manifest: bytes | None) -> list[Message]:
    """Files are meant to be read and changed by hand, so a change is told and not refused."""
    if manifest is None:
        return [Message("note", "This package has no list of its files, so nobody can say whether it is complete.")]
    lines = (line.split("  ", 1) for line in manifest.decode("utf-8", "replace").splitlines())
    listed = {line[1]: line[0] for line in lines if len(line) == 2}
    messages: list[Message] = []
    for path in sorted({*listed, *files}):
        if path not in files:
            messages.append(
                Message("look", f"{_shown(path)} is missing.", "Export the lesson again, or do without it.")
            )
        elif path not in listed:
            messages.append(Message("note", f"{_shown(path)} was added after the export."))
        elif listed[path] != hashlib.sha256(files[path]).hexdigest():
            messages.append(Message("note", f"{_shown(path)} was changed after the export."))
    return messages[:100]


def _shown(path: str) -> str:
    return f'"{"".join(letter if letter.isprintable() else "?" for letter in path[-60:])}"'
