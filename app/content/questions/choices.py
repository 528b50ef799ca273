"""Questions of which one or several answers are tapped: choose one, true or false, choose all, opinion."""

from typing import Any

from app.content.questions.written import (
    Item,
    Written,
    check_bare,
    check_items,
    check_talk,
    domain_options,
    read_shared,
)
from app.domain.questions.true_or_false import WORDS
from app.domain.quiz import LETTERS, LONGEST_OPTION, ChooseAll, ChooseOne, Opinion, Option, TrueOrFalse


def read_choose_one(written: Written) -> ChooseOne | None:
    shared = _read(written, is_marked=True)
    if len(written.right) != 1:
        told = f"{len(written.right)} answers are marked as the safest one."
        remedy = 'Mark exactly one, or add the line "kind: choose all".'
        written.problems.report(written.line, told, remedy)
    if not written.is_good:
        return None
    return ChooseOne(**shared, options=domain_options(written.items))


def read_opinion(written: Written) -> Opinion | None:
    shared = _read(written, is_marked=False)
    return None if not written.is_good else Opinion(**shared, options=domain_options(written.items))


def read_choose_all(written: Written) -> ChooseAll | None:
    shared = _read(written, is_marked=True)
    if not 2 <= len(written.right) < len(written.items):
        told = f"{len(written.right)} of {len(written.items)} answers are marked as safest."
        written.problems.report(written.line, told, "Mark two or more, and leave one or more unmarked.")
    if len(written.items) == 2:
        written.problems.report(written.line, "This question offers 2 answers.", "Offer three or four.")
    return None if not written.is_good else ChooseAll(**shared, options=domain_options(written.items))


def read_true_or_false(written: Written) -> TrueOrFalse | None:
    """Whoever writes the right one alone has said enough: the other follows."""
    shared = read_shared(written, is_marked=True)
    check_bare(written.items, written.problems)
    offered = {item.text.casefold(): item for item in written.items}
    if not written.items or not offered.keys() <= {"true", "false"} or len(written.right) != 1:
        remedy = "Mark one of True and False as right."
        written.problems.report(written.line, "This question is not answered by True or False.", remedy)
    if not written.is_good:
        return None
    return TrueOrFalse(**shared, options=tuple(_word(word, place, offered) for place, word in enumerate(WORDS, 1)))


def _word(word: str, place: int, offered: dict[str, Item]) -> Option:
    item = offered.get(word.casefold())
    is_right = item.is_correct if item else not any(other.is_correct for other in offered.values())
    return Option(key=str(place), text=word, is_correct=is_right, misconception=item.misconception if item else None)


def _read(written: Written, *, is_marked: bool) -> dict[str, Any]:
    shared = read_shared(written, is_marked=is_marked)
    if not 2 <= len(written.items) <= len(LETTERS):
        told = f"This question offers {len(written.items)} answers."
        written.problems.report(written.line, told, "Offer two to four.")
    check_items(written.items, LONGEST_OPTION, "answer", written.problems)
    if is_marked:
        check_bare(written.items, written.problems)
        check_talk(written, [item.text for item in written.right])
    return shared
