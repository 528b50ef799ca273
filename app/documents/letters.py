"""The words of letters to a teacher: a place in a live session, a change, and the pack before the day."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.booking import Booked
from app.domain.lesson import Lesson
from app.domain.timetable import HOME, Planned

IN_LETTER = "It is in the letter that you have."
WITHOUT_VIDEO = "The lesson works without any video."


@dataclass(frozen=True)
class Pack:
    """All that a teacher needs before the day, on one page."""

    planned: Planned
    booked: Booked
    lessons: tuple[Lesson, ...]
    class_link: str
    check_address: str


def when(planned: Planned) -> str:
    """Tuesday 10 November 2026, 10:00 to 10:45."""
    begins, ends = planned.starts_at.astimezone(HOME), planned.ends_at.astimezone(HOME)
    return f"{begins:%A} {begins.day} {begins:%B %Y}, {begins:%H:%M} to {ends:%H:%M}"


def led_by(planned: Planned) -> str:
    return " and ".join(f"{one.name}, {one.agency}" if one.agency else one.name for one in planned.presenters)


def of_programme(planned: Planned) -> list[str]:
    """Which programme it belongs to, and for which town: one line, where it is known."""
    return [f"{planned.programme}, {planned.area}."] if planned.programme else []


def calendar_words(planned: Planned) -> str:
    """What stands in a calendar entry: no class link, for calendars are seen by many."""
    who = led_by(planned)
    lines = ["Open the class link in your letter. On the page Today press Join the live session."]
    if who:
        lines.insert(0, f"Led by {who}.")
    if planned.video_url:
        lines.append(f"Video: {planned.video_url} {WITHOUT_VIDEO}")
    lines += of_programme(planned)
    return "\n".join(lines)


def about_place(planned: Planned, booked: Booked) -> tuple[str, str]:
    """Subject and words of a letter about a place: given, moved or taken back."""
    if booked.state == "cancelled":
        subject = f"Cancelled: {planned.title} for class {booked.label}"
        words = f"The live session {planned.title} on {when(planned)} is cancelled for class {booked.label}."
        return subject, f"{words}\n\nThe attached calendar entry takes it out of your calendar.\n"
    subject = f"{planned.title} for class {booked.label}: {when(planned)}"
    words = f"Class {booked.label} of {booked.school} has a place in the live session {planned.title}."
    return (
        subject,
        f"{words}\n\n{when(planned)}.\n{calendar_words(planned)}\n\nThe attached entry puts it into your calendar.\n",
    )


def about_presenting(planned: Planned, *, is_theirs: bool) -> tuple[str, str]:
    """Subject and words of a letter to a presenter: when to lead what, or that it is theirs no longer."""
    title, on = planned.title, when(planned)
    if planned.cancelled_at is not None:
        subject, words = f"Cancelled: {title}, {on}", f"The live session {title} on {on} is cancelled."
    elif not is_theirs:
        subject, words = f"No longer yours: {title}, {on}", f"You no longer present the live session {title} on {on}."
    else:
        booked = sum(one.is_to_come for one in planned.bookings)
        facts = f"{on}.\nLed by {led_by(planned)}.\n{booked} {'class is' if booked == 1 else 'classes are'} booked."
        words = f"You present the live session {title}.\n\n{facts}"
        return f"You present {title}: {on}", f"{words}\n\nThe attached entry puts it into your calendar.\n"
    return subject, f"{words}\n\nThe attached calendar entry takes it out of your calendar.\n"


def about_pack(pack: Pack) -> tuple[str, str]:
    """Subject and words of the pack as an e-mail; the printed page says the same."""
    planned = pack.planned
    paragraphs = [
        f"{planned.title}, class {pack.booked.label} of {pack.booked.school}",
        when(planned) + (f"\nLed by {led_by(planned)}." if planned.presenters else ""),
        f"Your class link. Keep it to yourself, whoever has it can run the lesson:\n{pack.class_link or IN_LETTER}",
        f"Check your room before the day, on the classroom computer and on a pupil's device:\n{pack.check_address}",
        *_of_lessons("You need", [(one.title, one.you_need) for one in pack.lessons]),
        *_of_lessons("Before you start", [(one.title, one.before_you_start) for one in pack.lessons]),
        "Two things to tick on your page Today:\n"
        "- our safeguarding lead knows the date\n"
        "- we have thought of pupils for whom this topic may be close to home",
    ]
    if planned.video_url:
        paragraphs.append(f"Video call: {planned.video_url}\n{WITHOUT_VIDEO}")
    return f"Your pack for {planned.title} on {when(planned)}", "\n\n".join(paragraphs) + "\n"


def _of_lessons(head: str, words: Sequence[tuple[str, str]]) -> list[str]:
    said = [(title, text) for title, text in words if text]
    if len(said) == 1:
        return [f"{head}: {said[0][1]}"]
    return [f"{head} for {title}: {text}" for title, text in said]
