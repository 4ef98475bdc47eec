"""What works on a conversion in a model's place: asks for that one call, and ends by what it came to.

So a conversion is a run like any other: the call is a job of the convert function, in an environment that the run has
to itself, and whatever dies on the way is made good by the log. Like a model it is a pure function of the conversation.
"""

from __future__ import annotations

from codex_swarm.models import Conversion
from swarm.agent.model import ModelRequest, ModelTurn, ToolCall
from swarm.agent.tools import convert_document
from swarm.errors import ModelFailure
from swarm.jobs.batch import FAILED
from swarm.lifecycle.messages import NOT_DONE
from swarm.runs.conversation import assistant_message
from swarm.runs.error_types import ErrorType
from swarm.runs.usage import TokenUsage

_TOOL = convert_document.TOOL.name


class Converting:
    """Takes two turns: the call, and the end."""

    name = ""
    effort: str | None = None
    offline = True
    compacts = False

    def __init__(self, conversion: Conversion) -> None:
        self._conversion = conversion

    def respond(self, request: ModelRequest) -> ModelTurn:
        """The next turn. Raises `ModelFailure` where the document could not be converted, with the reason."""
        outputs = [str(item.get("output")) for item in request.items if item.get("type") == "function_call_output"]
        # A run that was resumed has the call of the one before it, which a limit had ended too early.
        done = [output for output in outputs if output != NOT_DONE]
        if not done:
            return self._call(len(outputs))
        said = done[-1].removeprefix(FAILED)
        if said != done[-1]:
            raise ModelFailure(
                ErrorType.TOOL_FAILURE,
                said,
                "Change the conversion by what the message says, or convert another document.",
                tool=_TOOL,
            )
        return ModelTurn([assistant_message(said)], said, (), TokenUsage())

    def _call(self, number: int) -> ModelTurn:
        call = ToolCall(f"call_{number}", _TOOL, self._conversion.model_dump_json())
        item = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        return ModelTurn([item], "", (call,), TokenUsage())
