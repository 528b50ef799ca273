"""Brought files are kept for an hour, for those alone who brought them."""

import os
import time
from pathlib import Path

import pytest

from app.domain.errors import Conflict, NotFound
from app.store.brought_files import KEPT_SECONDS, BroughtFiles
from tests.faults.test_disk_and_lock import small_disk


def test_what_was_laid_by_is_found_again(tmp_path: Path) -> None:
    files = BroughtFiles(tmp_path)
    name = files.lay_by(7, {"found.json": b"{}", "picture-1-1": b"a"})
    assert files.read(7, name, "found.json") == b"{}"
    assert BroughtFiles(tmp_path).read(7, name, "picture-1-1") == b"a"


def test_nobody_else_finds_it(tmp_path: Path) -> None:
    files = BroughtFiles(tmp_path)
    name = files.lay_by(7, {"found.json": b"{}"})
    with pytest.raises(NotFound):
        files.read(8, name, "found.json")


@pytest.mark.parametrize("name", ["", "..", "a" * 32 + "/..", "0" * 32, "../" + "0" * 29])
@pytest.mark.parametrize("file", ["found.json", "../found.json", "/etc/passwd", "..", ""])
def test_a_name_that_was_not_given_finds_nothing(tmp_path: Path, name: str, file: str) -> None:
    files = BroughtFiles(tmp_path)
    files.lay_by(7, {"found.json": b"{}"})
    with pytest.raises(NotFound):
        files.read(7, name, file)


def test_it_is_gone_after_an_hour_or_when_it_was_decided(tmp_path: Path) -> None:
    files = BroughtFiles(tmp_path)
    old, new = (files.lay_by(7, {"found.json": b"{}"}) for _ in range(2))
    before = time.time() - KEPT_SECONDS - 1
    os.utime(tmp_path / "brought" / f"7-{old}", (before, before))
    files.forget()
    with pytest.raises(NotFound):
        files.read(7, old, "found.json")
    files.remove(7, new)
    assert list((tmp_path / "brought").iterdir()) == []


def test_a_full_disk_is_told_and_nothing_half_written_stays(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        files = BroughtFiles(disk)
        with pytest.raises(Conflict, match="disk is full"):
            files.lay_by(7, {"found.json": b"{}", "picture-1-1": b"x" * 2_000_000})
        assert list((disk / "brought").iterdir()) == []
