"""Makes room in a conversation before the model's context is full, in as few steps as can be.

From `FULL` of the context on: first long outputs that can be had again go, from all but the last turns. Where that is
not enough, the provider compacts the conversation where the model's entry says that it does; elsewhere the model itself
writes what it needs to go on, and that stands in the place of the turns it tells of. Words of users and the last turns
stay as they were. In between, a request is the one before and what is new, so that the provider's cache holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from codex_swarm.models import PlanStep
from swarm.agent.compaction import LONG_OUTPUT, REMOVED, compacted, parts
from swarm.runs.conversation import Item, assistant_message, expanded, is_compaction, user_message

DEFAULT_CONTEXT = 128_000
"""Tokens that a model takes, where the operator says nothing else."""

FULL, ENOUGH = 0.7, 0.5
"""Of the context: room is made when it is as full as the first, until it is no fuller than the second."""

COMPACTED, LATE = 0.75, 0.9
"""Of the context: where the provider is asked to compact, behind the first step; and where it should have done so."""

_KEPT = 0.3
"""Of the context: what is kept of the items that a compaction replaced, for a model that cannot read it."""

_CHARACTERS_A_TOKEN = 4
"""Of English and of JSON, by the providers' own rule of thumb."""

_TOKENS_A_PICTURE = 1_500

_WORTH = 0.1
"""Of the context: turns that are less than this are not worth a handover."""

_AGAIN = frozenset({"list_files", "read_file", "read_document", "search_files", "view_pages", "view_image"})
"""Tools whose outputs can be had again by the same call."""

HANDOVER = "[Handover, written by the model itself in place of the turns before]\n"
ASK_FOR_HANDOVER = (
    "The conversation is getting too long for you. Write a handover now, for yourself: only what you write here, the"
    " user's own words and the last turns will be left of it. Call no tool. Write down: what the request asks for,"
    " point by point; what was decided and why; what was read, with exact facts, figures, names and quotations, each"
    " with its file and place; which files were written or changed and what state they are in; what is still open, and"
    " what comes next."
)


def tokens_in(items: Sequence[Item]) -> int:
    """About how many tokens these items are."""
    return sum(map(_tokens, items))


def _tokens(item: Item) -> int:
    output = item.get("output")
    if isinstance(output, list):
        # A picture costs what its size costs, however many characters carry it.
        return _TOKENS_A_PICTURE * (len(output) - 1) + len(json.dumps(output[:1])) // _CHARACTERS_A_TOKEN
    # What a compaction replaced is not sent, and a call as the provider's type of it only in place of its arguments.
    sent = {name: value for name, value in item.items() if name not in {"replaced", "operation"}}
    return len(json.dumps(sent, ensure_ascii=False)) // _CHARACTERS_A_TOKEN


def without_outputs_to_be_had_again(items: Sequence[Item], most_tokens: float) -> list[Item]:
    """The items without long outputs of looking, the oldest first, until they are no more than so many tokens."""
    head, middle, tail = parts(items)
    looks = {item.get("call_id") for item in middle if item.get("name") in _AGAIN}
    over = tokens_in(items) - most_tokens
    shorter: list[Item] = []
    for item in middle:
        size = _tokens(item)
        long = size > LONG_OUTPUT / _CHARACTERS_A_TOKEN
        if over > 0 and "output" in item and item.get("call_id") in looks and long:
            over -= size
            shorter.append({**item, "output": REMOVED})
        else:
            shorter.append(item)
    return [*head, *shorter, *tail]


def worth_a_handover(items: Sequence[Item], context: int) -> bool:
    """Whether the turns before the last are so much that words in their place make room."""
    _, middle, _ = parts(items)
    return tokens_in(middle) > _WORTH * context


def asked_for_handover(items: Sequence[Item]) -> list[Item]:
    """The turns that a handover is to tell of, and the request for it."""
    head, middle, _ = parts(items)
    return [*head, *middle, user_message(ASK_FOR_HANDOVER)]


def handed_over(items: Sequence[Item], text: str, plan: Sequence[PlanStep]) -> list[Item]:
    """The conversation with the model's own words, and its plan, in the place of the turns before the last."""
    head, middle, tail = parts(items)
    users = [item for item in middle if item.get("role") == "user"]
    shown = "".join(f"\n- {step.title}: {step.status}" for step in plan)
    told = f"{HANDOVER}{text.strip()}{f'{chr(10)}{chr(10)}The plan:{shown}' if plan else ''}"
    # In the model's own role: nothing in it is what a user said.
    return [*head, *users, assistant_message(told), *tail]


def behind_compaction(items: Sequence[Item], model: str, context: int) -> list[Item]:
    """The conversation from the last compaction of the provider on; users' words stay before it.

    https://platform.openai.com/docs/guides/compaction: what came before the item can be dropped. It is kept inside the
    item and not sent, as short as the last resort makes it, so that the conversation can go on with another model.
    """
    place = next((at for at, item in reversed(list(enumerate(items))) if is_compaction(item)), None)
    if place is None or "made_by" in items[place]:
        return list(items)
    before, after = items[:place], items[place + 1 :]
    answered = {item.get("call_id") for item in items if "output" in item}
    # Calls of the same turn are still to be answered.
    kept = [item for item in before if item.get("role") == "user"]
    calls = [item for item in before if item.get("type") == "function_call" and item.get("call_id") not in answered]
    gone = [item for item in expanded(before) if item not in kept + calls and item.get("type") != "reasoning"]
    while tokens_in(gone) > _KEPT * context and (shorter := compacted(gone)):
        gone = shorter
    item = {"type": "compaction", "encrypted_content": items[place]["encrypted_content"], "made_by": model}
    return [*kept, {**item, "replaced": [dict(each) for each in gone]}, *calls, *after]
