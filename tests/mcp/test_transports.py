"""The server as assistants start it: over standard input and over HTTP, with a laptop cloud behind it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import TextResourceContents

from infra.local.cloud import LocalCloud
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof

COMMAND = ["-m", "codex_swarm.cli", "mcp"]


@pytest.fixture
def environment(cloud: LocalCloud, tmp_path: Path) -> dict[str, str]:
    return {
        "CODEX_SWARM_URL": cloud.url,
        "CODEX_SWARM_CONFIG": str(tmp_path / "none.toml"),
        "PYTHONPATH": str(ROOT / "client"),
    }


@pytest.fixture
def address(environment: dict[str, str]) -> Iterator[str]:
    """Where a server listens that was started with `--http`."""
    words = [sys.executable, *COMMAND, "--http", "--port", "0"]
    with subprocess.Popen(words, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stderr
            yield child.stderr.readline().removeprefix("ready ").strip()
        finally:
            child.terminate()


def a_run_from_start_to_file(server: Any) -> list[float]:
    """Does what an assistant does; the progress that it was told meanwhile."""
    seen: list[float] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    async def session() -> None:
        async with Client(server) as client:
            words = {"instructions": "Create a file called plan.md with a plan. wait 2 seconds"}
            state = (await client.call_tool("start_run", words)).structured_content
            assert state
            run_id = state["run_id"]
            while state["poll_after_ms"] is not None:
                arguments = {"run_id": run_id, "seconds": 10}
                result = await client.call_tool("wait_run", arguments, progress_callback=heard)
                state = result.structured_content
                assert state, result
            assert state["state"] == "succeeded"
            run = (await client.call_tool("get_run", {"run_id": run_id})).structured_content
            assert run
            read = await client.call_tool("read_file", {"run_id": run_id, "path": run["main_output"]})
            assert read.structured_content
            assert read.structured_content["text"].startswith("# Plan")
            (whole,) = (await client.read_resource(read.structured_content["resource"])).contents
            assert isinstance(whole, TextResourceContents)
            assert whole.text.startswith("# Plan")
            (record,) = (await client.read_resource(f"codex-swarm://runs/{run_id}")).contents
            assert isinstance(record, TextResourceContents)
            assert json.loads(record.text)["id"] == run_id

    asyncio.run(session())
    return seen


def test_over_standard_input(environment: dict[str, str]) -> None:
    progress = a_run_from_start_to_file(StdioServerParameters(command=sys.executable, args=COMMAND, env=environment))
    assert progress == sorted(progress)
    assert progress[-1] == 100


def test_over_http(address: str) -> None:
    progress = a_run_from_start_to_file(address)
    assert progress == sorted(progress)
    assert progress[-1] == 100


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}], ids=["host", "origin"]
)
def test_over_http_a_foreign_web_page_gets_nothing(headers: dict[str, str], address: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepts = {"Accept": "application/json, text/event-stream"}
    assert httpx.post(address, json=body, headers={**accepts, **headers}, timeout=30).status_code in {403, 421}


def test_the_snippets_for_clients_are_json_and_start_it() -> None:
    page = (ROOT / "docs" / "mcp.md").read_text("utf-8")
    found = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)]
    assert found
    for snippet in found:
        (servers,) = snippet.values()
        (server,) = servers.values()
        words = [server["command"], *server["args"]] if "command" in server else ["codex-swarm", "mcp"]
        assert words[:2] == ["codex-swarm", "mcp"]
