"""Tables for a spreadsheet (CSV, RFC 4180): it knows their encoding, and finds nothing in them to calculate."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = re.compile(r"\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def as_csv(rows: Iterable[Sequence[object]]) -> str:
    """The rows, the first with the names. CRLF ends a line.

    A text that a spreadsheet would take for a formula has an apostrophe before it
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    for row in rows:
        writer.writerow([_no_formula(str(cell)) for cell in row])
    # A spreadsheet takes a file without this mark for one in some older encoding.
    return f"\ufeff{written.getvalue()}"


def _no_formula(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
