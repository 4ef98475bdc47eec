"""A small HTTP server that speaks the contract from a script: the answers for each request, in order."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    """How many bytes the connection breaks off before the promised end; a client sees a broken answer."""


HANG_UP = Answer(status=0)
"""Closes the connection without a word."""


def told(value: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def refused(status: int, code: str, detail: str = "no", **headers: str) -> Answer:
    """An error answer."""
    return told({"detail": detail, "code": code}, status, **headers)


@dataclass(frozen=True)
class Received:
    """A request as it arrived; `target` is path and query, still encoded."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Reply = Callable[[Received], Answer]


def stored(data: bytes, cut: int = 0, etag: str = '"1"') -> Reply:
    """A storage that answers ranges; an answer breaks off `cut` bytes before its end."""

    def reply(request: Received) -> Answer:
        asked = request.headers.get("Range")
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        body, headers = data[first:], {"ETag": etag}
        if asked:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        sent = body[: len(body) - cut] if cut else body
        return Answer(206 if asked else 200, sent, headers, missing=len(body) - len(sent))

    return reply


class FakeApi(ThreadingHTTPServer):
    """Answers from a script, whose last answer is given again and again, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.otherwise: Answer | None = None
        self._scripts: dict[tuple[str, str], deque[Answer | Reply]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def on(self, method: str, target: str, *answers: Answer | Reply) -> None:
        """Answers requests for the exact target; what is callable is asked for an answer to the request."""
        self._scripts[method, target] = deque(answers)

    def asked(self) -> list[str]:
        """Every request so far, as `METHOD target`."""
        return [f"{request.method} {request.target}" for request in self.received]

    def answer(self, request: Received) -> Answer:
        self.received.append(request)
        script = self._scripts.get((request.method, request.target))
        if script is None and self.otherwise is not None:
            return self.otherwise
        if script is None:
            return refused(404, "route_not_found", f"nothing at {request.method} {request.target}")
        answer = script.popleft() if len(script) > 1 else script[0]
        return answer if isinstance(answer, Answer) else answer(request)


class _Handler(BaseHTTPRequestHandler):
    server: FakeApi

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = self.server.answer(Received(self.command, self.path, dict(self.headers.items()), body))
        if answer is HANG_UP:
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) + answer.missing))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keeps test output clean."""


@contextmanager
def serving() -> Iterator[FakeApi]:
    """A server on a free port of its own, for as long as the block lasts."""
    with FakeApi() as api:
        thread = Thread(target=api.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield api
        api.shutdown()
        thread.join()
