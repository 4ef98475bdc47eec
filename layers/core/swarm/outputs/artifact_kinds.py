"""What an output is: told by its name, unless its content says otherwise."""

from __future__ import annotations

from swarm.workspace.file_types import content_type, file_type, is_binary_type

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"

_OF_KIND = {
    "codex-jsonl": "application/x-ndjson",
    "result": "application/json",
    "diff-summary": "application/json",
    "diff-patch": "text/x-diff; charset=utf-8",
}
"""Of the kinds that are no types of files."""


def artifact_kind(path: str, is_text: bool | None) -> str:
    """The kind of a workspace file; `is_text` is None where nobody looked. Plain text is `txt`."""
    named = file_type(path)
    if is_text is False and not is_binary_type(path):
        return "binary"
    if named == "text" or (is_text and named == "binary"):
        return "txt"
    return named


def served_as(kind: str, path: str) -> str:
    """The Content-Type of an output."""
    by_name = _OF_KIND.get(kind) or content_type(path)
    if kind == "txt" and by_name == BYTES:
        return TEXT
    return BYTES if kind == "binary" else by_name
