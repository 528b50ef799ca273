"""The files of a report's page, with what was chosen on it."""

from urllib.parse import urlencode

from app.domain.impact import Filters

WORDS = {"xlsx": "Spreadsheet", "pdf": "PDF", "csv": "CSV", "json": "JSON"}


def file_links(address: str, filters: Filters) -> list[dict[str, str]]:
    chosen = {
        "programme": filters.programme_slug,
        "term": filters.term,
        "school": str(filters.school_id or ""),
        "topic": filters.topic_key,
        "agency": filters.agency_slug,
    }
    query = urlencode({name: value for name, value in chosen.items() if value})
    return [
        {"href": f"{address}.{kind}{'?' if query else ''}{query}", "words": words} for kind, words in WORDS.items()
    ]
