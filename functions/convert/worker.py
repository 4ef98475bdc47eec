"""Does one call in a process of its own, which a hostile document may bring down and nothing else.

Its `main([SCRATCH])`, also run as `python -m convert.worker SCRATCH`, reads `call.json` there, and leaves `answer.json`
and the files it made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from convert.answers import ANSWER
from convert.errors import CannotConvert
from convert.pandoc import Pandoc
from convert.tool import Answer, Context, tool_named

_HEAP_SHARE = 0.6
"""Of the memory limit, what pandoc may fill with its data; its program and its collector need the rest."""


def answer(call: Mapping[str, Any], scratch: Path) -> Answer:
    """What comes of `call`, the content of `call.json`; `ok` is whether it was done."""
    context = Context(
        workspace=Path(call["workspace"]),
        scratch=scratch,
        pandoc=Pandoc(scratch, int(call["memory_bytes"] * _HEAP_SHARE), call.get("pandoc")),
        now=datetime.fromisoformat(call["now"]),
        output_chars=call["output_chars"],
    )
    try:
        tool = tool_named(call["tool"])
        return tool.answer(tool.request(call["arguments"]), context)
    except CannotConvert as error:
        reason = str(error)
    except RecursionError:
        reason = "the document is nested too deep"
    except OSError as error:
        # Its text would name files of this machine.
        reason = f"the document cannot be worked on: {error.strerror or 'an error of the disk'}"
    return Answer(reason, ok=False)


def main(arguments: Sequence[str]) -> None:
    """Do the call of the scratch folder that is the only argument."""
    scratch = Path(arguments[0])
    call = json.loads((scratch / "call.json").read_bytes())
    told = asdict(answer(call, scratch))
    # Half a surrogate pair is text to Python and to no one else.
    told["output"] = told["output"][: call["output_chars"]].encode(errors="replace").decode()
    (scratch / ANSWER).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
