"""A provider for tests: a local HTTP server that replies as a script says, to `POST /v1/responses` or chat completions.

    with ScriptedProvider([calls(call("write_file", path="a.md", content="hi")), finishes("done")]) as provider:
        model = OpenAIModel("some-model", Endpoint(provider.api_key, "some-model", provider.base_url))

It is strict: a request that the real API would refuse gets a 400 and is noted in `faults`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from threading import Condition
from typing import Any
from urllib.parse import urlsplit

from tests.provider.chat import as_chunks, as_completion, chat_faults
from tests.provider.rules import request_faults
from tests.provider.script import Reply, error
from tests.provider.stream import as_stream
from tests.support.loopback import Loopback

Json = Any

USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 0},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 120,
}
LONGEST_HOLD = 60.0
API_KEY = "sk-test-4f9a"
RESPONSES, CHAT = "/v1/responses", "/v1/chat/completions"


_QUARTER = 0.25
_END = 8_000
"""Bytes of a response that are not sent before it is whole."""


@dataclass(frozen=True)
class Received:
    """One request as it came in; header names in lower case."""

    headers: dict[str, str]
    body: Json


class ScriptedProvider(Loopback):
    """The server, its script and what it received. Replies come in order, whoever asks; or a function chooses them."""

    def __init__(self, script: Iterable[Reply] | Callable[[Received], Reply], api_key: str = API_KEY) -> None:
        super().__init__(_handler_of(self))
        self.api_key = api_key
        self.requests: list[Received] = []
        self.faults: list[str] = []
        self._next: Callable[[Received], Reply] = script if callable(script) else _in_order(script)
        self._issued: set[str] = set()
        self._changed = Condition()

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` has to be."""
        return f"{self.address}/v1"

    def wait_for_requests(self, number: int, timeout: float = 30.0) -> None:
        """Return once so many requests have come in, each before its reply. Raises `TimeoutError`."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= number, timeout):
                raise TimeoutError(f"{len(self.requests)} of {number} requests after {timeout} s")

    def answer(self, path: str, received: Received) -> Reply:
        """Note the request and choose the reply."""
        with self._changed:
            self.requests.append(received)
            self._changed.notify_all()
            reply = self._refusal(path, received) or self._next(received)
            reply = self._filled(reply, len(self.requests), path)
        if not reply.held_at:
            self.hold(reply)
        return reply

    def _refusal(self, path: str, received: Received) -> Reply | None:
        if path not in {RESPONSES, CHAT}:
            return error(404, None, f"Invalid URL (POST {path})")
        if received.headers.get("authorization") != f"Bearer {self.api_key}":
            given = received.headers.get("authorization", "")[7:]
            return error(401, "invalid_api_key", f"Incorrect API key provided: {given}.")
        faults = chat_faults(received.body) if path == CHAT else request_faults(received.body, self._issued)
        self.faults += faults
        return error(400, None, " ".join(faults)) if faults else None

    def hold(self, reply: Reply) -> None:
        """Held replies come when their event is set, or never once the server closes."""
        waited = 0.0
        while reply.held and not reply.held.wait(0.02) and not self.closing.is_set() and waited < LONGEST_HOLD:
            waited += 0.02

    def _filled(self, reply: Reply, number: int, path: str) -> Reply:
        """The reply with its body: items get the ids that only the server knows."""
        if reply.output is None:
            return reply
        output = [self._issue(item, f"{number}_{place}") for place, item in enumerate(reply.output)]
        body = {
            "id": f"resp_{number}",
            "object": "response",
            "created_at": 1_700_000_000 + number,
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "model": self.requests[-1].body["model"],
            "output": output,
            "usage": USAGE,
            **reply.fields,
        }
        if path == CHAT:
            body = as_completion(body)
        if self.requests[-1].body.get("stream") and not reply.plain and body.get("choices") != [{"message": "what"}]:
            raw = as_chunks(body) if path == CHAT else as_stream(body)
            return replace(reply, raw=raw, content_type="text/event-stream; charset=utf-8")
        return replace(reply, raw=json.dumps(body).encode())

    def _issue(self, item: Json, name: str) -> Json:
        if not isinstance(item, dict):
            return item
        made = {"id": f"item_{name}", **item}
        match item.get("type"):
            case "reasoning" | "compaction" if item.get("encrypted_content") == "":
                made["encrypted_content"] = f"gAAAA-{name}"
                self._issued.add(made["encrypted_content"])
            case "function_call" | "apply_patch_call":
                made.setdefault("call_id", f"call_{name}")
            case "message":
                pass
            case _:
                self._issued.add(made["id"])
        return made


def _in_order(script: Iterable[Reply]) -> Callable[[Received], Reply]:
    replies: Iterator[Reply] = iter(script)
    return lambda _received: next(replies, error(400, "script_exhausted", "The script has no further reply."))


def _goes_on_slowly(file: BufferedIOBase, reply: Reply) -> int:
    """How many bytes have been sent when the reply is no longer held, or when only its end is left."""
    sent, last = reply.held_at, len(reply.raw) - _END
    while reply.held and sent < last and not reply.held.wait(_QUARTER):
        sent += file.write(reply.raw[sent : min(sent + reply.pace, last)])
        file.flush()
    return sent


def _handler_of(provider: ScriptedProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                body = json.loads(content)
            except ValueError:
                body = None
            # Asked as a proxy, it gets the whole address.
            path = urlsplit(self.path).path
            self._send(provider.answer(path, Received(headers, body)))

        def _send(self, reply: Reply) -> None:
            if reply.hangs_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.raw)))
            self.end_headers()
            sent = 0
            try:
                if reply.held_at:
                    self.wfile.write(reply.raw[: reply.held_at])
                    self.wfile.flush()
                    sent = _goes_on_slowly(self.wfile, reply) if reply.pace else reply.held_at
                    provider.hold(reply)
                self.wfile.write(reply.raw[sent : reply.cuts_at])
            except ConnectionError:
                # The client gave up waiting, which is its right.
                self.close_connection = True
            if reply.cuts_at is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name in http.server
            pass

    return Handler
