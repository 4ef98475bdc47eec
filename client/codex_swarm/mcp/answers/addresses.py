"""Addresses of resources, for what is too long for an answer."""

from __future__ import annotations

from urllib.parse import quote

from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import BaseModel


def run_uri(run_id: str) -> str:
    """The address of a run."""
    return f"codex-swarm://runs/{quote(run_id, safe='')}"


def file_uri(run_id: str, path: str) -> str:
    """The address of a file of a run."""
    return f"{run_uri(run_id)}/files/{quote(path)}"


def diff_uri(run_id: str) -> str:
    """The address of what a run changed, as a patch."""
    return f"{run_uri(run_id)}/diff"


def linked(answer: BaseModel, uri: str, name: str) -> CallToolResult:
    """The answer, and beside it the address of all of it."""
    return CallToolResult(
        content=[
            TextContent(type="text", text=answer.model_dump_json()),
            ResourceLink(type="resource_link", uri=uri, name=name),
        ],
        structured_content=answer.model_dump(mode="json"),
    )
