"""Figures that have to be equal, in JSON and in CSV tables, and charts."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping

from PIL import Image

from evals.reading import as_json, content, number, parts, plain, rows
from evals.task import Grader, Outcome, Unreadable

CLOSE = 0.005
"""Half a cent: figures are asked for with two decimals."""


def answers(path: str, **expected: object) -> Grader:
    """The JSON object has these values: numbers within half a cent, texts as people call them the same."""

    def fault(outcome: Outcome) -> str:
        found = as_json(outcome, path)
        if not isinstance(found, dict):
            return f"{path} is no object"
        wrong = [
            f"{name} is {found.get(name)!r}, not {value!r}" for name, value in expected.items()
            if not equal(found.get(name), value)
        ]  # fmt: skip
        return "; ".join(wrong)

    return Grader(f"{path} has the right answers", fault)


def totals(path: str, key: str, column: str, expected: Mapping[str, float]) -> Grader:
    """The CSV table has a row for each key, no other, and in the column its figure."""

    def fault(outcome: Outcome) -> str:
        found = {row.get(key, ""): number(row.get(column)) for row in rows(outcome, path)}
        if set(found) != set(expected):
            return f"{path} has rows for {sorted(found)}, not for {sorted(expected)}"
        wrong = [
            f"{name}: {found[name]}, not {value}" for name, value in expected.items() if not equal(found[name], value)
        ]
        return "; ".join(wrong)

    return Grader(f"{path} has the right figures", fault)


def chart(path: str, least: int = 300) -> Grader:
    """The picture opens, is so many pixels wide and high, and is not of one colour."""

    def fault(outcome: Outcome) -> str:
        [size] = parts(path, content(outcome, path))
        width, height = (int(side) for side in size.split(" x "))
        if min(width, height) < least:
            return f"{path} has {size} pixels"
        with Image.open(io.BytesIO(outcome.files[path])) as picture:
            shades = picture.convert("L").getextrema()
        return "" if shades[0] != shades[1] else f"{path} is blank"

    return Grader(f"{path} shows something", fault)


def equal(found: object, wanted: object) -> bool:
    """Whether two values say the same."""
    if isinstance(wanted, bool) or wanted is None:
        return found is wanted
    if isinstance(wanted, int | float):
        value = number(found)
        return value is not None and math.isclose(value, wanted, abs_tol=CLOSE)
    if isinstance(wanted, list):
        return isinstance(found, list) and sorted(map(repr, map(_said, found))) == sorted(map(repr, map(_said, wanted)))
    return found is not None and plain(str(found)) == plain(str(wanted))


def _said(value: object) -> str:
    if not isinstance(value, str | int | float):
        raise Unreadable(f"a list holds {value!r}")
    return plain(str(value))
