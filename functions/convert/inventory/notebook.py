"""What a notebook holds: its cells in their order, and what running them gave (nbformat 4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from convert.inventory import Content, Item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item of the notebook; none of what is no notebook, which the converter refuses. `name` is not needed."""
    try:
        book = json.loads(place.read_bytes())
        cells = [cell for cell in book["cells"] if isinstance(cell, dict)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for number, cell in enumerate(cells, 1):
        where, source = f"cell {number}", _text(cell.get("source", ""))
        if cell.get("cell_type") == "raw" and source.strip():
            yield Item(Content.RAW, where, source)
        elif cell.get("cell_type") == "code" and source.strip():
            yield Item(Content.TEXT, where, source)
        outputs = cell.get("outputs", [])
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict):
                yield from _output(output, where)


def _output(output: dict[str, Any], where: str) -> Iterator[Item]:
    if text := _text(output.get("text", "")).strip():
        yield Item(Content.TEXT, f"output of {where}", text)
    data = output.get("data", {})
    for kind in data if isinstance(data, dict) else ():
        if kind.startswith("image/"):
            yield Item(Content.PICTURE, f"output of {where}", "image")
    if output.get("ename"):
        yield Item(Content.TEXT, f"error of {where}", f"{output.get('ename')}: {output.get('evalue')}")


def _text(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
