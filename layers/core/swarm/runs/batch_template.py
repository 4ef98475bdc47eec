"""What a batch is asked to do: a template with placeholders, and items with values for them.

`{{name}}` in a text of the template stands for what an item has under that name, `\\{{` for the two braces themselves.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, ValidationError

from codex_swarm.models import MAX_BATCH_ITEMS, MAX_ITEM_TEXT, ItemValue, RunCreate
from swarm.errors import InvalidRequest
from swarm.sizes import json_text

MAX_COLUMNS = 100
MAX_NAME = 200

FILLED = frozenset(
    {
        "name",
        "instructions",
        "reference_run_id",
        "from_run_id",
        "metadata",
        "uploads",
        "files",
        "callback_url",
        "acceptance",
    }
)
"""The fields of a template in which placeholders are filled."""

_PLACE = re.compile(r"\\\{\{|\{\{(.*?)\}\}", re.DOTALL)
_DELIMITERS = ",;\t"

Item = Mapping[str, ItemValue]


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What is stored of a batch's request: the template as it was sent, and the items."""

    template: dict[str, JsonValue]
    items: list[dict[str, ItemValue]]

    def run(self, place: int) -> RunCreate:
        """The request for the run of an item. Raises `InvalidRequest`."""
        filled = {
            name: _filled(value, self.items[place]) if name in FILLED else value
            for name, value in self.template.items()
        }
        try:
            return RunCreate.model_validate(filled)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise InvalidRequest(f"template.{where}, filled: {first['msg']}") from error


def require_closed(template: Mapping[str, JsonValue]) -> None:
    """Raises `InvalidRequest` where a placeholder is never closed, and would stand in every run as it is."""
    _require_closed([value for name, value in template.items() if name in FILLED])


def _require_closed(value: Any) -> None:
    match value:
        case str():
            _, opened, rest = _PLACE.sub(" ", value).partition("{{")
            if opened:
                raise InvalidRequest(
                    f"template: two braces are never closed: {{{{{rest[:60]}. Two braces that are none of this are"
                    " written \\{{"
                )
        case dict():
            _require_closed(list(value.values()))
        case list():
            for each in value:
                _require_closed(each)


def _filled(value: Any, item: Item) -> Any:
    match value:
        case str():
            return _PLACE.sub(lambda found: _value(found, item), value)
        case dict():
            return {name: _filled(each, item) for name, each in value.items()}
        case list():
            return [_filled(each, item) for each in value]
        case _:
            return value


def _value(found: re.Match[str], item: Item) -> str:
    if found[1] is None:
        return "{{"
    name = found[1].strip()
    if name not in item:
        has = ", ".join(list(item)[:20]) or "nothing"
        raise InvalidRequest(
            f"the template names {{{{{name[:60]}}}}}, and the item has no such value; it has {has[:400]}."
            " Two braces that are none of this are written \\{{"
        )
    return as_text(item[name])


def as_text(value: ItemValue) -> str:
    """A value as it stands in a text: nothing for null, `true` and `false`, numbers as JSON has them."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def items_of_csv(data: bytes) -> list[dict[str, ItemValue]]:
    """The items of a CSV file in UTF-8, one a row; the first row names the values (RFC 4180, `,`, `;` or tab).

    Raises `InvalidRequest`, which says in which line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest("the CSV file is not in UTF-8; save it as `CSV UTF-8`") from error
    if "\0" in text:
        raise InvalidRequest("the CSV file has a NUL character, which is no text; save it as `CSV UTF-8`")
    first_line = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first_line.count), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidRequest(f"line {reader.line_num} of the CSV file: {error}") from error
    if not 1 < len(rows) <= MAX_BATCH_ITEMS + 1:
        raise InvalidRequest(
            f"the CSV file has {max(0, len(rows) - 1)} rows behind the first, which names the values;"
            f" a batch has 1 to {MAX_BATCH_ITEMS}; make several of more"
        )
    names = _names(rows[0][1])
    return [_item(names, *row) for row in rows[1:]]


def _item(names: Sequence[str], line: int, row: Sequence[str]) -> dict[str, ItemValue]:
    if len(row) != len(names):
        raise InvalidRequest(
            f"line {line} of the CSV file has {len(row)} values, and the first line names {len(names)};"
            " put values with a separator or a line break into quotes"
        )
    if any(len(cell) > MAX_ITEM_TEXT for cell in row):
        raise InvalidRequest(f"line {line} of the CSV file has a value of over {MAX_ITEM_TEXT} characters; shorten it")
    return dict(zip(names, row, strict=True))


def _names(row: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in row]
    if len(names) > MAX_COLUMNS:
        raise InvalidRequest(
            f"the CSV file has {len(names)} columns; at most {MAX_COLUMNS} are taken. Leave out others"
        )
    for place, name in enumerate(names):
        if not name or name in names[:place]:
            raise InvalidRequest(
                f"the CSV file's first line has no name, or one twice, in column {place + 1}; name each differently"
            )
        if len(name) > MAX_NAME or "{" in name or "}" in name:
            raise InvalidRequest(
                f"the name of column {place + 1} has braces, or over {MAX_NAME} characters; give another"
            )
    return names
