"""The authoring room: where presenters write lessons, and colleagues review and publish them."""

from fastapi import APIRouter

from app.web.author import facts, lessons, preview, questions, rehearsal, review, steps, versions
from app.web.pages import Pages
from app.web.panels import Panels


def routers(pages: Pages, panels: Panels) -> list[APIRouter]:
    return [
        lessons.routes(pages),
        steps.routes(pages),
        questions.routes(pages),
        facts.routes(pages),
        preview.routes(pages, panels),
        review.routes(pages),
        versions.routes(pages),
        rehearsal.routes(),
    ]
