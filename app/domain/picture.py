"""A picture that a lesson shows."""

from pydantic import BaseModel


class Picture(BaseModel, frozen=True):
    """A picture by its path under `lessons/pictures/`; no alt text means decorative."""

    path: str
    alt: str = ""
