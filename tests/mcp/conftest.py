"""The server, asked by the SDK's own client; it asks a scripted service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from codex_swarm.async_client import AsyncCodexSwarmClient
from codex_swarm.mcp.server import server
from tests.client.fake_api import FakeApi, serving


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving() as api:
        yield api


Ask = Callable[[Callable[[Client], Coroutine[Any, Any, Any]]], Any]


@pytest.fixture
def ask(api: FakeApi, tmp_path: Path) -> Ask:
    """What comes of the questions that a coroutine asks."""
    folder = tmp_path / "open"
    folder.mkdir()

    async def asked(questions: Callable[[Client], Coroutine[Any, Any, Any]]) -> Any:
        service = AsyncCodexSwarmClient(api.url, "key-1", retries=0)
        async with service, Client(server(service, "assistant", folder)) as client:
            return await questions(client)

    return lambda questions: asyncio.run(asked(questions))
