"""Stencila's articles in JSON: their nodes of type `CodeChunk` (https://stencila.io/schema)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from sandbox.executable.chunks import BadDocument, Chunk, Fault, Output, Shown, Written, media_folder, picture_name


class Article:
    """One, by its chunks."""

    def __init__(self, content: bytes) -> None:
        try:
            self._tree = json.loads(content)
            nodes = list(_nodes(self._tree))
        except (ValueError, RecursionError) as error:
            raise BadDocument("it is not JSON, or nested too deep") from error
        if not isinstance(self._tree, dict) or self._tree.get("type") != "Article":
            raise BadDocument("it is JSON and no article of Stencila's")
        self._inline = sum(node.get("type") == "CodeExpression" for node in nodes)
        self._nodes = [node for node in nodes if node.get("type") == "CodeChunk"]
        self._chunks = [_chunk(number, node) for number, node in enumerate(self._nodes, 1)]

    @property
    def chunks(self) -> Sequence[Chunk]:
        return self._chunks

    @property
    def notes(self) -> Sequence[str]:
        return [f"{self._inline} pieces of code inside of a line are not run"] if self._inline else []

    def with_outputs(self, outputs: Mapping[int, Sequence[Output]], target: str) -> Written:
        pictures: dict[str, bytes] = {}
        for chunk, node in zip(self._chunks, self._nodes, strict=True):
            if chunk.number not in outputs:
                continue
            gave = outputs[chunk.number]
            node["outputs"] = [_as_node(each, chunk, target, pictures) for each in gave if not isinstance(each, Fault)]
            faults = [each for each in gave if isinstance(each, Fault)]
            node["executionStatus"] = "Errors" if faults else "Succeeded"
            node.pop("executionMessages", None)
            if faults:
                node["executionMessages"] = [_message(each) for each in faults]
        return Written((json.dumps(self._tree, indent=2, ensure_ascii=False) + "\n").encode(errors="replace"), pictures)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a tree, in its order."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(each)


def _chunk(number: int, node: Mapping[str, Any]) -> Chunk:
    code, language = node.get("code", ""), node.get("programmingLanguage") or "python"
    # Texts are plain, or objects with a `string`, as versions of the schema have them.
    said = [str(each.get("string", "")) if isinstance(each, dict) else str(each) for each in (code, language)]
    return Chunk(number, said[1], said[0], f"chunk {number}")


def _as_node(output: Output, chunk: Chunk, target: str, pictures: dict[str, bytes]) -> Any:
    if isinstance(output, Shown) and output.png is not None:
        name = picture_name(chunk.number, 1 + sum(f"/chunk-{chunk.number}-" in path for path in pictures))
        pictures[f"{media_folder(target)}/{name}"] = output.png
        return {"type": "ImageObject", "contentUrl": f"{PurePosixPath(media_folder(target)).name}/{name}"}
    return output.data.get("text/plain", "") if isinstance(output, Shown) else getattr(output, "text", "")


def _message(fault: Fault) -> dict[str, str]:
    return {"type": "ExecutionMessage", "level": "Error", "message": fault.said, "stackTrace": fault.traceback}
