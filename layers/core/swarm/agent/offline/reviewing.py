"""The offline model as a reviewer, and as an agent whose work was not accepted: by rules, without judgement.

    FILE mentions TEXT       met when the text stands in the file, whatever its case
    anything else            met; the evidence says that no model has judged

An agent whose work is not accepted writes what such a sentence, or `contains_file`, misses, and finishes again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from swarm.agent.offline.script import Made
from swarm.agent.offline.turns import PlannedCall, PlannedTurn
from swarm.agent.tools.tool import FINISH, JUDGE
from swarm.text import clip

MET_UNSEEN = "taken as met by the offline model, which judges only `FILE mentions TEXT`"

_MENTIONS = re.compile(r"(?P<path>\S+\.\w+) mentions [\"“`]?(?P<words>[^\"”`\n]+)[\"”`]?")
_NUMBERED = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_MISSING_FILE = re.compile(r"^- there is a file (\S+)$", re.MULTILINE)
_UNMET = re.compile(r"^- (.*)$", re.MULTILINE)


def review(task: str, made: Sequence[Made]) -> PlannedTurn:
    """The reviewer's next turn: look into the files that the criteria name, then judge."""
    criteria = [(int(number), text.strip()) for number, text in _NUMBERED.findall(_criteria_of(task))]
    asked = {number: found for number, text in criteria if (found := _MENTIONS.fullmatch(text))}
    paths = list(dict.fromkeys(found["path"] for found in asked.values()))
    if paths and not made:
        whole: dict[str, JsonValue] = {"start_line": None, "end_line": None}
        return PlannedTurn("", tuple(PlannedCall("read_file", {"path": path, **whole}) for path in paths))
    seen = {each.text("path"): each.output if each.ok else "" for each in made}
    findings: list[JsonValue] = []
    for number, _ in criteria:
        met, evidence = (True, MET_UNSEEN)
        if found := asked.get(number):
            met, evidence = _finding(found["path"], found["words"].strip(), seen.get(found["path"], ""))
        findings.append({"criterion": number, "met": met, "evidence": evidence})
    return PlannedTurn("", (PlannedCall(JUDGE, {"findings": findings}),))


def _criteria_of(task: str) -> str:
    """The list of criteria, without the task and what the agent says, which may have lists of their own."""
    return task.partition("\n\n")[0]


def _finding(path: str, words: str, output: str) -> tuple[bool, str]:
    line = next((line for line in output.splitlines() if words.casefold() in line.casefold()), None)
    return (False, f"{path} does not mention {words}") if line is None else (True, f"{path}: {clip(line.strip(), 200)}")


def mending(told: str, made: Sequence[Made]) -> PlannedTurn:
    """The agent's next turn once it was told what its work does not meet."""
    calls = tuple(_mended(told))
    if calls and not made:
        return PlannedTurn("Next: what is missing.", calls)
    return PlannedTurn(
        "", (PlannedCall(FINISH, {"summary": "Added what was missing." if calls else "Left as it is."}),)
    )


def _mended(told: str) -> Iterator[PlannedCall]:
    for unmet in _UNMET.findall(told):
        if found := _MENTIONS.fullmatch(unmet.strip()):
            content = f"\n{found['words'].strip()}\n"
            yield PlannedCall("write_file", {"path": found["path"], "content": content, "append": True})
    for path in _MISSING_FILE.findall(told):
        yield PlannedCall("write_file", {"path": path.replace("*", "new"), "content": f"{path}\n"})
