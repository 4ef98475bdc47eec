"""Whether code works: it is run in the sandbox of this installation, with the limits that a run's commands have.

On a laptop that sandbox is a process and no security boundary, as docs/sandbox.md says: what a model wrote is run here.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping
from pathlib import Path

from evals.reading import content
from evals.task import Files, Grader, Outcome, Unreadable
from sandbox.commands import COMMAND, run_commands
from swarm_job.contract import Call, Limits
from swarm_job.folders import discard, fresh

SECONDS = 60


def tests_pass(tests: Mapping[str, str]) -> Grader:
    """These unittest modules, which the agent has not seen, pass beside what it left."""

    def fault(outcome: Outcome) -> str:
        names = " ".join(path.removesuffix(".py").replace("/", ".") for path in tests)
        files = {**outcome.files, **{path: text.encode() for path, text in tests.items()}}
        ok, output, _ = execute(f"python3 -m unittest {names}", files)
        return "" if ok else f"the tests fail: {_end(output)}"

    return Grader("the hidden tests pass", fault)


def reproduces(script: str, result: str) -> Grader:
    """The script makes the result again, byte by byte, from the files that were given and nothing else."""

    def fault(outcome: Outcome) -> str:
        wanted = content(outcome, result)
        ok, output, made = execute(f"python3 {script}", {**outcome.given, script: content(outcome, script)}, result)
        if not ok:
            return f"{script} fails: {_end(output)}"
        return "" if made == wanted else f"{script} makes another {result}"

    return Grader(f"{script} makes {result} again", fault)


def names_gone(old: str) -> Grader:
    """No Python file uses the name any more; what stands in texts and comments does not count."""

    def fault(outcome: Outcome) -> str:
        found = [path for path in outcome.files if path.endswith(".py") and old in _names(path, outcome.files[path])]
        return f"{old} is still in {', '.join(sorted(found))}" if found else ""

    return Grader(f"{old} is gone", fault)


def _end(output: str) -> str:
    """The last words of a program that say something."""
    lines = [line.strip() for line in output.splitlines() if re.search(r"\w", line)]
    told = [line for line in lines if re.match(r"\w+(Error|Exception)\b", line)]
    return (told or lines or ["it says nothing"])[-1][:200]


def _names(path: str, source: bytes) -> set[str]:
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        raise Unreadable(f"{path} is no Python: {error}") from error
    return {token.string for token in tokens if token.type == tokenize.NAME}


def execute(command: str, files: Files, result: str = "") -> tuple[bool, str, bytes | None]:
    """Whether the command did in a workspace of these files, what it printed, and the file that it left at `result`."""
    place = fresh("evals")
    try:
        workspace = place / "workspace"
        workspace.mkdir()
        for path, data in files.items():
            target = workspace / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        [done] = run_commands(workspace, [Call("1", COMMAND, {"command": command})], _limits())
        made = Path(workspace, result) if result else workspace
        return done.ok, done.output, made.read_bytes() if made.is_file() else None
    finally:
        discard(place)


def _limits() -> Limits:
    return Limits(
        seconds=SECONDS,
        cpu_seconds=SECONDS,
        memory_bytes=1_500_000_000,
        file_bytes=50_000_000,
        workspace_bytes=200_000_000,
        new_files=1_000,
        processes=64,
        output_chars=5_000,
    )
