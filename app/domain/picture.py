"""A picture that a lesson shows."""

from pydantic import BaseModel


class Picture(BaseModel, frozen=True):
    """A picture by its path: `media/...` is an agency's own, all else stands in `lessons/pictures/`.

    No alt text means decorative.
    """

    path: str
    alt: str = ""
