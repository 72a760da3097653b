"""The numbers of a figure as a CSV file that spreadsheets and programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from explorer.prints.records import Row

# With what a cell begins that a spreadsheet would compute: OWASP, "CSV Injection". Some take the wide signs for the narrow ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_rows(rows: Iterable[Row]) -> bytes:
    """The table in UTF-8, with the mark by which spreadsheets know it. Numbers are written in full.

    >>> write_rows([("layer", "side"), ("conv1", 28)]).decode("utf-8-sig")
    'layer,side\\r\\nconv1,28\\r\\n'
    """
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerows([_write_cell(cell) for cell in row] for row in rows)
    return lines.getvalue().encode("utf-8-sig", "backslashreplace")


def _write_cell(cell: object) -> object:
    """Names may be those of files that a reader brought: none is taken for a formula."""
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
