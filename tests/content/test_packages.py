"""A lesson as a zip: packed and unpacked byte for byte, and nothing harmful is unpacked."""

import hashlib
import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.importers import read
from app.content.importers.imported import Imported
from app.content.packages import MANIFEST, pack
from app.settings import ROOT

SHIPPED = {
    f"{path.relative_to(ROOT)}": path.read_bytes()
    for folder in ("lessons", "quizzes")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file()
}
LESSON = {"lessons/fire.md": b"---\ntitle: Fire\n---\n", "quizzes/fire.yaml": b"title: Fire\n"}

names = st.from_regex(r"[A-Za-z0-9_-]{1,12}(\.[a-z]{1,4})?", fullmatch=True)
paths = st.builds("{}{}".format, st.sampled_from(["lessons/", "quizzes/", "media/", "lessons/pictures/"]), names)
some_files = st.dictionaries(paths.map(str.lower), st.binary(max_size=200), max_size=8).map(
    lambda more: LESSON | more
)


def said(found: Imported) -> list[str]:
    return [str(message) for message in found.messages]


def zipped(write: Callable[[zipfile.ZipFile], None]) -> bytes:
    """A package of one lesson and whatever else is written into it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in LESSON.items():
            archive.writestr(path, text)
        write(archive)
    return content.getvalue()


@given(some_files)
def test_what_is_packed_is_unpacked_byte_for_byte(files: dict[str, bytes]) -> None:
    found = read("lesson.zip", pack(files))
    assert found.files == files
    assert found.messages == ()
    assert pack(found.files) == pack(dict(reversed(files.items())))


def test_the_shipped_lessons_are_unpacked_byte_for_byte() -> None:
    found = read("lesson.zip", pack(SHIPPED))
    assert found.form == "lesson package"
    assert found.files == SHIPPED
    assert found.messages == ()


def test_a_package_is_the_same_on_every_day_and_machine() -> None:
    assert hashlib.sha256(pack(LESSON)).hexdigest() == (
        "6be4e10584ce99ddaa84c2f67d723a7c27f7c0ba1523e6f7f6733bdfd500687d"
    )


def test_the_manifest_is_one_that_sha256sum_reads() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(LESSON))) as archive:
        assert archive.namelist()[0] == MANIFEST
        lines = archive.read(MANIFEST).decode().splitlines()
    assert lines == [f"{hashlib.sha256(content).hexdigest()}  {path}" for path, content in LESSON.items()]


def test_files_changed_by_hand_are_told_and_kept() -> None:
    with zipfile.ZipFile(io.BytesIO(pack({**LESSON, "media/a.webp": b"a"}))) as archive:
        manifest = archive.read(MANIFEST)

    def write(archive: zipfile.ZipFile) -> None:
        archive.writestr(MANIFEST, manifest.replace(b"  quizzes", b"0  quizzes"))
        archive.writestr("media/b.webp", b"b")

    found = read("lesson.zip", zipped(write))
    assert found.files == {**LESSON, "media/b.webp": b"b"}
    assert said(found) == [
        '"media/a.webp" is missing. Export the lesson again, or do without it.',
        '"media/b.webp" was added after the export.',
        '"quizzes/fire.yaml" was changed after the export.',
    ]


def test_a_folder_that_was_zipped_again_reads_the_same() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("My lesson/", b"")
        for path, text in LESSON.items():
            archive.writestr(f"My lesson/{path}", text)
        archive.writestr("__MACOSX/My lesson/._fire.md", b"\0")
        archive.writestr("My lesson/lessons/.DS_Store", b"\0")
    assert read("lesson.zip", content.getvalue()).files == LESSON


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("../evil.md", '"../evil.md" in this package leads out of it.'),
        ("lessons/../../etc/passwd", '"lessons/../../etc/passwd" in this package leads out of it.'),
        ("lessons/a/..", '"lessons/a/.." in this package leads out of it.'),
        ("/etc/passwd", '"/etc/passwd" in this package leads out of it.'),
        ("C:/evil.md", '"C:/evil.md" in this package leads out of it.'),
        ("\\\\host\\evil", "leads out of it."),
        ("lessons\\evil.md", "has no place in a lesson."),
        ("evil.sh", '"evil.sh" in this package has no place in a lesson.'),
        ("lessons/.htaccess", '"lessons/.htaccess" in this package has no place in a lesson.'),
        ("lessons/a\u202egpj.md", "has no place in a lesson."),
        ("lessons/" + "a" * 300, "has no place in a lesson."),
        ("Lessons/water.MD", "has no place in a lesson."),
        ("lessons/FIRE.md", '"lessons/FIRE.md" in this package is in it twice.'),
    ],
)
def test_a_path_that_could_do_harm_is_refused(path: str, told: str) -> None:
    found = read("lesson.zip", zipped(lambda archive: archive.writestr(path, b"x")))
    assert found.files == {}
    assert len(found.messages) == 1
    assert told in said(found)[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused() -> None:
    found = read("lesson.zip", zipped(lambda archive: archive.writestr("lessons/fire.md", b"other")))
    assert said(found) == [
        '"lessons/fire.md" in this package is in it twice. Export the lesson again, and send that.'
    ]


def test_a_link_to_another_file_is_refused() -> None:
    def write(archive: zipfile.ZipFile) -> None:
        link = zipfile.ZipInfo("lessons/link.md")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    assert "is a link to another file." in said(read("lesson.zip", zipped(write)))[0]


def test_too_many_files_are_refused() -> None:
    def write(archive: zipfile.ZipFile) -> None:
        for number in range(400):
            archive.writestr(f"media/{number}.webp", b"x")

    assert said(read("lesson.zip", zipped(write)))[0].startswith("There are more than 400 files in this package.")


def test_a_bomb_is_refused() -> None:
    content = zipped(lambda archive: archive.writestr("media/a.webp", b"\0" * 3_000_000))
    assert len(content) < 10_000
    assert said(read("lesson.zip", content))[0].startswith("This file unpacks to far more than it should.")


def test_a_bomb_that_says_it_is_small_is_refused() -> None:
    content = zipped(lambda archive: archive.writestr("media/a.webp", b"\0" * 3_000_000))
    real, said_to_be = struct.pack("<I", 3_000_000), struct.pack("<I", 100)
    assert content.count(real) == 2
    found = read("lesson.zip", content.replace(real, said_to_be))
    assert found.files == {}
    assert said(found) == ["This package is damaged. Export the lesson again, and send that."]


def test_too_much_in_all_is_refused() -> None:
    content = zipped(lambda archive: archive.writestr("media/a.webp", b"x" * 1_000))
    huge = content.replace(struct.pack("<I", 1_000), struct.pack("<I", 200_000_000))
    assert said(read("lesson.zip", huge))[0].startswith("This file unpacks to far more than it should.")


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_damaged_package_is_refused(place: float) -> None:
    content = pack(LESSON)
    cut = int(len(content) * place)
    assert read("lesson.zip", content[:cut]).files == {}
    spoiled = content.replace(b"title: Fire", b"title: Fyre")
    assert said(read("lesson.zip", spoiled)) == ["This package is damaged. Export the lesson again, and send that."]


def test_a_locked_package_is_refused() -> None:
    content = bytearray(pack(LESSON))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(mark, start + 4)
    assert said(read("lesson.zip", bytes(content))) == [
        "This file is locked with a password. Save it again without one."
    ]


def test_only_what_can_be_unpacked_is_packed() -> None:
    for path in ("../a", MANIFEST, "readme.txt"):
        with pytest.raises(ValueError, match="cannot be packed"):
            pack({path: b""})
