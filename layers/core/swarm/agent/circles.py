"""Turns that lead nowhere: the same call with the same result again and again, words without deeds, an early end.

All of it is read from the conversation, so that any process of the run knows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from swarm.agent.job_calls import FINISH_TOO_EARLY
from swarm.agent.tools.tool import FINISH
from swarm.agent.tools.toolbox import ToolResult
from swarm.errors import ModelFailure
from swarm.jobs.batch import FAILED
from swarm.runs.conversation import SEEN, Item, without_pictures
from swarm.runs.error_types import ErrorType
from swarm.workspace.file_types import file_type

NOTED_AT, ENDS_AT = 3, 6
"""How often a call has the same result before the model is told, and before the run is ended."""

NOT_YET = "finish was not done yet: "
ANNOUNCED = "Nothing was done in this turn: it only says what you are going to do. "
_DO_IT = f"{ANNOUNCED}Call the tools for it now, or call finish if the task is done."
_NOTE = "\n[the same call gave the same result "

_LOOKED_AT = 20_000
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FILE_NAME = re.compile(r"(?<![\w/.:@*-])(?:[\w-]{1,60}/){0,8}[\w-][\w.-]{0,100}\.[A-Za-z0-9]{1,8}(?![\w/*]|\.\w)")
_NOT_WANTED = re.compile(
    r"\b(?:delete|remove|rename|move|drop|without|not|never|instead of|like|such as|e\.g\.|from)\b[^.;\n]{0,40}$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[.!?…:]\s+|\n)(?=\S)")
_WILL = re.compile(
    r"(?:(?:now|next|first|then|so|okay|ok|great|good|alright)\b[,:!.]?\s+)*"
    r"(?:i(?:'|\u2019)ll(?! be (?:happy|glad))|i will(?! be (?:happy|glad))|i(?:'|\u2019)m going to|i am going to"
    r"|let me(?! know)|let(?:'|\u2019)s|ich werde|als nächstes|je vais|voy a)\b",
    re.IGNORECASE,
)


def noted(items: Sequence[Item], results: Sequence[ToolResult]) -> list[ToolResult]:
    """The results, with a note on each that the same call has had before, again and again.

    `items` is the conversation with the calls of these results. Something new in between (an edit that was not made
    before) begins the count again, so that a test that fails until it is mended is no circle. Raises `ModelFailure`.
    """
    counts: dict[tuple[str, str], int] = {}
    known: set[tuple[str, str]] = set()
    calls = {str(item.get("call_id")): _key(item) for item in items if item.get("type") == "function_call"}
    answered = [*_answered(items), *((calls.get(result.call_id, ""), result.output.rstrip("\n")) for result in results)]
    again: list[int] = []
    for pair in answered:
        if pair not in known:
            known.add(pair)
            counts.clear()
        counts[pair] = counts.get(pair, int(bool(counts))) + 1
        again.append(counts[pair])
    return [_noted(result, count) for result, count in zip(results, again[len(again) - len(results) :], strict=True)]


def _noted(result: ToolResult, count: int) -> ToolResult:
    if count < NOTED_AT or result.tool == FINISH:
        return result
    if count >= ENDS_AT:
        raise ModelFailure(
            ErrorType.NO_PROGRESS,
            f"the model went in a circle: {result.tool} was called {count} times with the same result",
            "Say more exactly what is wanted, or take another model. The files so far are kept.",
        )
    note = f"{count} times, and will give it again; go another way, or finish and say what could not be done]"
    return replace(result, output=f"{result.output}{_NOTE}{note}")


def _answered(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """Each call that has an answer, with that answer, in the order of the answers."""
    asked: dict[str, str] = {}
    for item in items:
        call_id = str(item.get("call_id"))
        if item.get("type") == "function_call":
            asked[call_id] = _key(item)
        elif item.get("type") == "function_call_output" and call_id in asked:
            (seen,) = without_pictures([item], "")
            yield asked[call_id], _said(seen).partition(_NOTE)[0].partition(f"\n{SEEN}")[0].rstrip("\n")


def _key(call: Item) -> str:
    """A call as what it asks for: the order of its arguments, and blanks between them, mean nothing."""
    try:
        arguments = json.dumps(json.loads(str(call.get("arguments"))), sort_keys=True)
    except ValueError:
        arguments = str(call.get("arguments"))
    return f"{call.get('name')} {arguments}"


def answer_to_words(items: Sequence[Item], text: str, missing: str | None) -> str | None:
    """What to tell a model that called nothing and is not done; None where its words are its last.

    `missing` is what `unfinished` says of the end. Raises `ModelFailure` when it has only announced, again and again.
    """
    if not _announces(text):
        return missing
    announced = 1
    for item in reversed(items):
        if item.get("type") == "function_call":
            break
        announced += item.get("content") == _DO_IT
    if announced >= ENDS_AT:
        raise ModelFailure(
            ErrorType.NO_PROGRESS,
            f"the model only announced what it was going to do, {announced} times in a row",
            "Take a model that calls tools, or say more exactly what is wanted. The files so far are kept.",
        )
    return _DO_IT


def _announces(text: str) -> bool:
    """Whether the last sentence says what will be done."""
    last = _SENTENCE.split(text.strip()[-1_000:])[-1]
    return bool(_WILL.match(last)) or text.rstrip().endswith((":", "…"))


def unfinished(request: str, items: Sequence[Item], results: Sequence[ToolResult], paths: Sequence[str]) -> str | None:
    """What speaks against being done: files of the request that are not there, calls of this turn that failed.

    `results` are those of the turn so far. Said once in a run: the model may know better. None where nothing does.
    """
    if any(NOT_YET in _said(item) for item in items):
        return None
    faults = []
    failed = [result for result in results if not result.ok] or _failed_beside_finish(items)
    if failed:
        names = (each if isinstance(each, str) else each.tool for each in failed)
        # This may be said in the user's role, and a name is the model's: one that could be a sentence is not repeated.
        named = ", ".join(dict.fromkeys(name if _TOOL_NAME.fullmatch(name) else "a call" for name in names))
        faults.append(f"{named} failed in the same turn; mend that, or say in the summary what is not done")
    if gone := _missing_files(request, items, paths):
        faults.append(
            f"the request names {', '.join(gone[:10])}, and the workspace has no such file; make what is missing, or"
            " finish again and say why it is not there"
        )
    return f"{NOT_YET}{'; '.join(faults)}" if faults else None


def _failed_beside_finish(items: Sequence[Item]) -> list[str]:
    """Names of calls that failed elsewhere while `finish` was called in the same turn, just before this one."""
    names = {str(item.get("call_id")): str(item.get("name")) for item in items if item.get("type") == "function_call"}
    last = []
    for item in reversed(items):
        if item.get("type") != "function_call_output":
            break
        last.append(item)
    outputs = [(names.get(str(item.get("call_id")), ""), _said(item)) for item in last]
    if not any(FINISH_TOO_EARLY in said for _, said in outputs):
        return []
    return [name for name, said in outputs if name != FINISH and said.startswith(FAILED)]


def _missing_files(request: str, items: Sequence[Item], paths: Sequence[str]) -> list[str]:
    """Files that the request names as something to have, and that are not there."""
    there = {path.casefold() for path in paths} | {PurePosixPath(path).name.casefold() for path in paths}
    changed = " ".join(
        str(item.get("arguments"))
        for item in items
        if item.get("name") in {"delete_file", "move_files", "apply_patch", "run_command", "run_document"}
    )
    looked_at, missing = request[:_LOOKED_AT], []
    for found in _FILE_NAME.finditer(looked_at):
        name = found[0].removeprefix("./")
        product = name[:1].isupper() and name.endswith(".js")  # Node.js and its like
        if not _is_known(name) or product or name.casefold() in there or name in changed:
            continue
        if not _NOT_WANTED.search(looked_at[max(0, found.start() - 60) : found.start()]):
            missing.append(name)
    return list(dict.fromkeys(missing))


def _is_known(name: str) -> bool:
    """Whether the suffix is one that files have, rather than the end of a domain or an abbreviation."""
    return PurePosixPath(name).suffix.lower() == ".txt" or file_type(name) not in {"text", "binary"}


def _said(item: Item) -> str:
    """The text of an answer to a call, or of a message."""
    said = item.get("output", item.get("content"))
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False) if said else ""
