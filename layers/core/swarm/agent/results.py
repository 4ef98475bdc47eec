"""Runs that have to end with a result of a schema: what is wrong goes back to the model, a few times."""

from __future__ import annotations

from collections.abc import Sequence

from swarm.agent.tools.tool import FINISH
from swarm.agent.tools.toolbox import DOES_NOT_FIT, ToolResult
from swarm.errors import ModelFailure
from swarm.jobs.batch import FAILED
from swarm.runs.conversation import Item, user_message
from swarm.runs.error_types import ErrorType

MAX_INVALID = 4
"""So many times a model may end without a result that fits; then the run does."""

RESULT_WANTED: Item = user_message(
    "The task ends with a result. Call finish with `result`, exactly as its schema says; words alone do not end it."
)


def require_progress(items: Sequence[Item], results: Sequence[ToolResult]) -> None:
    """Raises `ModelFailure` when the model ends without a fitting result once too often.

    `items` is the conversation with the turn's calls and results.
    """
    finishing = {item.get("call_id") for item in items if item.get("name") == FINISH}
    refused = [
        str(item.get("output"))
        for item in items
        if item.get("call_id") in finishing and str(item.get("output")).startswith(FAILED + DOES_NOT_FIT)
    ]
    tried = len(refused) + sum(item == RESULT_WANTED for item in items)
    now = items[-1] == RESULT_WANTED or any(each.tool == FINISH and not each.ok for each in results)
    if not now or tried < MAX_INVALID:
        return
    why = refused[-1].removeprefix(FAILED)[:500] if refused else "it called finish with none"
    raise ModelFailure(
        ErrorType.RESULT_INVALID,
        f"the model gave no result that fits result_schema, {tried} times: {why}",
        "Make the schema simpler, or say in the instructions what goes where. The files so far are kept.",
    )
