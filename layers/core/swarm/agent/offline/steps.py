"""What an instruction can ask of the offline model, one value a step, in the order in which to do them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Write:
    """Write one file: exactly `literal` when there is one, else something fitting about `about`."""

    path: str
    about: str = ""
    literal: str | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """Create empty files."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete files."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Convert:
    """Convert files, each source to each target; a target that begins with a dot is a suffix. `template` is a look."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a text by another in a file: everywhere in a Word file, at its one place in a text file."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Search:
    """Look for words in all files."""

    words: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Have the provider look for words: on the web, or by a remote server of this name."""

    tool: str
    words: str


@dataclass(frozen=True, slots=True)
class UseSkill:
    """Read a skill of the project's."""

    name: str


@dataclass(frozen=True, slots=True)
class Run:
    """Run commands in a shell."""

    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Execute:
    """Run the code in a document, and write it with its outputs at `target`; at its own place without one."""

    path: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask people, and wait for their answer; one of `options`, `default` when nobody answers."""

    question: str
    options: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Call a tool of the application's own; `arguments` are JSON."""

    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Delegate:
    """Hand these instructions to agents of their own, one each."""

    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """End with this result, JSON, where the run has to end with one."""

    value: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Be busy for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fail:
    """End the run with this message."""

    message: str


Step = (
    Write
    | Touch
    | Delete
    | Convert
    | Edit
    | Search
    | LookUp
    | UseSkill
    | Run
    | Execute
    | Ask
    | Call
    | Delegate
    | Return
    | Wait
    | Fail
)
