"""What the agent tells of its work while it works, to whoever traces it; nobody, unless a collector is named.

Names and attributes are those of OpenTelemetry's conventions for generative AI (semantic-conventions-genai, v0.1.0:
`invoke_agent`, `chat`, `execute_tool`). Nothing of them is what somebody wrote: no message, argument, output or path.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TypeAlias

from swarm.agent.model import Model, ModelRequest, ModelTurn
from swarm.runs.run import Run

Attributes: TypeAlias = Mapping[str, str | int]


class Span:
    """One piece of work, while it goes on. This one is told to nobody."""

    def note(self, attributes: Attributes) -> None:
        """Say more of it."""

    def failed(self, error_type: str) -> None:
        """It came to nothing, for this kind of reason."""


_NOBODY = Span()


class Spans:
    """Where spans begin: within one another, as the calls are. This one traces nothing, and costs nothing."""

    def begin(
        self,
        name: str,
        attributes: Attributes,
        *,
        asks_server: bool = False,
        root: bool = False,
        since: datetime | None = None,
    ) -> AbstractContextManager[Span]:
        """A span until the context is left, from now or `since` then; what is raised in it is its `error.type`.

        With `asks_server` it is a call of another service, with `root` the first of this invocation.
        """
        del name, attributes, asks_server, root, since
        return nullcontext(_NOBODY)

    def flush(self) -> None:
        """Hand over what has ended since the last time. Never raises, and takes two seconds at most."""

    def of_agent(self, run: Run, provider: str) -> AbstractContextManager[Span]:
        """The turns that one process takes for a run."""
        told = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": run.task_type.value,
            "gen_ai.conversation.id": run.conversation_id,
            "codex_swarm.run.id": run.run_id,
            "codex_swarm.tenant.id": run.key.tenant_id,
            **_model(provider, run.model),
        }
        return self.begin(f"invoke_agent {run.task_type.value}", told, root=True)

    def of_chat(self, provider: str, model: str) -> AbstractContextManager[Span]:
        """One request to a model, with all that it is tried again."""
        told = {"gen_ai.operation.name": "chat", **_model(provider, model)}
        return self.begin(f"chat {model}", told, asks_server=True)

    def of_tool(self, name: str, call_id: str, since: datetime | None = None) -> AbstractContextManager[Span]:
        """One call of a tool. `since` is when it was handed to another function, where that does it."""
        told = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.type": "function",
        }
        return self.begin(f"execute_tool {name}", told, since=since)


NO_SPANS = Spans()


class TracedModel:
    """A model whose requests are spans."""

    def __init__(self, model: Model, provider: str, spans: Spans) -> None:
        self._model = model
        self._provider = provider
        self._spans = spans
        self.name, self.effort, self.offline = model.name, model.effort, model.offline

    @property
    def compacts(self) -> bool:
        """As the model says."""
        return self._model.compacts

    def respond(self, request: ModelRequest) -> ModelTurn:
        """The model's next turn."""
        with self._spans.of_chat(self._provider, self.name) as span:
            turn = self._model.respond(request)
            used = turn.usage
            span.note(
                {
                    "gen_ai.response.model": turn.answered_as or self.name,
                    "gen_ai.usage.input_tokens": used.input,
                    "gen_ai.usage.output_tokens": used.output,
                    "gen_ai.usage.cache_read.input_tokens": used.cached,
                    "gen_ai.usage.reasoning.output_tokens": used.reasoning,
                }
            )
            return turn


def _model(provider: str, model: str) -> Attributes:
    return {"gen_ai.provider.name": provider, **({"gen_ai.request.model": model} if model else {})}
