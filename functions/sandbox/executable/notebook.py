"""Notebooks of Jupyter, by the format that nbformat 4 describes (https://nbformat.readthedocs.io)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.executable.chunks import BadDocument, Chunk, Fault, Output, Text, Written

_FORMAT = 4
_SHELL_CELL = re.compile(r"%%(bash|sh)\s*\n")
_IGNORED = re.compile(r"^\s*%matplotlib\b.*$", re.MULTILINE)
"""A magic of IPython that says what is so here anyway."""


class Notebook:
    """One, by its cells."""

    def __init__(self, content: bytes) -> None:
        try:
            self._tree: dict[str, Any] = json.loads(content)
            cells = self._tree["cells"]
            self._cells = [(place, cell) for place, cell in enumerate(cells, 1) if cell.get("cell_type") == "code"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadDocument("it is no notebook of Jupyter, format 4") from error
        if self._tree.get("nbformat") != _FORMAT:
            raise BadDocument(f"it has nbformat {str(self._tree.get('nbformat'))[:20]}; save it in format {_FORMAT}")
        language = self._language()
        self._chunks = [_chunk(number, place, cell, language) for number, (place, cell) in enumerate(self._cells, 1)]

    @property
    def chunks(self) -> Sequence[Chunk]:
        return self._chunks

    @property
    def notes(self) -> Sequence[str]:
        return []

    def _language(self) -> str:
        about = self._tree.get("metadata")
        about = about if isinstance(about, dict) else {}
        for part, key in (("language_info", "name"), ("kernelspec", "language"), ("kernelspec", "name")):
            said = about.get(part)
            if isinstance(said, dict) and isinstance(said.get(key), str):
                return str(said[key])
        return "python"

    def with_outputs(self, outputs: Mapping[int, Sequence[Output]], target: str) -> Written:  # noqa: ARG002 - it holds its pictures itself
        for chunk, (_, cell) in zip(self._chunks, self._cells, strict=True):
            if chunk.number in outputs:
                cell["execution_count"] = chunk.number
                cell["outputs"] = [_as_output(each, chunk.number) for each in outputs[chunk.number]]
        return Written((json.dumps(self._tree, indent=1, ensure_ascii=False) + "\n").encode(errors="replace"), {})


def _chunk(number: int, place: int, cell: Mapping[str, Any], language: str) -> Chunk:
    source = cell.get("source", "")
    code = "".join(map(str, source)) if isinstance(source, list) else str(source)
    if shell := _SHELL_CELL.match(code):
        return Chunk(number, shell[1], code[shell.end() :], f"cell {place}")
    return Chunk(number, language, _IGNORED.sub("", code), f"cell {place}")


def _as_output(output: Output, number: int) -> dict[str, Any]:
    if isinstance(output, Text):
        return {"name": "stdout", "output_type": "stream", "text": output.text.splitlines(keepends=True)}
    if isinstance(output, Fault):
        lines = output.traceback.splitlines()
        return {"ename": output.name, "evalue": output.message, "output_type": "error", "traceback": lines}
    data: dict[str, Any] = {kind: text.splitlines(keepends=True) for kind, text in output.data.items()}
    if output.png is not None:
        data["image/png"] = base64.b64encode(output.png).decode()
        return {"data": data, "metadata": {}, "output_type": "display_data"}
    return {"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"}
