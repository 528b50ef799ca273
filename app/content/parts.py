"""Reads the parts of a lesson file: cards, question, ending, settings and notes."""

import re
from dataclasses import replace
from typing import get_args

from app.content.fields import Fields, Words
from app.content.films import FilmShelf
from app.content.pictures import PictureShelf
from app.content.problems import ProblemList, did_you_mean, quoted
from app.content.questions import kinds
from app.content.questions.written import Item, Sign, Written, read_item
from app.content.sections import CARD_SETTINGS, NOTES, PART_SETTINGS, Section
from app.content.stories import SceneRead, Story, Vote, check_plain, read_story
from app.content.wording import check_card, check_sentences
from app.domain.lesson import Agency, Card, Part, PartKind
from app.domain.media import FilmFile, without_pictures

KINDS: tuple[str, ...] = get_args(PartKind)
WITH_CARDS = ("hook", "facts")
WITH_QUESTION = ("scenario", "poll", "pledge")
MAY_ASK = (*WITH_QUESTION, *WITH_CARDS)
WITHOUT_RIGHT_ANSWER = ("poll", "pledge")
WITH_ENDING = ("scenario", "poll")
REPEATED = ("film",)  # of the others a lesson has one
LEADS = " -> "
SIGNS: dict[str, Sign] = {"- [x] ": "[x]", "- [ ] ": "[ ]", "- ": "-"}
SENSITIVITY = {"0": "0", "1": "1", "2": "2"}


