"""The conversation with the model: it is asked within what it takes, and told what came of what it asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from types import MappingProxyType

from codex_swarm.models import ModelUse, PlanStep, Usage
from swarm.agent.compaction import compacted
from swarm.agent.context import (
    DEFAULT_CONTEXT,
    ENOUGH,
    FULL,
    LATE,
    asked_for_handover,
    behind_compaction,
    handed_over,
    tokens_in,
    without_outputs_to_be_had_again,
    worth_a_handover,
)
from swarm.agent.hosted import hosted_calls
from swarm.agent.model import Model, ModelRequest, ModelTurn
from swarm.agent.tools.toolbox import ToolResult
from swarm.errors import ModelFailure
from swarm.runs.catalogue import ModelEntry
from swarm.runs.conversation import (
    REFUSED,
    Item,
    expanded,
    has_pictures,
    tool_output,
    user_message,
    without_pictures,
)
from swarm.runs.error_types import ErrorType
from swarm.runs.hosted_tools import HostedTool
from swarm.runs.usage import TokenUsage, total

MAX_PICTURES = 8
"""Pictures that a turn shows the model, of all its calls."""

MAX_CUT_OFFS = 3
WRITE_IN_PARTS: Item = user_message(
    "Your last answer was cut off because it was too long, and nothing of it was done. Write less at a time: make a "
    "file with its first part, and then add the others to it with write_file and append, one call after the other."
)


class Dialogue:
    """What has been said so far, `items`, in the order of saying.

    `request` is all else that the model is asked with, at this moment; `hosted` are the tools that its provider runs.
    `handovers` are what those used that no turn has been committed with yet.
    """

    def __init__(
        self,
        model: Model,
        items: Sequence[Item],
        entry: ModelEntry,
        request: Callable[[], ModelRequest],
        hosted: Mapping[str, HostedTool] = MappingProxyType({}),
    ) -> None:
        # What another model's provider has compacted, this one cannot read.
        self.items = expanded(items, lambda item: item.get("made_by") == model.name)
        self.handovers: Sequence[Usage] = []
        self._model = model
        self._entry = entry
        self._request = request
        self._hosted = hosted
        self._context = entry.context or DEFAULT_CONTEXT

    def apart(self, items: Sequence[Item], changed: Callable[[ModelRequest], ModelRequest]) -> Dialogue:
        """Another conversation with the same model, asked with what `changed` makes of this one's requests."""
        return Dialogue(self._model, items, self._entry, lambda: changed(self._request()), self._hosted)

    def add(self, *items: Item) -> None:
        """Say these next."""
        self.items = [*self.items, *items]

    def take(self, turn: ModelTurn) -> None:
        """Go on behind what the model said. It has seen the pictures of the turn before, which are paid for once."""
        items = [*without_pictures(self.items), *turn.items]
        self.items = behind_compaction(items, self._model.name, self._context)

    def make_room(self, plan: Sequence[PlanStep], now: datetime) -> None:
        """Shorten a conversation that is nearly as long as the model takes: by what can be had again, or a handover.

        In the place of a handover the provider may compact it, in its answer to the next request.
        """
        context = self._context
        if self._model.offline or tokens_in(self.items) < FULL * context:
            return
        self.items = without_outputs_to_be_had_again(self.items, ENOUGH * context)
        if tokens_in(self.items) <= ENOUGH * context or not worth_a_handover(self.items, context):
            return
        if self._model.compacts and tokens_in(self.items) < LATE * context:
            return
        # A handover is no draft of anything, so nobody is shown it.
        request = replace(self._request(), tools=(), hosted=False, wrote=lambda _draft: None)
        request = replace(request, items=asked_for_handover(self.items))
        try:
            turn = self._model.respond(request)
        except ModelFailure as failure:
            if failure.retryable:
                raise
            turn = ModelTurn((), "", (), TokenUsage())
        else:
            self.handovers = [*self.handovers, self._usage(turn, 0, now)]
        if turn.text.strip() and not turn.calls:
            self.items = handed_over(self.items, turn.text, plan)
            return
        # Without words of the model's own, turns go as they do when the provider refuses the conversation.
        while tokens_in(self.items) > ENOUGH * context and (shorter := compacted(self.items)):
            self.items = shorter

    def ask(self) -> ModelTurn:
        """The next turn; after shortening a conversation too long for the model, or taking out refused pictures."""
        try:
            return self._model.respond(replace(self._request(), items=self.items))
        except ModelFailure as failure:
            if failure.error_type == ErrorType.CONTEXT_LENGTH:
                shorter = compacted(self.items) or _compacted_whole(self.items)
            elif failure.error_type == ErrorType.PROVIDER_REQUEST and has_pictures(self.items):
                # Not every model can see.
                shorter = without_pictures(self.items, REFUSED)
            else:
                shorter = None
            if shorter is None:
                raise
            self.items = shorter
            return self.ask()

    def go_on_after(self, cut_off: str) -> None:
        """Tell the model that nothing of its answer was done; a few times in a row, then it is of no use."""
        cut_offs = next((n for n, item in enumerate(reversed(self.items)) if item != WRITE_IN_PARTS), len(self.items))
        if cut_offs == MAX_CUT_OFFS:
            raise ModelFailure(
                ErrorType.INCOMPLETE,
                f"the model's answer is incomplete ({cut_off}), {MAX_CUT_OFFS + 1} times in a row",
                "Go on with POST /runs/{id}/resume, or ask for less at once. The files so far are kept.",
            )
        self.add(WRITE_IN_PARTS)

    def used(self, turn: ModelTurn | None, began: datetime, now: datetime) -> Usage:
        """What a turn of the model used, none where there was none, and the handovers before it."""
        alone = self._usage(turn, (now - began).total_seconds(), now) if turn else Usage()
        return reduce(total, self.handovers, alone)

    def _usage(self, turn: ModelTurn, seconds: float, now: datetime) -> Usage:
        """What a turn of the model used, in so many seconds, at the prices of this day."""
        tokens, price = turn.usage, None if self._model.offline else self._entry.price(now.astimezone(UTC).date())
        hosted = hosted_calls(turn.items)
        billed = [self._hosted[call.tool].price or 0.0 for call in hosted if call.billed and call.tool in self._hosted]
        return Usage(
            model_calls=1 if self._model.name else 0,
            input_tokens=tokens.input,
            cached_tokens=tokens.cached,
            output_tokens=tokens.output,
            reasoning_tokens=tokens.reasoning,
            tool_calls=len(turn.calls),
            hosted_tool_calls=len(hosted),
            seconds=round(seconds, 3),
            cost_usd=price.of(tokens) + sum(billed) if price else None,
        )

    def use(self, turn: ModelTurn, number: int) -> ModelUse | None:
        """What gave this turn, the run's `number`-th; None where no model is asked at all."""
        if not self._model.name:
            return None
        return ModelUse(turn=number, model=self._model.name, effort=self._model.effort, answered_as=turn.answered_as)


def _compacted_whole(items: Sequence[Item]) -> list[Item] | None:
    """Shorter by what a compaction replaced, which the provider cannot read any more; None where there is none."""
    whole = expanded(items)
    return compacted(whole) if whole != list(items) else None


def answers(results: Sequence[ToolResult]) -> list[Item]:
    """What answers the calls, with as many of their pictures as a turn shows."""
    items: list[Item] = []
    room = MAX_PICTURES
    for result in results:
        shown = result.pictures[:room]
        room -= len(shown)
        left = len(result.pictures) - len(shown)
        note = f"\n[{left} of these are not shown: a turn shows {MAX_PICTURES} pictures; ask again]" if left else ""
        items.append(tool_output(result.call_id, result.output + note, shown))
    return items
