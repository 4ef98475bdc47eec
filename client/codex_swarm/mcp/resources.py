"""The resources: what can be read whole, by address."""

from __future__ import annotations

from mcp.server.mcpserver.exceptions import ResourceError

from codex_swarm.async_client import AsyncCodexSwarmClient
from codex_swarm.mcp.answers.files import as_text
from codex_swarm.mcp.problems import of_resource

LARGEST_RESOURCE = 8_000_000
"""Bytes of a file that is read as a resource."""


class Resources:
    """What can be read whole, by address."""

    def __init__(self, client: AsyncCodexSwarmClient) -> None:
        self._client = client

    async def run(self, run_id: str) -> str:
        """A run with everything that is known of it, as JSON."""
        with of_resource():
            return (await self._client.get_run(run_id)).model_dump_json(indent=2)

    async def file(self, run_id: str, path: str) -> str | bytes:
        """A file of a run: text as text, everything else as its bytes."""
        with of_resource():
            content = await self._client.get_file(run_id, path)
        if len(content) > LARGEST_RESOURCE:
            raise ResourceError(f"{path} has {len(content)} bytes; tell the user: codex-swarm get {run_id} {path!r}")
        text = as_text(content)
        return content if text is None else text

    async def diff(self, run_id: str) -> str:
        """What a run changed, as a unified patch."""
        with of_resource():
            return await self._client.get_patch(run_id)
