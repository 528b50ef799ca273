"""What is the same for all questions that are answered by tapping one of up to four tiles."""

from app.domain.questions.option import LETTERS, Bar, Counts, Face, Marks, Mistake, Option, bars, thought, tiles
from app.domain.questions.question import QuestionBase, without_sure


class OneTile(QuestionBase, frozen=True):
    """Stored is the key of the tapped option, sent is its letter."""

    options: tuple[Option, ...]

    def marks(self, seed: str, place: str) -> dict[str, str]:
        return dict(zip(LETTERS, (option.key for option in self.options), strict=False))

    def face(self, marks: Marks) -> Face:
        return Face(options=tiles(self.options, marks))

    def to_store(self, choice: str, marks: Marks) -> str | None:
        return marks.get(choice)

    def to_show(self, stored: str, marks: Marks) -> str:
        return next(letter for letter, key in marks.items() if key == stored)

    def fits(self, stored: str) -> bool:
        return any(option.key == stored and option.is_correct for option in self.options)

    def answer(self, marks: Marks) -> str:
        return next((self.to_show(option.key, marks) for option in self.options if option.is_correct), "")

    def in_words(self, stored: str) -> str:
        return next(option.text for option in self.options if option.key == stored)

    def bars(self, counts: Counts, marks: Marks) -> tuple[Bar, ...]:
        return bars(self.options, marks, without_sure(counts))

    def mistake(self, counts: Counts) -> Mistake | None:
        return thought(self.options, without_sure(counts))
