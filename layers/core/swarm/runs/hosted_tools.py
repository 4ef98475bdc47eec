"""Tools that a provider runs itself, as the operator allows them: its search of the web, and remote MCP servers.

`HostedTools` of the template says it: names alone, `web_search`, or JSON by name. What they bring back never passes
through a function of ours before the provider has it, so no function needs a way to the internet for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codex_swarm.models import HostedToolName, Source
from swarm.adapters import adapter
from swarm.errors import NotConfigured

WEB_SEARCH = "web_search"
MAX_SOURCES = 100
MAX_SOURCE_BYTES = 60_000
"""Of a run; how many more were cited is counted. They are part of the run's item, which has 400 KB in all."""


class HostedTool(BaseModel):
    """The provider's search of the web, or with a `server_url` a remote MCP server.

    `price` is US dollars a call. Of a server `description` is for the model, `allowed_tools` are all that it may call;
    without `authorization` it wants no token.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    price: float | None = Field(default=None, ge=0)
    server_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    description: str | None = Field(default=None, max_length=1_000)
    allowed_tools: tuple[str, ...] = ()
    authorization: bool = True

    @property
    def needs_token(self) -> bool:
        """Whether it is a server that is sent a token."""
        return self.server_url is not None and self.authorization


def hosted_tools_of(text: str) -> Mapping[str, HostedTool]:
    """The tools that a text allows: JSON by name, or names with commas. Raises `NotConfigured`."""
    written = text.strip()
    if not written.startswith("{"):
        tools = {name.strip(): HostedTool() for name in written.split(",") if name.strip()}
    else:
        try:
            tools = adapter(dict[Annotated[HostedToolName, Field()], HostedTool]).validate_json(written)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise NotConfigured.badly("HostedTools", f"{where}: {first['msg']}" if where else first["msg"]) from None
    for name, tool in tools.items():
        if (name == WEB_SEARCH) == (tool.server_url is not None):
            why = f"{name} has to be {WEB_SEARCH}, or a server with a server_url"
            raise NotConfigured.badly("HostedTools", why)
    return tools


@dataclass(frozen=True, slots=True)
class Cited:
    """What a run has cited: the first `MAX_SOURCES`, and how many further addresses there were."""

    sources: tuple[Source, ...] = ()
    left_out: int = 0

    def with_more(self, more: Sequence[Source], left_out: int = 0) -> Cited:
        """These and more; an address that is cited again is counted."""
        known = {source.url: source for source in self.sources}
        room = MAX_SOURCE_BYTES - sum(map(_size, self.sources))
        for source in more:
            if source.url in known:
                before = known[source.url]
                known[source.url] = before.model_copy(update={"cited": before.cited + source.cited})
            elif len(known) < MAX_SOURCES and _size(source) <= room:
                known[source.url] = source
                room -= _size(source)
            else:
                left_out += 1
        return Cited(tuple(known.values()), self.left_out + left_out)


def _size(source: Source) -> int:
    return len(f"{source.url}{source.title}{source.words}".encode())
