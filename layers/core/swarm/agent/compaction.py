"""Shortens a conversation that has outgrown the model's context, without breaking it.

What goes first is what can be had again: outputs of tools, oldest first. Then whole turns go, oldest first, each
call with its answer; in their place stands one message that says what was done. Where the last turns alone are too
long, their outputs go too. What users said and every call that stays are as they were. What is left out here
is still in the transcripts of the earlier turns.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from swarm.runs.conversation import Item, assistant_message, is_compaction

KEPT_ITEMS = 8
"""How many items at the end, with the rest of their turn, are the last to be touched."""

LONG_OUTPUT = 400
"""Characters; an output shorter than this is not worth removing."""

REMOVED = "[this output was removed to save room; if it is still needed, call the tool again, for less at a time]"
_SUMMARY = "Earlier turns were removed to save room. In them these tools were called, in order: "
_MAX_SUMMARY = 4_000
_MAX_PATH = 300


def compacted(items: Sequence[Item]) -> list[Item] | None:
    """About half of what can go is gone; None when there is nothing left that could."""
    head, middle, tail = parts(items)
    if (shorter := _without_outputs(middle) or _summarised(middle)) is not None:
        return [*head, *shorter, *tail]
    if (shorter := _without_outputs(tail)) is not None:
        return [*head, *middle, *shorter]
    return None


def _without_outputs(items: Sequence[Item]) -> list[Item] | None:
    """The older half of the long outputs removed; None where there is none."""
    long = [index for index, item in enumerate(items) if len(_output_of(item)) > LONG_OUTPUT]
    gone = set(long[: (len(long) + 1) // 2])
    return (
        [{**item, "output": REMOVED} if index in gone else item for index, item in enumerate(items)] if gone else None
    )


def _summarised(items: Sequence[Item]) -> list[Item] | None:
    """About half of the turns in one message; None where there is nothing else left."""
    if all(_is_summary(item) or _stays(item) for item in items):
        return None
    half = (len(items) + 1) // 2
    cut = next((index for index in range(half, len(items)) if _begins_turn(items, index)), len(items))
    return [_summary(items[:cut]), *filter(_stays, items[:cut]), *items[cut:]]


def parts(items: Sequence[Item]) -> tuple[list[Item], list[Item], list[Item]]:
    """The first message, what may be shortened, and the last turns, whole."""
    start = max(1, len(items) - KEPT_ITEMS)
    while start > 1 and not _begins_turn(items, start):
        start -= 1
    return list(items[:1]), list(items[1:start]), list(items[start:])


def _begins_turn(items: Sequence[Item], index: int) -> bool:
    """A turn begins behind the last answer to the calls of the one before."""
    return items[index - 1].get("type") == "function_call_output" and items[index].get("type") != "function_call_output"


def _output_of(item: Item) -> str:
    """What answers a call, pictures as the text that they are sent as; empty for every other item."""
    output = item.get("output") if item.get("type") in {"function_call_output", "mcp_call"} else None
    return output if isinstance(output, str) else json.dumps(output) if output else ""


def _is_summary(item: Item) -> bool:
    return _text_of(item).startswith(_SUMMARY)


def _stays(item: Item) -> bool:
    """A user's words, and what the provider itself has made of earlier turns."""
    return item.get("role") == "user" or is_compaction(item)


def _text_of(item: Item) -> str:
    """What a message says; the summaries of earlier versions are plain texts."""
    match item.get("content"):
        case str(text) | [{"text": str(text)}]:
            return text
    return ""


def _summary(gone: Sequence[Item]) -> Item:
    earlier = [_text_of(item).removeprefix(_SUMMARY) for item in gone if _is_summary(item)]
    calls = [_called(item) for item in gone if item.get("type") == "function_call"]
    text = _SUMMARY + "; ".join([*earlier, *calls])[-_MAX_SUMMARY:]
    # In the model's own role: the names in it are the model's, and nothing that a user said.
    return assistant_message(text)


def _called(call: Item) -> str:
    """The tool's name, and the file that the call named."""
    try:
        arguments = json.loads(str(call.get("arguments")))
        path = arguments.get("path") if isinstance(arguments, dict) else None
    except ValueError:
        path = None
    return f"{call.get('name')} {json.dumps(path, ensure_ascii=False)[:_MAX_PATH]}" if path else str(call.get("name"))
