"""The preview function as it runs in the cloud: its handler in a process, its files over HTTP."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.handler_process import Handler, handler_process
from tests.support.job_server import JobServer, job_server


class Previewer:
    """Asks the function for previews."""

    def __init__(self, handler: Handler, files: JobServer) -> None:
        self._handler, self._files = handler, files

    def ask(self, kind: str, data: bytes, page: int = 1) -> Any:
        """The function's answer."""
        return self._handler(self.event(kind, data, page))

    def event(self, kind: str, data: bytes, page: int = 1) -> dict[str, Any]:
        """What the function is asked for these bytes."""
        digest = hashlib.sha256(data).hexdigest()
        return {"kind": kind, "url": self._files.put(data), "sha256": digest, "size": len(data), "page": page}

    def html(self, kind: str, data: bytes) -> str:
        """The page, which there has to be."""
        answer = self.ask(kind, data)
        assert answer.get("media_type") == "text/html; charset=utf-8", answer
        return base64.b64decode(answer["content"]).decode()

    def png(self, kind: str, data: bytes) -> bytes:
        """The picture, which there has to be."""
        answer = self.ask(kind, data)
        assert answer.get("media_type") == "image/png", answer
        return base64.b64decode(answer["content"])

    def problem(self, kind: str, data: bytes) -> str:
        """Why there is nothing to show."""
        answer = self.ask(kind, data)
        assert set(answer) == {"problem"}
        return str(answer["problem"])


@pytest.fixture(scope="session")
def previewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previewer]:
    with job_server() as files, handler_process("preview.app", tmp_path_factory.mktemp("tmp")) as handler:
        yield Previewer(handler, files)
