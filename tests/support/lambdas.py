"""Lambda, for functions that call functions: what is invoked is handed to whoever the test put in its place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.response import StreamingBody

from swarm.aws import clients

Function = Callable[[Any], Any]


class Failed(Exception):
    """The function answers with this error."""


@contextmanager
def answering(functions: Mapping[str, Function]) -> Iterator[list[tuple[str, str]]]:
    """Calls of this process reach `functions` by name; the list grows by (name, invocation type)."""
    calls: list[tuple[str, str]] = []

    def invoke(params: Any, **_: Any) -> Any:
        name = params["url_path"].split("/")[-2]
        kind = params["headers"].get("X-Amz-Invocation-Type", "RequestResponse")
        calls.append((name, kind))
        headers, answer = {}, b""
        try:
            answer = json.dumps(functions[name](json.loads(params["body"]))).encode()
        except Failed as error:
            headers = {"FunctionError": "Unhandled"}
            answer = json.dumps({"errorType": "Failed", "errorMessage": str(error)}).encode()
        status = 202 if kind == "Event" else 200
        payload = StreamingBody(io.BytesIO(answer), len(answer))
        return SimpleNamespace(status_code=status, headers={}), {
            "StatusCode": status,
            "Payload": payload,
            "ResponseMetadata": {"HTTPStatusCode": status},
            **headers,
        }

    events = clients.functions().meta.events
    events.register("before-call.lambda.Invoke", invoke, unique_id="functions")
    try:
        yield calls
    finally:
        events.unregister("before-call.lambda.Invoke", unique_id="functions")
