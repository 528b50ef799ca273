"""A file is read in a process of its own, with the same result, and nothing it does there harms us."""

import os
from pathlib import Path

import pytest

from app.content.importers import apart, read
from app.content.importers.apart import read_apart
from tests.content.importers.test_slides import add_picture, pdf, talk, words
from tests.content.importers.written import ALARM, SMOKE, kahoot_rows, workbook


@pytest.mark.parametrize(
    "content",
    [
        workbook(kahoot_rows(ALARM, SMOKE)),
        talk(words, lambda slide: add_picture(slide, "A door.")),
        pdf("Smoke goes up"),
        b"nonsense",
    ],
    ids=["spreadsheet", "talk", "pdf", "nonsense"],
)
def test_what_is_read_apart_is_what_is_read_here(content: bytes) -> None:
    assert read_apart("Fire_safety.x", content) == read("Fire_safety.x", content)


def test_a_file_that_takes_too_long_is_refused_in_one_sentence() -> None:
    found = read_apart("quiz.txt", b"Why? {=a ~b}", seconds=0.01)
    assert [message.sentence for message in found.messages] == ["Reading this file takes too long."]


def test_a_reader_that_breaks_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "__name__", "app.content.no_such_reader")
    found = read_apart("quiz.txt", b"Why? {=a ~b}")
    assert [message.sentence for message in found.messages] == ["This file cannot be read."]


def test_the_reading_process_is_told_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\nexit 1\n")
    spy.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(spy))
    monkeypatch.setitem(os.environ, "SIA_SECRET_KEY", "a-very-secret-key")
    read_apart("quiz.txt", b"Why? {=a ~b}")
    assert "a-very-secret-key" not in (tmp_path / "seen").read_text()
