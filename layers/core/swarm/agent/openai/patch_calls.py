"""The tool `apply_patch` of the provider's own type, which some models are trained on, as a function of ours and back.

https://platform.openai.com/docs/guides/tools-apply-patch: a call is one operation on one file, with a diff in the V4A
format. Inside it is a call of the function `apply_patch`, so that everything else knows one kind of call, and the
conversation can go on with a model that has no such tool; `operation` is kept beside it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import JsonValue

from swarm.agent.openai.failures import no_answer
from swarm.errors import ModelFailure
from swarm.jobs.batch import FAILED
from swarm.runs.conversation import Item

FUNCTION = "apply_patch"
TOOL: dict[str, JsonValue] = {"type": FUNCTION}
_CALL = "apply_patch_call"
_HEADERS = {"create_file": "Add", "update_file": "Update", "delete_file": "Delete"}


def as_function_call(item: Item) -> Item:
    """A call of the provider's type as one of our function; every other item as it is.

    Raises `ModelFailure` for a call that is no operation on a file.
    """
    if item.get("type") != _CALL:
        return item
    operation = item.get("operation")
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise _no_operation()
    arguments = json.dumps({"patch": _patch(operation)}, ensure_ascii=False)
    called = {"type": "function_call", "call_id": item.get("call_id"), "name": FUNCTION, "arguments": arguments}
    return {**called, "operation": operation}


def _patch(operation: Mapping[str, JsonValue]) -> str:
    kind, diff = str(operation.get("type")), operation.get("diff")
    if kind not in _HEADERS:
        raise _no_operation()
    lines = [str(diff).strip("\n")] if diff and kind != "delete_file" else []
    return "\n".join(["*** Begin Patch", f"*** {_HEADERS[kind]} File: {operation['path']}", *lines, "*** End Patch"])


def _no_operation() -> ModelFailure:
    return no_answer("the provider's answer has a patch that is no operation on a file")


def calls_of_this_type(items: Sequence[Item]) -> frozenset[str]:
    """The ids of calls among these that came as the provider's type."""
    return frozenset(str(item["call_id"]) for item in items if item.get("operation") and item.get("call_id"))


def as_sent(item: Item, native: Collection[str]) -> Iterator[Item]:
    """The item as the provider takes it back, where it is one of these calls or answers one; else nothing."""
    if item.get("call_id") not in native:
        return
    if "output" not in item:
        yield {"type": _CALL, "call_id": item["call_id"], "operation": item["operation"], "status": "completed"}
        return
    output = str(item["output"])
    status = "failed" if output.startswith(FAILED) else "completed"
    yield {"type": f"{_CALL}_output", "call_id": item["call_id"], "status": status, "output": output}
