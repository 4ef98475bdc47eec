"""One tool of this function: how its arguments are read, and what does a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import convert.tools
from convert.errors import CannotConvert

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from convert.pandoc import Pandoc

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Context:
    """What a call is done with: the run's files, a folder for its own, and at most `output_chars` to say."""

    workspace: Path
    scratch: Path
    pandoc: Pandoc
    now: datetime
    output_chars: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to: words, files to keep as path of the workspace -> name in the scratch, pictures as base64.

    Of a call that is not `ok` the words say why, and the rest is empty.
    """

    output: str
    files: Mapping[str, str] = field(default_factory=dict)
    pictures: Sequence[str] = ()
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Generic[R]):
    """One tool. Both functions raise `CannotConvert`, whose text the model reads.

    `request` makes a request of arguments that may be any JSON; `answer` does it. The handler calls the first to learn
    what is wrong before it starts a process for the second, so libraries are imported inside `answer`.

    `shows_pictures` counts against the pictures of a job. `keeps_text`: a call leaves the text of the document at the
    request's `path` in the scratch folder, as `swarm_job.TEXTS` keeps it.
    """

    request: Callable[[Mapping[str, Any]], R]
    answer: Callable[[R, Context], Answer]
    shows_pictures: bool = False
    keeps_text: bool = False


_NAMES = frozenset(module.name for module in iter_modules(convert.tools.__path__))


def tool_named(name: str) -> Tool[Any]:
    """The tool of this name. Raises `CannotConvert`."""
    if name not in _NAMES:
        raise CannotConvert(f"there is no tool {name!r} here")
    found: Tool[Any] = import_module(f"convert.tools.{name}").TOOL
    return found
