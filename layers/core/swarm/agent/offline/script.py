"""Turns that depend on what earlier calls came to, written down as generators and replayed from the conversation.

A script yields a turn and is sent the outcomes of its calls. It keeps nothing between turns: whoever takes over runs
it from the start, over the calls that the conversation already has.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from swarm.agent.offline.turns import CONVERT, PlannedCall, PlannedTurn, closing
from swarm.jobs.batch import FAILED


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made, and what it came to."""

    tool: str
    arguments: Mapping[str, JsonValue]
    output: str

    @property
    def ok(self) -> bool:
        return not self.output.startswith(FAILED)

    def text(self, name: str) -> str:
        """An argument as text."""
        return str(self.arguments.get(name) or "")


Script = Generator[PlannedTurn, Sequence[Made], None]


def next_turn(script: Script, made: Sequence[Made]) -> PlannedTurn:
    """The first turn whose calls have not been made; the last one when all have."""
    turn = next(script)
    while made:
        answered, made = made[: len(turn.calls)], made[len(turn.calls) :]
        try:
            turn = script.send(answered)
        except StopIteration:
            break
    return turn


def as_planned(turns: Sequence[PlannedTurn]) -> Script:
    """Turns that depend on nothing."""
    # Not `yield from turns`: that would send the outcomes to the sequence, which takes none.
    for turn in turns:  # noqa: UP028
        yield turn


def writing(says: str, files: Mapping[str, str]) -> PlannedTurn:
    """A turn that writes these files."""
    calls = [
        PlannedCall("write_file", {"path": path, "content": text}, f"create {path}") for path, text in files.items()
    ]
    return PlannedTurn(says, tuple(calls))


def ending(
    summary: str, path: str, formats: Sequence[str], offered: frozenset[str]
) -> Generator[PlannedTurn, Sequence[Made], None]:
    """Make the other formats of a document that was asked for in them, then finish."""
    if formats and CONVERT in offered:
        targets = [f"{path.rpartition('.')[0]}{suffix}" for suffix in formats]
        calls = [PlannedCall(CONVERT, {"source": path, "target": target}) for target in targets]
        converted = yield PlannedTurn(f"Next: {path} as {', '.join(targets)}.", tuple(calls))
        done = [made.text("target") for made in converted if made.ok]
        lost = [made.text("target") for made in converted if not made.ok]
        summary += f" Also as {', '.join(done)}." if done else ""
        summary += f" Not made: {', '.join(lost)}." if lost else ""
    yield closing(summary, offered)


def listed(made: Made) -> dict[str, str]:
    """Path -> type of the files that `list_files` named."""
    files = {}
    for line in made.output.splitlines():
        path, _, rest = line.rpartition(" bytes  ")
        path, _, size = path.rpartition("  ")
        # Of documents that were read once, their length comes behind.
        kind = rest.partition("  ")[0]
        if path and size.isdigit() and kind.isalpha():
            files[path] = kind
    return files
