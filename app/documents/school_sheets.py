"""The spreadsheet in which a coordinator lists schools and classes."""

import io

from app.content.importers.school_lists import HEADINGS
from app.domain.class_group import LARGEST_ROLL, MODES

WIDTHS = {"reference": 18, "school": 44, "district": 20, "label": 10, "year": 8, "on_roll": 10, "mode": 14}
EXAMPLE = ("D01", "Harrowmarsh Primary School (demo)", "Medway", "6H", "6", "30", "Devices")
READ_ME = (
    "Schools and classes for Safety in Action",
    "",
    "Write one row for each class in the sheet “Classes”, then choose this file under Schools, Bring a list.",
    "You see everything before it is kept. A row that cannot be read is named; all others come in.",
    "",
    "School reference: the school's URN, or a code of your own that never changes. A school is known by it.",
    "Class: a short label such as 6H. Leave it empty for a school whose classes are not known yet.",
    f"On roll: how many pupils, 1 to {LARGEST_ROLL}. Leave it empty if you do not know.",
    f"Usual mode: {', '.join(MODES.values())}. Empty means Devices.",
    "",
    "Never write names of pupils. A list that has them is refused, and nothing of it is kept.",
    "",
    "For example:",
)


def template_xlsx() -> bytes:
    import xlsxwriter  # when the first one is wanted: a server must start fast

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet("Classes")
    for column, (role, heading) in enumerate(HEADINGS.items()):
        sheet.set_column(column, column, WIDTHS[role])
        sheet.write_string(0, column, heading, bold)
    sheet.freeze_panes(1, 0)
    mode = list(HEADINGS).index("mode")
    sheet.data_validation(1, mode, 2000, mode, {"validate": "list", "source": list(MODES.values())})
    read_me = book.add_worksheet("Read me")
    read_me.set_column(0, 0, 60)
    for place, line in enumerate(READ_ME):
        read_me.write_string(place, 0, line, bold if place == 0 else wrapped)
    for column, text in enumerate(EXAMPLE):
        read_me.write_string(len(READ_ME), column, text)
    book.close()
    return file.getvalue()
