"""What every format of executable document has: chunks of code, and what running them gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

MAX_CHUNKS = 200
MAX_DOCUMENT_BYTES = 20_000_000
MAX_TEXT = 20_000
"""Characters of text of one chunk that a document keeps."""
MAX_PICTURES = 10
"""Of one chunk."""
MAX_PICTURE_BYTES = 5_000_000
MAX_OUTPUT_BYTES = 20_000_000
"""Of all chunks together."""

PYTHON = frozenset({"python", "python3", "py", "ipython"})
SHELL = frozenset({"bash", "sh", "shell", "zsh"})


class BadDocument(Exception):
    """The document cannot be run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Code to be run. `number` counts from 1; `line` is where its code begins in the file, None where lines are none.

    `place` is how people find it: `chunk 2, line 17`, `cell 4`.
    """

    number: int
    language: str
    code: str
    place: str
    line: int | None = None

    @property
    def runs(self) -> bool:
        """Whether there is something here that runs its language."""
        return self.language.lower() in PYTHON | SHELL


@dataclass(frozen=True, slots=True)
class Text:
    """What a chunk printed."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that a chunk ended with or displayed: texts by media type, `text/plain` among them, and perhaps a PNG."""

    data: Mapping[str, str]
    png: bytes | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """How a chunk failed: the error's name, what it says, and its traceback, in which lines are those of the file."""

    name: str
    message: str
    traceback: str
    line: int | None = None

    @property
    def said(self) -> str:
        """In one line."""
        return f"{self.name}: {self.message}" if self.message else self.name


Output = Text | Shown | Fault


@dataclass(frozen=True, slots=True)
class Written:
    """A document with its outputs, and the files that it refers to, by their paths."""

    content: bytes
    pictures: Mapping[str, bytes]


class Document(Protocol):
    """A document as one of the formats has it."""

    @property
    def chunks(self) -> Sequence[Chunk]:
        """In the order in which they run."""

    @property
    def notes(self) -> Sequence[str]:
        """What else there is that looks as if it were to be run, and is not."""

    def with_outputs(self, outputs: Mapping[int, Sequence[Output]], target: str) -> Written:
        """The document with what its chunks gave, by their numbers, in place of what they gave before."""


def media_folder(target: str) -> str:
    """Where the pictures of a document lie, seen from the workspace: beside it, as those of a conversion."""
    return f"{PurePosixPath(target).with_suffix('')}_media"


def picture_name(chunk: int, number: int) -> str:
    """The file of a chunk's picture; both count from 1."""
    return f"chunk-{chunk}-{number}.png"
