"""Whatever is in a file, reading it ends with questions, slides or a sentence, and never with an error."""

import io
import random
import zipfile
from collections.abc import Callable

import pytest

from app.content.importers import read
from app.content.packages import pack
from tests.content.importers.test_slides import add_picture, talk, words
from tests.content.importers.test_texts import AIKEN, GIFT
from tests.content.importers.written import ALARM, SMOKE, kahoot_rows, semicolons, workbook

WHOLE: dict[str, Callable[[], bytes]] = {
    "spreadsheet": lambda: workbook(kahoot_rows(ALARM, SMOKE)),
    "talk": lambda: talk(words, lambda slide: add_picture(slide, "A door.")),
    "package": lambda: pack({"lessons/fire.md": b"---\ntitle: Fire\n---\n", "quizzes/fire.yaml": b"title: Fire\n"}),
    "csv": lambda: semicolons(kahoot_rows(ALARM, SMOKE)),
    "aiken": AIKEN.encode,
    "gift": GIFT.encode,
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_damaged_file_is_told_and_never_an_error(kind: str) -> None:
    whole, chance = WHOLE[kind](), random.Random(kind)
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 3, 30))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            start = chance.randrange(len(content))
            del content[start : start + chance.randrange(1, 400)]
        found = read("file", bytes(content))
        assert found.messages or not found.is_empty


@pytest.mark.parametrize("kind", ["spreadsheet", "talk"])
def test_damage_inside_a_whole_zip_is_told_and_never_an_error(kind: str) -> None:
    whole, chance = WHOLE[kind](), random.Random(kind)
    for _ in range(60):
        content = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(content, "w") as new:
            hit = chance.choice(old.namelist())
            for name in old.namelist():
                part = bytearray(old.read(name))
                start = chance.randrange(len(part))
                if name == hit:
                    part[start : start + chance.randrange(60)] = chance.choice(
                        [b"", b"<", b"-1", b"99999999999", part[:80]]
                    )
                new.writestr(name, bytes(part))
        found = read("file", content.getvalue())
        assert found.messages or not found.is_empty


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"%PDF-1.7", b"\xff\xfe", b"", b"<?xml", b"---\n", b"Question,"])
def test_noise_is_refused(start: bytes) -> None:
    chance = random.Random(start)
    for size in (1, 10, 1_000, 100_000):
        found = read("file", start + chance.randbytes(size))
        assert found.messages
        assert found.is_empty
