"""Calls of other functions that wait for the answer, and what can become of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from swarm.aws.clients import BotoCoreError, ClientError, error_code

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import InvocationRequestTypeDef

TIMED_OUT, OUT_OF_MEMORY = "Sandbox.Timedout", "Runtime.OutOfMemory"
"""What Lambda says when it ended a function."""

# The second is said of a function that idled for weeks: it is made ready, and the call may be tried again.
_UNBEGUN = {"TooManyRequestsException", "ResourceNotReadyException"}
_WORDS_OF_TIMEOUT = "Task timed out after"


class CallFailed(Exception):
    """A function did not answer, or answered with an error: `error_type` is Lambda's or botocore's name for it."""

    def __init__(self, error_type: str, message: str = "") -> None:
        super().__init__(f"{error_type}: {message[:300]}")
        self.error_type = error_type


class CallThrottled(CallFailed):
    """The call did not begin: too many run at a time, or there are too many environments of tenants."""


def ask(client: LambdaClient, function: str, event: Mapping[str, object], tenant_id: str | None = None) -> bytes:
    """What the function answers to the event, as JSON. Raises `CallFailed`.

    A function with a tenant isolation mode needs a `tenant_id`, and no other function takes one.
    """
    call: InvocationRequestTypeDef = {"FunctionName": function, "Payload": json.dumps(event).encode()}
    if tenant_id:
        call["TenantId"] = tenant_id
    try:
        answer = client.invoke(**call)
        payload = answer["Payload"].read()
    except ClientError as error:
        code = error_code(error)
        raise (CallThrottled if code in _UNBEGUN else CallFailed)(code, str(error)) from error
    except BotoCoreError as error:
        raise CallFailed(type(error).__name__) from error
    if answer.get("FunctionError"):
        raise _failure(payload)
    return payload


def _failure(payload: bytes) -> CallFailed:
    try:
        failure = json.loads(payload)
        error_type, message = str(failure.get("errorType", "")), str(failure.get("errorMessage", ""))
    except (ValueError, AttributeError):
        error_type, message = "", payload[:300].decode(errors="replace")
    if _WORDS_OF_TIMEOUT in message:
        error_type = TIMED_OUT
    return CallFailed(error_type or "Unknown", message)
