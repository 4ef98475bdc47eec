"""The conversation of a run, stored whole after every turn, so that any process can take it up."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue, ValidationError

from swarm.adapters import adapter
from swarm.errors import CorruptObject
from swarm.workspace.objects import ObjectStore

SCHEMA = 1

SEEN = "[the pictures were shown once; call the tool again to see them again]"
REFUSED = "[the pictures could not be shown: the provider refused them; do not guess what is in them]"

Item = Mapping[str, JsonValue]
"""One conversation item as the provider defines it (message, function_call, function_call_output, reasoning).

A `compaction` also has, of our own, `made_by`, the model that can read it, and `replaced`, the items it stands for.
"""


HOSTED = frozenset({"web_search_call", "mcp_call", "mcp_list_tools"})
"""Types of items that tell of tools which the provider ran."""


def user_message(text: str) -> Item:
    """A user message item."""
    return {"type": "message", "role": "user", "content": text}


def assistant_message(text: str) -> Item:
    """A message item in the model's own role."""
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def tool_output(call_id: str, output: str, pictures: Sequence[str] = ()) -> Item:
    """The item that answers one tool call. `pictures` are `data:` URLs, for the model to look at."""
    if not pictures:
        return {"type": "function_call_output", "call_id": call_id, "output": output}
    parts: list[JsonValue] = [{"type": "input_text", "text": output}]
    parts += [{"type": "input_image", "image_url": picture, "detail": "high"} for picture in pictures]
    return {"type": "function_call_output", "call_id": call_id, "output": parts}


def has_pictures(items: Sequence[Item]) -> bool:
    """Whether any answer to a call has pictures."""
    return any(isinstance(item.get("output"), list) for item in items)


def without_pictures(items: Sequence[Item], instead: str = SEEN) -> list[Item]:
    """The items with a word in place of pictures, which are seen once: each costs as much as pages of text."""
    shorter: list[Item] = []
    for item in items:
        match item.get("output"):
            case [{"text": text}, *_]:
                shorter.append({**item, "output": f"{text}\n{instead}"})
            case _:
                shorter.append(item)
    return shorter


def is_compaction(item: Item) -> bool:
    """Whether the item is the provider's own, encrypted summary of what came before it."""
    return item.get("type") == "compaction" and bool(item.get("encrypted_content"))


def expanded(items: Sequence[Item], readable: Callable[[Item], bool] = lambda _: False) -> list[Item]:
    """The items with what a compaction stands for in its place, where it is not `readable`."""
    whole: list[Item] = []
    for item in items:
        if item.get("type") != "compaction" or readable(item):
            whole.append(item)
        elif isinstance(replaced := item.get("replaced"), list):
            whole += [each for each in replaced if isinstance(each, dict)]
    return whole


def store_transcript(store: ObjectStore, key: str, items: Sequence[Item]) -> None:
    """Store the conversation so far."""
    text = json.dumps({"schema": SCHEMA, "items": list(items)}, separators=(",", ":"), ensure_ascii=False)
    store.put(key, gzip.compress(text.encode(), compresslevel=5, mtime=0))


def load_transcript(store: ObjectStore, key: str) -> list[Item]:
    """The stored conversation. Raises `CorruptObject`."""
    try:
        stored = adapter(dict[str, JsonValue]).validate_json(gzip.decompress(store.get(key)))
        return adapter(list[Item]).validate_python(stored["items"])
    except (OSError, EOFError, ValidationError, KeyError) as error:
        raise CorruptObject(f"the transcript at {key} cannot be read") from error


def as_jsonl(items: Sequence[Item]) -> bytes:
    """One JSON text a line, for people and tools.

    What only the provider can read is left out: encrypted reasoning, and a compaction, in whose place stands what it
    replaced.
    """
    readable = (item for item in without_pictures(expanded(items)) if item.get("type") != "reasoning")
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in readable).encode()
