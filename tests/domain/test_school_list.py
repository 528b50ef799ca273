"""What a list of schools changes: merged by reference, told where a name differs, nothing twice."""

from app.domain.school_list import KnownClass, KnownSchool, Listed, compare

HARROW = KnownSchool(id=1, reference="D01", name="Harrowmarsh (demo)", is_here=True, may_change=True)
CLASS = KnownClass(school_id=1, label="6H", year=6, on_roll=30, mode="devices")


def listed(row: int = 2, **changes: object) -> Listed:
    return Listed(row=row, reference="D01", school="Harrowmarsh (demo)", label="6H", on_roll=30).model_copy(
        update=changes
    )


def effects(*rows: Listed, school: KnownSchool = HARROW) -> list[str]:
    return [change.effect for change in compare(rows, [school], [CLASS])]


def test_what_is_there_already_changes_nothing() -> None:
    assert effects(listed()) == ["same"]
    assert effects(listed(label="6h", reference="d01", on_roll=None)) == ["same"]


def test_a_new_class_a_new_number_and_a_new_school() -> None:
    assert effects(listed(label="6T"), listed(3, on_roll=28), listed(4, reference="D09", school="X (demo)")) == [
        "new",
        "changed",
        "new",
    ]


def test_the_same_class_twice_is_taken_once() -> None:
    first, second = compare([listed(2, reference="D09"), listed(7, reference="d09")], [], [])
    assert (first.effect, second.effect) == ("new", "left out")
    assert second.said == ("Row 7 has the same school and class as row 2, so it was left out.",)


def test_of_two_names_for_one_reference_the_first_is_taken() -> None:
    changes = compare(
        [listed(2, reference="D09"), listed(3, reference="D09", label="6T", school="Other (demo)")], [], []
    )
    assert [change.listed.school for change in changes] == ["Harrowmarsh (demo)"] * 2
    assert "row 2 “Harrowmarsh (demo)”" in changes[1].said[0]


def test_a_school_of_another_programme_keeps_its_name_and_the_row_says_so() -> None:
    shared = HARROW.model_copy(update={"may_change": False})
    (change,) = compare([listed(school="Renamed (demo)")], [shared], [CLASS])
    assert change.effect == "same"
    assert change.said[0].endswith("It also takes part in another programme, so it stays “Harrowmarsh (demo)”.")


def test_a_school_without_a_reference_is_known_by_its_name_here() -> None:
    assert effects(listed(reference="", school="HARROWMARSH (demo)")) == ["same"]
    assert effects(listed(reference=""), school=HARROW.model_copy(update={"is_here": False})) == ["new"]
