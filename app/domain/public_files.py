"""The pictures and films of a run under the names that they have in it."""

from collections.abc import Iterator

from pydantic import BaseModel

from app.domain.lesson import AnyStep, Film
from app.domain.run import Plan
from app.domain.shown import public_name


class PublicFile(BaseModel, frozen=True):
    """What stands behind a name of this run: a picture, a film, or captions that the version itself holds."""

    path: str
    is_film: bool = False
    captions: str = ""


def public_file(plan: Plan, seed: str, name: str) -> PublicFile | None:
    """What a run shows under this name; None under any other."""
    for lesson in plan.lessons:
        for step in lesson.steps:
            for file in files_of_step(step):
                if public_name(seed, file.path) == name:
                    return file
    return None


def files_of_step(step: AnyStep) -> Iterator[PublicFile]:
    for path in step.pictures:
        yield PublicFile(path=path)
    if isinstance(step, Film):
        yield PublicFile(path=step.file.path, is_film=True)
        yield PublicFile(path=step.file.captions_path, captions=step.file.captions)
