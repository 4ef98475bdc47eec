"""Deaths of workers at an AWS call, for tests: just before it is sent, or with its answer lost, as if the power failed.

Nothing of this is in the functions, and nothing of it is deployed. A worker whose environment has `LAPTOP_DEATHS` is
started through this file, which watches the calls of every AWS client that the function makes. The variable names a
folder with one file for each death that is due. The process that manages to remove the file dies on the spot, by
SIGKILL; with the file gone, the call is as harmless as all others.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

VARIABLE = "LAPTOP_DEATHS"


@dataclass(frozen=True)
class Death:
    """At which call a process dies.

    A call is meant when it is of this operation, such as `PutItem` (of any, where it is empty), and its parameters
    but for a `Body`, as Python prints them, hold each of the texts in `naming`. Of the calls that are meant, counted
    in each process, it is number `call`; after a call it dies only where that was not refused.
    """

    naming: tuple[str, ...] = ()
    operation: str = ""
    when: Literal["before", "after"] = "before"
    call: int = 1

    def arm(self, folder: Path) -> Path:
        """Make it due; the file that is there until somebody has died."""
        token = folder / f"{uuid.uuid4().hex}.json"
        unfinished = token.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self)))
        return unfinished.rename(token)

    def means(self, operation: str, parameters: str) -> bool:
        """Whether a call is one of those that are counted."""
        return self.operation in ("", operation) and all(text in parameters for text in self.naming)


class Deaths:
    """Watches the calls of one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counted: Counter[Path] = Counter()
        self._lock = threading.Lock()

    def watch(self, session: Any) -> None:
        """Hear of every call of the clients that this botocore session makes."""
        session.register("before-parameter-build", self._before)
        session.register("after-call", self._after)

    def _before(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        parameters = str({name: value for name, value in params.items() if name != "Body"})
        context[VARIABLE] = [each for each in self._due() if each[1].means(model.name, parameters)]
        self._count(context[VARIABLE], "before")

    def _after(self, http_response: Any, context: dict[str, Any], **_: Any) -> None:
        # A call that was refused has changed nothing: dying then is dying before the next call.
        if http_response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            self._count(context[VARIABLE], "after")

    def _due(self) -> Iterator[tuple[Path, Death]]:
        for token in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):
                told = json.loads(token.read_text())
                yield token, Death(**{**told, "naming": tuple(told["naming"])})

    def _count(self, meant: Iterable[tuple[Path, Death]], when: str) -> None:
        for token, death in meant:
            if death.when == when:
                with self._lock:
                    self._counted[token] += 1
                    reached = self._counted[token] == death.call
                if reached:
                    _die(token)


def _die(token: Path) -> None:
    try:
        token.unlink()
    except FileNotFoundError:
        # Another process was quicker.
        return
    os.kill(os.getpid(), signal.SIGKILL)


def command(handler: str, watched: bool) -> list[str]:
    """How a worker is started: through this file where its calls are watched."""
    start = [__file__] if watched else ["-m", "awslambdaric"]
    return [sys.executable, *start, handler]


def main() -> None:
    """Run the Lambda runtime in this process, as `python -m awslambdaric` does, with its calls watched."""
    import botocore  # noqa: PLC0415  of the worker's own import roots; the cloud takes only `command` and `Death`

    botocore.register_initializer(Deaths(Path(os.environ[VARIABLE])).watch)
    # A module run by its name has the working directory first in its path, not this file's folder.
    sys.path[0] = os.getcwd()  # noqa: PTH109  as the interpreter does
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
