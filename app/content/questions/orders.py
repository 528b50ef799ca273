"""Things to put in order: the file has them in the right one."""

from app.content.questions.written import Written, check_items, domain_options, read_shared
from app.domain.questions.put_in_order import MOST_THINGS
from app.domain.quiz import LONGEST_THING, PutInOrder


def read_put_in_order(written: Written) -> PutInOrder | None:
    shared = read_shared(written, is_marked=True)
    if not 3 <= len(written.items) <= MOST_THINGS:
        told = f"There are {len(written.items)} things to put in order."
        written.problems.report(written.line, told, f"Have three to {MOST_THINGS}.")
    check_items(written.items, LONGEST_THING, "thing", written.problems)
    return None if not written.is_good else PutInOrder(**shared, things=domain_options(written.items))
