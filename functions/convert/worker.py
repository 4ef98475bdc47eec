"""Does one call in a process of its own, which a hostile document may bring down and nothing else.

Run as `python -m convert.worker SCRATCH`: reads `call.json` there, and leaves `answer.json` and the files it made.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from convert.archives import check_archive
from convert.contents import source_format
from convert.conversion import convert
from convert.document_text import document_text
from convert.errors import CannotConvert
from convert.formats import DOCX
from convert.pandoc import Pandoc
from convert.reading import read
from convert.requests import Conversion, Editing, Reading, Viewing, WholeText
from convert.word.editing import edit
from convert.workspace import file_in

_HEAP_SHARE = 0.6
"""Of the memory limit, what pandoc may fill with its data; its program and its collector need the rest."""


TEXT = "text.json"
"""In the scratch folder, what comes of reading all text of a document."""


def answer(call: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """`{"ok", "output", "files"}`, for a look also `"pictures"`; files are workspace path -> name in the scratch."""
    try:
        return {"ok": True, "files": {}, **_done(call, scratch)}
    except CannotConvert as error:
        reason = str(error)
    except RecursionError:
        reason = "the document is nested too deep"
    except OSError as error:
        # Its text would name files of this machine.
        reason = f"the document cannot be worked on: {error.strerror or 'an error of the disk'}"
    return {"ok": False, "output": reason, "files": {}}


def _done(call: dict[str, Any], scratch: Path) -> dict[str, Any]:
    workspace, most = Path(call["workspace"]), call["output_chars"]
    pandoc = Pandoc(scratch, int(call["memory_bytes"] * _HEAP_SHARE), call.get("pandoc"))
    now = datetime.fromisoformat(call["now"])
    if "Reading" in call:
        return {"output": read(Reading(**call["Reading"]), workspace, pandoc, most)[:most]}
    if "WholeText" in call:
        text = document_text(workspace, WholeText(**call["WholeText"]).path, pandoc)
        # Half a surrogate pair is text to Python and to no one else.
        data = json.dumps(text, ensure_ascii=False).encode(errors="replace")
        (scratch / TEXT).write_bytes(data)
        return {"output": "read"}
    if "Viewing" in call:
        from convert.viewing import view  # noqa: PLC0415 - slow to load, and rarely needed

        seen = view(Viewing(**call["Viewing"]), workspace, scratch)
        return {"output": seen.text, "pictures": seen.pictures}
    if "Editing" in call:
        return _edited(Editing(**call["Editing"]), workspace, scratch, now)
    request = Conversion(**call["Conversion"])
    made = convert(request, workspace, pandoc, now)
    return {
        "output": made.as_output(request)[:most],
        "files": {path: str(place.relative_to(scratch)) for path, place in made.files.items()},
    }


def _edited(request: Editing, workspace: Path, scratch: Path, now: datetime) -> dict[str, Any]:
    place, result = file_in(workspace, request.path), scratch / "result"
    form, _ = source_format(place, request.path)
    if form is not DOCX:
        raise CannotConvert(f"{request.path} is no Word file; text files are changed with edit_file")
    check_archive(place, request.path)
    return {"output": edit(request, place, result, now), "files": {request.target: result.name}}


if __name__ == "__main__":
    _scratch = Path(sys.argv[1])
    _answer = answer(json.loads((_scratch / "call.json").read_bytes()), _scratch)
    # Half a surrogate pair is text to Python and to no one else.
    _answer["output"] = _answer["output"].encode(errors="replace").decode()
    (_scratch / "answer.json").write_text(json.dumps(_answer))
