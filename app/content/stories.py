"""Stories that go on as the class votes: their scenes and endings, and where each answer leads."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.content.problems import ProblemList, did_you_mean, quoted
from app.content.questions.written import Item
from app.content.wording import same_words
from app.domain.lesson import Card, Scene, Way, scene_key
from app.domain.quiz import Opinion, Question


@dataclass
class Vote:
    """A question of a story, and its answers with the headings that they lead to."""

    line: int
    question: Question | None
    items: tuple[Item, ...]

    @property
    def leads_on(self) -> bool:
        return any(item.to for item in self.items)


@dataclass
class SceneRead:
    """A scene or an ending, as it stands in the file."""

    line: int
    title: str
    card: Card
    is_ending: bool
    vote: Vote | None = None


@dataclass
class Story:
    """What a scenario part holds, in order. It is a story when an answer leads somewhere."""

    vote: Vote | None = None
    scenes: list[SceneRead] = field(default_factory=list)

    @property
    def leads_on(self) -> bool:
        return self.vote is not None and self.vote.leads_on

    @property
    def votes(self) -> list[tuple[int, Vote]]:
        """Each vote, and how many scenes stand above it."""
        first = [(0, self.vote)] if self.vote else []
        return first + [(place, scene.vote) for place, scene in enumerate(self.scenes, start=1) if scene.vote]

    def take_vote(self, vote: Vote) -> bool:
        """False where there is no place for it."""
        last = self.scenes[-1] if self.scenes else None
        if last is None and self.vote is None:
            self.vote = vote
        elif last and not last.is_ending and last.vote is None:
            last.vote = vote
        else:
            return False
        return True


def read_story(story: Story, problems: ProblemList) -> tuple[tuple[Way, ...], tuple[Scene, ...]]:
    """The ways of its first vote, and its scenes; what is wrong is reported. All ways lead down and end safely."""
    before = problems.blocking
    _check_scenes(story, problems)
    ways = {vote.line: _read_ways(story, above, vote, problems) for above, vote in story.votes}
    reached = {way.to for found in ways.values() for way in found}
    for place, scene in enumerate(story.scenes, start=1):
        if scene_key(place) not in reached:
            told = f"No answer leads to {quoted(scene.title)}."
            problems.report(scene.line, told, "End an answer above it in -> and this title, or take it out.")
    if problems.blocking != before or story.vote is None:
        return (), ()
    return ways[story.vote.line], tuple(_scene(scene, ways) for scene in story.scenes)


def _check_scenes(story: Story, problems: ProblemList) -> None:
    seen: dict[str, int] = {}
    for scene in story.scenes:
        key = same_words(scene.title)
        if key in seen:
            told = f"{quoted(scene.title)} is the title of two scenes, first in line {seen[key]}."
            problems.report(scene.line, told, "Give one of them another title.")
        seen.setdefault(key, scene.line)
        if not scene.is_ending and scene.vote is None:
            told = f"The story stops at {quoted(scene.title)}."
            problems.report(scene.line, told, 'Ask how it goes on, or write "### Ending:" in place of "### Scene:".')


def _read_ways(story: Story, above: int, vote: Vote, problems: ProblemList) -> tuple[Way, ...]:
    """An answer leads to a scene that stands below it, so that no story goes round for ever."""
    places = {same_words(one.title): place for place, one in enumerate(story.scenes, start=1) if place > above}
    titles = [one.title for one in story.scenes[above:]]
    ways = []
    for number, item in enumerate(vote.items, start=1):
        if not item.to:
            told = f"The answer {quoted(item.text)} leads nowhere."
            problems.report(item.line, told, "End it in -> and the title of a scene or an ending.")
        elif (place := places.get(same_words(item.to))) is None:
            told = f"There is no scene {quoted(item.to)} below this question."
            remedy = did_you_mean(item.to, titles) if titles else 'Write it as "### Ending: ...".'
            problems.report(item.line, told, remedy)
        else:
            ways.append(Way(option=str(number), to=scene_key(place)))
    return tuple(ways)


def _scene(scene: SceneRead, ways: dict[int, tuple[Way, ...]]) -> Scene:
    question = scene.vote.question if scene.vote else None
    assert question is None or isinstance(question, Opinion)
    return Scene(card=scene.card, question=question, ways=ways[scene.vote.line] if scene.vote else ())


def check_plain(part: str, votes: Sequence[Vote], problems: ProblemList) -> None:
    """Outside a story no answer leads anywhere."""
    for item in (item for vote in votes for item in vote.items if item.to):
        told = f"In this {part} part no answer leads on."
        problems.report(item.line, told, "Take out the -> and what follows it, or put it into a scenario.")
