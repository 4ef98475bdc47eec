"""A model that asks a scripted provider by one of the protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from codex_swarm.models import DeltaEvent
from swarm.agent.model import ModelRequest, ModelTurn
from swarm.agent.openai.api import StreamedAnswer
from swarm.agent.openai.provider import Endpoint, OpenAIModel
from swarm.agent.tools.toolbox import Toolbox
from swarm.errors import ModelFailure
from swarm.runs.conversation import Item, tool_output, user_message
from tests.provider.script import Reply
from tests.provider.server import ScriptedProvider
from tests.support.tools import AGENT_TOOLS

SPECS = Toolbox(AGENT_TOOLS).specs
HELLO = (user_message("Say hello."),)
APIS = ("responses", "chat_completions")
WRITTEN = "one ü \n two"


class Provider(ScriptedProvider):
    """A scripted provider, a model that uses it, and how long that model has paused between attempts."""

    def __init__(self, api: str, *script: Reply) -> None:
        super().__init__(script)
        self.api = api
        self.pauses: list[float] = []
        self.model = self.model_with()

    def model_with(self, *, api_key: str | None = None, effort: str | None = None, **options: Any) -> OpenAIModel:
        options = {"sleep": self.pauses.append, "jitter": lambda: 0.5, **options}
        endpoint = Endpoint(api_key or self.api_key, "test-model", self.base_url, self.api, effort)
        return OpenAIModel("test-model", endpoint, **options)

    def respond(self, items: Sequence[Item] = HELLO, seconds: float = 60.0) -> ModelTurn:
        return self.model.respond(ModelRequest("Be brief.", items, SPECS, "run-1", seconds))

    def converse(self, turns: int) -> list[Item]:
        """The conversation after so many turns, in which each call finds that the workspace is empty."""
        items: list[Item] = [*HELLO]
        for _ in range(turns):
            turn = self.respond(items)
            items += [*turn.items, *(tool_output(asked.call_id, "the workspace is empty") for asked in turn.calls)]
        return items

    def fail(self, seconds: float = 60.0) -> ModelFailure:
        with pytest.raises(ModelFailure) as failure:
            self.respond(seconds=seconds)
        return failure.value


Start = Callable[..., Provider]


@contextmanager
def asked_by(api: str) -> Iterator[Start]:
    """Starts providers with a script; at the end no request may have broken the protocol's rules."""
    started: list[Provider] = []

    def start(*script: Reply) -> Provider:
        started.append(Provider(api, *script))
        return started[-1].__enter__()

    yield start
    for each in started:
        each.__exit__(None, None, None)
    assert [fault for each in started for fault in each.faults] == []


def shows_what_it_writes(answer: StreamedAnswer, stream: bytes) -> None:
    """Byte by byte, a stream that says "Hello." and writes `WRITTEN` to a.md shows more and more of just that."""
    shown = [answer.draft() for byte in stream if answer.take(bytes([byte]))]
    assert answer.whole
    assert shown[-1] == DeltaEvent(text="Hello.", path="a.md", content=WRITTEN)
    assert all(WRITTEN.startswith(each.content) for each in shown)
    assert len(shown) > 5
