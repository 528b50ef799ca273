"""Reads a film's captions (WebVTT) and makes its transcript.

A reader of our own, since an author needs the line of a mistake. What is kept is written anew: times, words and who
says them; styles, places on the picture and remarks are left behind.
"""

import html
import re
from collections.abc import Iterator

from pydantic import BaseModel

from app.content.problems import ProblemList, quoted
from app.content.text_files import has_invisible

MOST_CUES = 3000
LONGEST_CUE = 200  # characters: what can be read while it stands there
PAUSE = 2.0  # seconds: after so long somebody begins anew
PARAGRAPH = 240  # characters

_TIME = r"(?:(\d{2,3}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMES = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?", re.ASCII)
_SPEAKER = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]*)>")
_TAG = re.compile(r"</?[^<>]*>")
_EXAMPLE = "00:00:01.000 --> 00:00:04.000"


class Cue(BaseModel, frozen=True):
    """A few words, from when to when they are said, in seconds, and by whom if that is told."""

    begins: float
    ends: float
    words: str
    speaker: str = ""


def read_captions(content: bytes, problems: ProblemList) -> tuple[Cue, ...]:
    """All cues in order. Never raises: what is wrong is in `problems`, each with its line."""
    text = _decoded(content, problems)
    if text is None:
        return ()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        problems.report(1, "These are no WebVTT captions.", "The first line says WEBVTT, and the next one is empty.")
        return ()
    cues: list[Cue] = []
    for line, block in _blocks(lines):
        if problems.is_full:
            break
        cue = _read_block(line, block, cues[-1] if cues else None, problems)
        cues += [cue] if cue else []
    if not cues and not problems.blocks:
        problems.report(
            1, "There are no words in these captions.", f"Write a line such as {_EXAMPLE}, then the words."
        )
    if len(cues) > MOST_CUES:
        problems.report(1, f"There are {len(cues)} captions.", f"A film may have {MOST_CUES} at most.")
    return tuple(cues)


def written(cues: tuple[Cue, ...]) -> str:
    """The same captions as a WebVTT file with nothing else in it."""
    blocks = ["WEBVTT"]
    for cue in cues:
        voice = f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""
        words = voice + html.escape(cue.words, quote=False)
        blocks.append(f"{_clock(cue.begins)} --> {_clock(cue.ends)}\n{words}")
    return "\n\n".join(blocks) + "\n"


def transcript(cues: tuple[Cue, ...]) -> tuple[str, ...]:
    """What is said, in paragraphs: a new one for another voice, after a pause, and where one grows long."""
    paragraphs: list[str] = []
    before: Cue | None = None
    for cue in cues:
        words = " ".join(cue.words.split())
        if before is None or _begins_anew(before, cue, paragraphs[-1]):
            paragraphs.append(f"{cue.speaker}: {words}" if cue.speaker else words)
        elif cue.words != before.words:  # the same words twice are one caption that stands on
            paragraphs[-1] += f" {words}"
        before = cue
    return tuple(paragraphs)


def _begins_anew(before: Cue, cue: Cue, paragraph: str) -> bool:
    is_whole = paragraph[-1:] in (".", "!", "?", "]", ")", "”", '"')
    return (
        cue.speaker != before.speaker
        or (cue.begins - before.ends > PAUSE and is_whole)
        or (len(paragraph) > PARAGRAPH and is_whole)
    )


def _decoded(content: bytes, problems: ProblemList) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.report(line, "A letter here is not saved as UTF-8.", 'Save the file again as "UTF-8" text.')
        return None
    for line, words in enumerate(text.splitlines(), start=1):
        if has_invisible(words):
            problems.report(line, "There is an invisible character in this line.", "Type the line again.")
            return None
    return text


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Lines between empty ones, each with the number of its first line; the head comes without its WEBVTT."""
    block: list[str] = []
    first = 2
    for number, line in enumerate([*lines[1:], ""], start=2):
        if line.strip():
            first = first if block else number
            block.append(line.strip())
        elif block:
            yield first, block
            block = []


def _read_block(line: int, block: list[str], before: Cue | None, problems: ProblemList) -> Cue | None:
    place = next((place for place, words in enumerate(block) if "-->" in words), None)
    if place is None:
        if line == 2 or block[0].startswith(("NOTE", "STYLE", "REGION")):
            return None  # remarks, styles and the file's head
        problems.report(line, f"{quoted(block[0])} has no time.", f"Write a line such as {_EXAMPLE} above it.")
        return None
    line, times, words = line + place, block[place], block[place + 1 :]
    found = _TIMES.fullmatch(times)
    if found is None:
        problems.report(line, f"{quoted(times)} is no time of a caption.", _remedy_of(times))
        return None
    if place > 1 or any("-->" in one for one in words):
        problems.report(line, "There is no empty line between two captions.", "Leave one line empty between them.")
        return None
    return _made(line, _seconds(found.groups()[:4]), _seconds(found.groups()[4:]), words, before, problems)


def _made(
    line: int, begins: float, ends: float, lines: list[str], before: Cue | None, problems: ProblemList
) -> Cue | None:
    speaker = _SPEAKER.search(" ".join(lines))
    words = html.unescape(_TAG.sub("", "\n".join(lines))).replace("\xa0", " ").strip()
    if not words:
        problems.report(line, "This caption has no words.", "Write them in the next line, or take it out.")
    elif len(words) > LONGEST_CUE:
        told = f"This caption has {len(words)} characters."
        problems.report(line, told, f"Split it: up to {LONGEST_CUE} can be read at once.")
    elif ends <= begins:
        problems.report(line, "This caption ends before it begins.", "Put the earlier time first.")
    elif before is not None and begins < before.begins:
        problems.report(line, "This caption begins before the one above it.", "Put them in the order of the film.")
    else:
        name = html.unescape(speaker[1]).strip() if speaker else ""
        return Cue(begins=begins, ends=ends, words=words, speaker=name)
    return None


def _remedy_of(times: str) -> str:
    if "," in times:
        return f"These look like SRT captions, with a comma: save them as WebVTT, with a point, as in {_EXAMPLE}."
    return f"Write it as {_EXAMPLE}: minutes, seconds and thousandths."


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 * 1000 + seconds * 1000 + thousandths) / 1000


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}.{thousandths:03}"
