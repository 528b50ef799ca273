"""What a list of schools would change in a programme: worked out before anything is kept."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from pydantic import BaseModel

from app.domain.class_group import Mode

Effect = Literal["new", "changed", "same", "left out"]


class Listed(BaseModel, frozen=True):
    """One row of a list: a school, and one of its class groups when a label stands there."""

    row: int
    reference: str = ""
    school: str
    kind: str = ""
    district: str = ""
    label: str = ""
    year: int = 6
    on_roll: int | None = None
    mode: Mode = "devices"


class KnownSchool(BaseModel, frozen=True):
    """A school as it is stored. It may be renamed here when it takes part in no other programme."""

    id: int
    reference: str
    name: str
    kind: str = ""
    district: str = ""
    is_here: bool
    may_change: bool


class KnownClass(BaseModel, frozen=True):
    school_id: int
    label: str
    year: int
    on_roll: int | None
    mode: Mode


class Change(BaseModel, frozen=True):
    """What one row does, and what there is to say of it."""

    listed: Listed
    effect: Effect
    school_id: int | None = None
    said: tuple[str, ...] = ()


class _First(NamedTuple):
    row: int
    name: str


def compare(
    listed: Iterable[Listed], schools: Iterable[KnownSchool], classes: Iterable[KnownClass]
) -> tuple[Change, ...]:
    """Each row against what is stored and against the rows above it. Schools are known by their reference."""
    by_reference = {school.reference.casefold(): school for school in schools}
    by_name = {school.name.casefold(): school for school in by_reference.values() if school.is_here}
    stored = {(group.school_id, group.label.casefold()): group for group in classes}
    named: dict[str, _First] = {}
    taken: dict[tuple[str, str], int] = {}
    changes = []
    for one in listed:
        known = by_reference.get(one.reference.casefold()) if one.reference else by_name.get(one.school.casefold())
        if known and not one.reference:  # found by its name, whose capitals are as they were
            one = one.model_copy(update={"school": known.name})
        key = known.reference if known else one.reference or one.school
        first = named.setdefault(key.casefold(), _First(one.row, one.school))
        place = (key.casefold(), one.label.casefold())
        if one.label and place in taken:
            said = f"Row {one.row} has the same school and class as row {taken[place]}, so it was left out."
            changes.append(Change(listed=one, effect="left out", said=(said,)))
            continue
        taken.setdefault(place, one.row)
        changes.append(_change(one, known, first, stored))
    return tuple(changes)


def _change(
    one: Listed, known: KnownSchool | None, first: _First, stored: Mapping[tuple[int, str], KnownClass]
) -> Change:
    said = []
    if one.school != first.name:
        said.append(
            f"Row {one.row} calls the school “{one.school}”, row {first.row} “{first.name}”. That name is taken."
        )
        one = one.model_copy(update={"school": first.name})
    if known is None:
        return Change(listed=one, effect="new", said=tuple(said))
    is_changed = not known.is_here
    if one.school != known.name and first.row == one.row:
        said.append(_renamed(one, known))
    if one.school != known.name:
        is_changed |= known.may_change
    district = one.district or known.district
    is_changed |= known.may_change and (district, one.kind or known.kind) != (known.district, known.kind)
    group = stored.get((known.id, one.label.casefold())) if one.label else None
    if one.label and group is None:
        return Change(listed=one, effect="new", school_id=known.id, said=tuple(said))
    if group is not None:
        on_roll = group.on_roll if one.on_roll is None else one.on_roll
        is_changed |= (one.year, on_roll, one.mode) != (group.year, group.on_roll, group.mode)
    effect: Effect = "new" if not known.is_here else "changed" if is_changed else "same"
    return Change(listed=one, effect=effect, school_id=known.id, said=tuple(said))


def _renamed(one: Listed, known: KnownSchool) -> str:
    if known.may_change:
        return f"Row {one.row} renames school {known.reference}: “{known.name}” becomes “{one.school}”."
    return (
        f"Row {one.row} calls school {known.reference} “{one.school}”. It also takes part in another programme, "
        f"so it stays “{known.name}”."
    )
