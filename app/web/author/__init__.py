"""The authoring room: where presenters write lessons, and colleagues review and publish them."""

from fastapi import APIRouter

from app.web.author import (
    arriving,
    bringing,
    details,
    facts,
    facts_due,
    lessons,
    outline,
    preview,
    questions,
    rehearsal,
    review,
    steps,
    taking,
    versions,
)
from app.web.pages import Pages


def routers(pages: Pages) -> list[APIRouter]:
    return [
        lessons.routes(pages),
        outline.routes(pages),
        details.routes(pages),
        steps.routes(pages),
        questions.routes(pages),
        facts.routes(pages),
        facts_due.routes(pages),
        preview.routes(pages),
        review.routes(pages),
        versions.routes(pages),
        rehearsal.routes(),
        taking.routes(pages),
        bringing.routes(pages),
        arriving.routes(pages),
    ]