class PartReader:
    """Reads one part after the other and keeps what they mention, to be checked against the quiz."""

    def __init__(self, problems: ProblemList, shelf: PictureShelf, films: FilmShelf) -> None:
        self.problems = problems
        self.shelf = shelf
        self.films = films
        self.fact_uses: list[Words] = []
        self.misconception_uses: list[Words] = []
        self.right_answers: list[str] = []
        self._kinds: dict[str, int] = {}

    def read(self, section: Section) -> Part | None:
        """The part, or None after a problem that leaves nothing to show."""
        kind, title = self._read_heading(section)
        settings = section.settings
        settings.allow(PART_SETTINGS)
        facts = settings.listed("facts")
        self.fact_uses += facts
        below = self._read_sections(section, kind)
        if kind not in KINDS:
            return None
        check_sentences(section.line, without_pictures(section.text), self.problems)
        self.shelf.take_from(section.body)
        return Part.model_validate(
            {
                "kind": kind,
                "title": title,
                "minutes": settings.minutes(),
                "text": section.text,
                "picture": self.shelf.take(settings),
                "film": self._read_film(section, kind),
                **below,
                "sensitivity": self._read_sensitivity(settings),
                "tally_only": self._read_tally_only(settings, kind),
                "lead": read_agency(lead) if (lead := settings.text("lead")) else None,
                "fact_ids": tuple(fact.text for fact in facts),
                **{f"{reader}_note": section.note(reader) for reader in NOTES},
            }
        )

    def _read_heading(self, section: Section) -> tuple[str, str]:
        name, _, title = section.heading.text.partition(":")
        kind = "-".join(name.casefold().split())
        if kind not in KINDS:
            remedy = f'{did_you_mean(kind, (*KINDS, "sources"))} Write it as "## Hook: Title".'
            self.problems.report(section.line, f"We do not know the part {quoted(name)}.", remedy)
        elif kind in self._kinds and kind not in REPEATED:
            told = f"This is the second {kind} part; the first is in line {self._kinds[kind]}."
            self.problems.report(section.line, told, "Make one part of the two.")
        elif not title.strip():
            remedy = f'Write "## {name.strip()}: " and a title for the screen.'
            self.problems.report(section.line, f"The part {quoted(name)} has no title.", remedy)
        self._kinds.setdefault(kind, section.line)
        return kind, title.strip()

    def _read_sections(self, section: Section, kind: str) -> dict[str, object]:
        """The smaller headings of a part: questions, endings, scenes, cards, and where among them it asks."""
        story, cards, ask_after = Story(), list[Card](), 0
        for small in section.sections:
            name, _, title = small.heading.text.partition(":")
            match name.strip().casefold():
                case "question" if kind in MAY_ASK:
                    vote = self._read_question(small, Words(small.line, title.strip()), kind)
                    ask_after = len(cards)
                    if not story.take_vote(vote):
                        self.problems.report(small.line, "There is no place for this question.", "Take it out.")
                case "ending" | "scene" as name if kind in WITH_ENDING:
                    card = self._read_card(small, title.strip())
                    story.scenes.append(SceneRead(small.line, title.strip(), card, name == "ending"))
                case "question" | "ending" as extra:
                    self.problems.report(small.line, f"There is no place for this {extra}.", "Take it out.")
                case _ if kind in WITH_CARDS:
                    cards.append(self._read_card(small, small.heading.text))
                case _:
                    told = f"The {kind} part has no cards, but here is {quoted(small.heading.text)}."
                    self.problems.report(small.line, told, "Put it into the hook or the facts part.")
        if kind in WITH_QUESTION and story.vote is None:
            remedy = 'Add "### Question: ..." and its answers below it.'
            self.problems.report(section.line, f"The {kind} part asks no question.", remedy)
        if cards and (section.text or "picture" in section.settings.values):
            told = "This part has cards, so its own words and picture are never shown."
            self.problems.report(section.line, told, "Move them into a card.")
        return {"cards": tuple(cards), "ask_after": ask_after, **self._read_story(story, kind)}

    def _read_story(self, story: Story, kind: str) -> dict[str, object]:
        """What a part asks, and how its story ends: at once, or as the class votes."""
        question = story.vote.question if story.vote else None
        if kind == "scenario" and story.leads_on:
            ways, scenes = read_story(story, self.problems)
            return {"question": question, "ways": ways, "scenes": scenes}
        check_plain(kind, [vote for _, vote in story.votes], self.problems)
        for extra in [scene for scene in story.scenes if not scene.is_ending] + story.scenes[1:]:
            told = f"Nothing leads to {quoted(extra.title)}."
            self.problems.report(extra.line, told, "End an answer of the question in -> and this title.")
        return {"question": question, "ending": story.scenes[0].card if story.scenes else None}

    def _read_card(self, section: Section, title: str) -> Card:
        section.settings.allow(CARD_SETTINGS)
        if not title:
            self.problems.report(section.line, "This card has no title.", "Write one after ###.")
        words = without_pictures(section.text)
        check_sentences(section.line, words, self.problems)
        check_card(section.line, words, self.problems)
        self.shelf.take_from(section.body)
        return Card(title=title, text=section.text, picture=self.shelf.take(section.settings))

    def _read_film(self, section: Section, kind: str) -> FilmFile | None:
        settings = section.settings
        if kind == "film":
            if section.text or "picture" in settings.values:
                told = "While a film plays, nothing else is shown: these words or this picture never appear."
                self.problems.report(section.line, told, "Move them to a card before or after, or into a note.")
            return self.films.take(settings)
        for name in ("film", "captions"):
            if found := settings.words(name):
                told = f"The {kind} part shows no film."
                self.problems.report(found.line, told, 'Write a part of its own: "## Film: Title".')
        return None

    def _read_question(self, section: Section, text: Words, part: str) -> Vote:
        settings, before = section.settings, self.problems.blocking
        if not text.text:
            self.problems.report(section.line, "The question has no words.", 'Write "### Question: What ...?"')
        items = tuple(item for words in section.body if (item := self._read_item(words)))
        kind = self._kind_of(settings, items, section, part)
        if not kind:
            return Vote(section.line, None, items)
        settings.allow(kinds.KINDS[kind].in_lesson)
        written = Written(text, settings, items, self.shelf, {"key": part}, before)
        read = kinds.read(written, kind)
        self.misconception_uses += written.misconceptions
        if kind in kinds.WITH_RIGHT_WORDS:
            self.right_answers += kinds.right_words(written)
        return Vote(section.line, read, items)

    def _kind_of(self, settings: Fields, items: tuple[Item, ...], section: Section, part: str) -> str:
        """The kind of a question: as it says, else by its boxes. A poll and a promise are opinions."""
        boxed = any(item.sign in kinds.BOXED for item in items)
        if any(item.to for item in items) and (boxed or "kind" in settings.values):
            told = "A story goes on as the class votes, so none of its answers is marked."
            self.problems.report(
                section.line, told, "Write them without boxes and without a kind: - like this -> Title."
            )
            return kinds.OPINION
        if part in WITHOUT_RIGHT_ANSWER:
            if boxed or "kind" in settings.values:
                told = f"A {part} has no right answer, but here are boxes or a kind."
                self.problems.report(section.line, told, "Write the answers without boxes: - like this.")
            return kinds.OPINION
        return kinds.kind_of(settings, "choose one" if boxed else kinds.OPINION)

    def _read_item(self, words: Words) -> Item | None:
        text = words.text.strip()
        if not text:
            return None
        numbered = re.match(r"\d\. ", text)
        sign = "1." if numbered else next((sign for start, sign in SIGNS.items() if _starts(text, start)), None)
        if sign is None:
            remedy = 'Start each answer with "- ", or put these words above the question.'
            self.problems.report(words.line, f"{quoted(text)} is not an answer.", remedy)
            return None
        start = 3 if numbered else next(len(start) for start in SIGNS if _starts(text, start))
        text, _, to = text[start:].partition(LEADS)
        return replace(read_item(Words(words.line, text), sign), to=to.strip())

    def _read_sensitivity(self, settings: Fields) -> int:
        return int(settings.one_of("sensitivity", SENSITIVITY) or 0) if "sensitivity" in settings.values else 0

    def _read_tally_only(self, settings: Fields, kind: str) -> bool:
        is_tally_only = settings.is_yes("tally only")
        if is_tally_only and kind != "poll":
            self.problems.report(settings.line, "Only a poll can be tally only.", "Take that line out.")
        return is_tally_only


def read_agency(text: str) -> Agency:
    """`Kent Fire and Rescue Service (KFRS)`: the short name in brackets is its key."""
    name, bracket, short = text.rstrip(") ").rpartition("(")
    if not bracket or not text.endswith(")"):
        name = short = text
    return Agency(key=slug(short), name=name.strip())


def slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split())


def _starts(text: str, start: str) -> bool:
    return f"{text} ".casefold().startswith(start)
