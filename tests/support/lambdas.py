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

    def __init__(self, message: str, error_type: str = "Failed") -> None:
        super().__init__(message)
        self.error_type = error_type


class Refused(Exception):
    """Lambda answers in the function's place, with this code."""


@contextmanager
def answering(functions: Mapping[str, Function], tenants: list[str] | None = None) -> Iterator[list[tuple[str, str]]]:
    """Calls of this process reach `functions` by name; the list grows by (name, invocation type).

    `tenants` grows by the tenant of each call, empty where it has none.
    """
    calls: list[tuple[str, str]] = []

    def invoke(params: Any, **_: Any) -> Any:
        name = params["url_path"].split("/")[-2]
        kind = params["headers"].get("X-Amz-Invocation-Type", "RequestResponse")
        calls.append((name, kind))
        if tenants is not None:
            tenants.append(params["headers"].get("X-Amz-Tenant-Id", ""))
        headers, answer = {}, b""
        try:
            answer = json.dumps(functions[name](json.loads(params["body"]))).encode()
        except Failed as error:
            headers = {"FunctionError": "Unhandled"}
            answer = json.dumps({"errorType": error.error_type, "errorMessage": str(error)}).encode()
        except Refused as error:
            refusal = {"Error": {"Code": str(error), "Message": "Rate Exceeded."}, "ResponseMetadata": {}}
            return SimpleNamespace(status_code=429, headers={}), refusal
        status = 202 if kind == "Event" else 200
        payload = StreamingBody(io.BytesIO(answer), len(answer))
        return SimpleNamespace(status_code=status, headers={}), {
            "StatusCode": status,
            "Payload": payload,
            "ResponseMetadata": {"HTTPStatusCode": status},
            **headers,
        }

    made = [each().meta.events for each in (clients.functions, clients.functions_that_take_long)]
    for events in made:
        events.register("before-call.lambda.Invoke", invoke, unique_id="functions")
    try:
        yield calls
    finally:
        for events in made:
            events.unregister("before-call.lambda.Invoke", unique_id="functions")
