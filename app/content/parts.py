"""Reads the parts of a lesson file: cards, question, ending, settings and notes."""

from typing import Any, get_args

from app.content import questions
from app.content.fields import Fields, Words
from app.content.films import FilmShelf
from app.content.pictures import PictureShelf
from app.content.problems import ProblemList, did_you_mean, quoted
from app.content.questions import Asked, Offered, domain_options, read_option
from app.content.sections import CARD_SETTINGS, NOTES, PART_SETTINGS, QUESTION_SETTINGS, Section
from app.content.wording import check_card, check_sentences, same_words
from app.domain.lesson import Agency, Card, Part, PartKind
from app.domain.media import FilmFile, without_pictures
from app.domain.quiz import NOT_SURE, ChooseOne, Opinion

KINDS: tuple[str, ...] = get_args(PartKind)
WITH_CARDS = ("hook", "facts")
WITH_QUESTION = ("scenario", "poll", "pledge")
WITH_ENDING = ("scenario", "poll")
REPEATED = ("film",)  # of the others a lesson has one
BOXES = ("[x]", "[ ]")
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
        question, ending, cards = self._read_sections(section, kind)
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
                "cards": cards,
                "question": question,
                "ending": ending,
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

    def _read_sections(
        self, section: Section, kind: str
    ) -> tuple[ChooseOne | Opinion | None, Card | None, tuple[Card, ...]]:
        question, ending, cards = None, None, []
        for small in section.sections:
            name, _, title = small.heading.text.partition(":")
            match name.strip().casefold():
                case "question" if question is None and kind in WITH_QUESTION:
                    question = self._read_question(small, Words(small.line, title.strip()), kind)
                case "ending" if ending is None and kind in WITH_ENDING:
                    ending = self._read_card(small, title.strip())
                case "question" | "ending" as extra:
                    self.problems.report(small.line, f"There is no place for this {extra}.", "Take it out.")
                case _ if kind in WITH_CARDS:
                    cards.append(self._read_card(small, small.heading.text))
                case _:
                    told = f"The {kind} part has no cards, but here is {quoted(small.heading.text)}."
                    self.problems.report(small.line, told, "Put it into the hook or the facts part.")
        if kind in WITH_QUESTION and not any(_is_question(small) for small in section.sections):
            remedy = 'Add "### Question: ..." and its answers below it.'
            self.problems.report(section.line, f"The {kind} part asks no question.", remedy)
        if cards and (section.text or "picture" in section.settings.values):
            told = "This part has cards, so its own words and picture are never shown."
            self.problems.report(section.line, told, "Move them into a card.")
        return question, ending, tuple(cards)

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

    def _read_question(self, section: Section, text: Words, kind: str) -> ChooseOne | Opinion | None:
        settings, before = section.settings, self.problems.blocking
        settings.allow(QUESTION_SETTINGS)
        options = tuple(option for words in section.body if (option := self._read_option(words)))
        has_boxes = any(_box(words) for words in section.body)
        is_marked = has_boxes and kind == "scenario"
        if has_boxes and not is_marked:
            told = f"A {kind} has no right answer, but here are boxes."
            self.problems.report(section.line, told, "Write the answers without boxes: - like this.")
        if not text.text:
            self.problems.report(section.line, "The question has no words.", 'Write "### Question: What ...?"')
        asked = Asked(
            question=text,
            options=options,
            why=questions.read_why(settings, needed=is_marked),
            talk=settings.words("talk"),
            is_marked=is_marked,
        )
        questions.check(asked, self.problems)
        self.misconception_uses += asked.misconceptions
        self.right_answers += [asked.right.text] if asked.right else []
        offers_not_sure = self._read_not_sure(settings, asked)
        is_right = self.problems.blocking == before and not self.problems.is_full
        return _made(asked, kind, offers_not_sure) if is_right else None

    def _read_option(self, words: Words) -> Offered | None:
        text = words.text.strip()
        if not text:
            return None
        if not text.startswith("- "):
            remedy = 'Start each answer with "- ", or put these words above the question.'
            self.problems.report(words.line, f"{quoted(text)} is not an answer.", remedy)
            return None
        box = _box(words)
        return read_option(Words(words.line, text[2 + len(box) :]), is_correct=box == "[x]")

    def _read_not_sure(self, settings: Fields, asked: Asked) -> bool:
        offers = settings.is_yes("not sure", usually=True)
        if offers and any(same_words(option.text) == same_words(NOT_SURE) for option in asked.options):
            told = '"Not sure" is one of the answers, and every device offers it as well.'
            self.problems.warn(asked.question.line, told, 'Add the line "not sure: no".')
        if not offers and asked.is_marked:
            told = "Every question with a safest answer also offers not sure."
            self.problems.report(asked.question.line, told, 'Take out the line "not sure: no".')
        return offers

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


def _box(words: Words) -> str:
    """The ticked or empty box before an answer, if it has one."""
    box = words.text.strip()[2:5].casefold()
    return box if box in BOXES else ""


def _is_question(section: Section) -> bool:
    return section.heading.text.partition(":")[0].strip().casefold() == "question"


def _made(asked: Asked, kind: str, offers_not_sure: bool) -> ChooseOne | Opinion:
    shared: dict[str, Any] = {
        "key": kind,
        "text": asked.question.text,
        "options": domain_options(asked.options),
        "explanation": asked.why.text if asked.why else "",
        "talk": asked.talk.text if asked.talk else "",
    }
    return ChooseOne(**shared) if asked.is_marked else Opinion(**shared, offers_not_sure=offers_not_sure)
