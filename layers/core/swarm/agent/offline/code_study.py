"""What the offline model does where code is to be tested or mended: it runs the tests, and says what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from codex_swarm.models import TaskType
from swarm.agent.offline.content import content_of, one_line, said_by_code
from swarm.agent.offline.script import Made, Script, listed, writing
from swarm.agent.offline.turns import RUN, PlannedCall, PlannedTurn, closing

REPORT = "test-report.md"
_WANTED = re.compile(r"\b(?:fix|mend|repair|debug|bugs?|test|tests|tested|testing|failing)\b", re.IGNORECASE)
_TEST = re.compile(r"(?:test_[^/]*|[^/]*_test)\.py")
_MOST_FOLDERS = 5


def is_wanted(prose: str) -> bool:
    """Whether the prose is about code that has to work."""
    return bool(_WANTED.search(prose))


def code_study(prose: str, offered: frozenset[str]) -> Script:
    """Run the tests that there are; where there are none, write a program with one."""
    [listing] = yield PlannedTurn("Looking at what there is.", (PlannedCall("list_files", {"prefix": None}),))
    paths = list(listed(listing))
    commands = _commands(paths)
    if commands:
        runs = yield _running(commands)
        yield writing("Next: a report of the tests.", {REPORT: _report(prose, runs)})
        passed = sum(run.ok for run in runs)
        yield closing(
            f"Ran the tests: {passed} of {len(runs)} commands passed; {REPORT} has their output. The code is as it was,"
            " because this model cannot change it with understanding.",
            offered,
        )
        return
    name = "main" if "main.py" not in paths else "example"
    source = content_of(f"{name}.py", prose, TaskType.CODE)
    yield writing(f"Next: {name}.py with a test.", {f"{name}.py": source, f"test_{name}.py": _test(name, prose)})
    runs = yield _running([f"python3 -m unittest -v test_{name}", f"python3 {name}.py"])
    did = "passed" if all(run.ok for run in runs) else "failed"
    yield closing(f"Done: create {name}.py with test_{name}.py; the test and the program were run and {did}.", offered)


def _commands(paths: Sequence[str]) -> list[str]:
    """A command for each folder that has tests."""
    tests = [PurePosixPath(path) for path in paths if _TEST.fullmatch(PurePosixPath(path).name)]
    kinds = {(str(test.parent), "*_test.py" if test.name.endswith("_test.py") else "test_*.py") for test in tests}
    return [
        f"python3 -m unittest discover -v -s '{folder}' -p '{pattern}'"
        for folder, pattern in sorted(kinds)[:_MOST_FOLDERS]
        if "'" not in folder
    ]


def _running(commands: Sequence[str]) -> PlannedTurn:
    calls = tuple(PlannedCall(RUN, {"command": command}, f"run {command}") for command in commands)
    return PlannedTurn(f"Next: {'; '.join(commands)}.", calls)


def _report(prose: str, runs: Sequence[Made]) -> str:
    parts = [f"# Test report\n\nAsked for: {one_line(prose)}\n"]
    for run in runs:
        fence = "````"
        said = run.output.replace(fence, "")[-4_000:]
        verdict = "passed" if run.ok else "failed"
        parts.append(f"## {verdict}: `{run.text('command')}`\n\n{fence}\n{said.rstrip()}\n{fence}\n")
    return "\n".join(parts)


def _test(name: str, prose: str) -> str:
    return (
        f'"""The program says what was asked for."""\n\nimport unittest\n\nfrom {name} import message\n\n\n'
        "class MessageTest(unittest.TestCase):\n    def test_it_says_what_it_is_about(self) -> None:\n"
        f"        self.assertEqual(message(), {json.dumps(said_by_code(one_line(prose) or name))})\n\n\n"
        'if __name__ == "__main__":\n    unittest.main()\n'
    )
