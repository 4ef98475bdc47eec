"""Replies of a scripted provider, a function for each kind: `[calls(call("list_files", prefix=None)), says("hi")]`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

Json = Any


@dataclass(frozen=True)
class Reply:
    """What the server does with one request. Ids and encrypted reasoning are made up when it is sent.

    `output` are items of a response; without it `raw` is sent as it is. Whoever asks for a stream gets one, unless the
    reply is `plain`. `held` is waited for first, or in the middle, once `held_at` bytes have been sent;
    then `pace` bytes come every quarter of a second all the same, as from a model that is thinking of the next words.
    """

    output: tuple[Json, ...] | None = None
    fields: dict[str, Json] = field(default_factory=dict)
    status: int = 200
    raw: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    held: Event | None = None
    held_at: int = 0
    pace: int = 0
    plain: bool = False
    hangs_up: bool = False
    cuts_at: int | None = None


def says(text: str) -> Reply:
    """A final text without any call."""
    return Reply((_message({"type": "output_text", "text": text, "annotations": [], "logprobs": []}),))


def call(name: str, /, **arguments: Json) -> Json:
    """One tool call, for `calls`."""
    return raw_call(name, json.dumps(arguments))


def raw_call(name: str, arguments: str) -> Json:
    """A tool call whose arguments are this text, which may be malformed."""
    return {"type": "function_call", "name": name, "arguments": arguments, "status": "completed"}


def calls(*asked: Json, text: str = "", reasons: bool = True) -> Reply:
    """Tool calls of one turn, in order, after some encrypted reasoning and perhaps a text."""
    reasoning: tuple[Json, ...] = (
        ({"type": "reasoning", "summary": [], "content": None, "encrypted_content": ""},) if reasons else ()
    )
    said = says(text).output or () if text else ()
    return Reply((*reasoning, *said, *asked))


def compacts(reply: Reply) -> Reply:
    """The provider has shortened the conversation before it answered."""
    return replace(reply, output=({"type": "compaction", "encrypted_content": ""}, *(reply.output or ())))


def searches(*queries: str, status: str = "completed") -> Json:
    """The provider has searched the web before its model answered."""
    action = {"type": "search", "query": queries[0], "queries": list(queries)}
    return {"type": "web_search_call", "status": status, "action": action}


def asks_server(label: str, name: str, output: str | None, error: Json = None, **arguments: Json) -> Json:
    """The provider has called a tool of a remote MCP server."""
    call = {"type": "mcp_call", "server_label": label, "name": name, "arguments": json.dumps(arguments)}
    return {**call, "output": output, "error": error, "approval_request_id": None, "status": "completed"}


def cites(text: str, *pages: tuple[str, str]) -> Json:
    """Words of the model's, each page cited behind them as `(url)`."""
    annotations = []
    for url, title in pages:
        start = len(text)
        text += f"({url})"
        annotations.append(
            {"type": "url_citation", "url": url, "title": title, "start_index": start, "end_index": len(text)}
        )
    return _message({"type": "output_text", "text": text, "annotations": annotations, "logprobs": []})


def patches(kind: str, path: str, diff: str = "") -> Json:
    """A call of the provider's own type for patches: `create_file`, `update_file` or `delete_file`."""
    operation = {"type": kind, "path": path, **({"diff": diff} if kind != "delete_file" else {})}
    return {"type": "apply_patch_call", "status": "completed", "operation": operation}


def finishes(summary: str) -> Reply:
    """The call by which the model says it is done."""
    return calls(call("finish", summary=summary))


def refuses(text: str) -> Reply:
    """The model declines."""
    return Reply((_message({"type": "refusal", "refusal": text}),))


def incomplete(reason: str) -> Reply:
    """The model stops in the middle: `max_output_tokens` or `content_filter`."""
    return replace(says("So far"), fields={"status": "incomplete", "incomplete_details": {"reason": reason}})


def failed(code: str, message: str) -> Reply:
    """A response of status `failed`, with HTTP status 200."""
    return Reply((), {"status": "failed", "error": {"code": code, "message": message}})


def error(status: int, code: str | None = None, message: str = "", kind: str = "", **headers: str) -> Reply:
    """An HTTP error with the API's body. Headers as keywords: `retry_after="1"`."""
    body = {"error": {"message": message, "type": kind or "invalid_request_error", "param": None, "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, raw=json.dumps(body).encode(), headers=named)


def rate_limited(**headers: str) -> Reply:
    """429, as for too many requests."""
    return error(429, "rate_limit_exceeded", "Rate limit reached", "requests", **headers)


def not_json(text: str = "<html>Bad gateway</html>", content_type: str = "text/html") -> Reply:
    """200, but no response of the API."""
    return Reply(raw=text.encode(), content_type=content_type)


def outputs(*items: Json, **fields: Json) -> Reply:
    """A response with exactly these items and other fields."""
    return Reply(items, fields)


def hangs_up() -> Reply:
    """The connection is closed without a word."""
    return Reply(hangs_up=True)


def cut(reply: Reply, at: int = 20) -> Reply:
    """The connection is closed after so many bytes of the body."""
    return replace(reply, cuts_at=at)


def held(reply: Reply, until: Event) -> Reply:
    """The reply is sent only once the event is set."""
    return replace(reply, held=until)


def held_in_the_middle(reply: Reply, until: Event, at: int) -> Reply:
    """So many bytes of the reply are sent at once, the rest only once the event is set."""
    return replace(reply, held=until, held_at=at)


def plain(reply: Reply) -> Reply:
    """The server does not know of streams, and gives the whole response."""
    return replace(reply, plain=True)


def _message(part: Json) -> Json:
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
