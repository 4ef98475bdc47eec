"""The model behind the OpenAI Responses API, or a server that speaks it. The only module that imports `openai`.

Nothing is stored at the provider (`store: false`): every request carries the whole conversation, with the model's
reasoning encrypted in it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import httpx2
import openai
from pydantic import JsonValue

from swarm.agent.model import ModelRequest, ModelTurn, ToolSpec
from swarm.agent.openai.failures import ProviderError, failure_of, unavailable
from swarm.agent.openai.items import input_items, reasonings_in, turn_of
from swarm.agent.openai.streaming import StreamedAnswer
from swarm.errors import ModelFailure
from swarm.runs.error_types import ErrorType

OPENAI = "https://api.openai.com/v1"

MAX_ATTEMPTS = 8
MAX_NO_ANSWERS = 3
"""So many answers that are none, and the provider is not what it should be; waiting does not mend that."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
LEAST_SECONDS = 1.0
"""An attempt with less time than this is not begun."""
CONNECT_SECONDS = 10.0
LARGEST_BODY = 32 * 1024 * 1024
LARGEST_STREAM = 4 * LARGEST_BODY
"""A stream has everything several times, and a good deal around each piece of it. One event is as large as a body."""

_REASONING = "reasoning.encrypted_content"


class OpenAIModel:
    """One model of one provider. Retries what may pass, within the seconds of the request."""

    offline = False

    def __init__(
        self,
        api_key: str,
        model: str,
        base_url: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = model
        self._key = api_key
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._carries_reasoning = True
        self._streams = True
        self._unreadable: frozenset[str] = frozenset()
        # The SDK's own retries know no deadline, so each attempt is one request and the retries are ours.
        self._client = openai.OpenAI(api_key=api_key, base_url=base_url or OPENAI, max_retries=0)

    def respond(self, request: ModelRequest) -> ModelTurn:
        """The next turn. Raises `ModelFailure`; a retryable one has been retried while the time allowed it."""
        deadline = self._clock() + request.seconds
        attempt = no_answers = 0
        while True:
            attempt += 1
            request.before_attempt()
            try:
                return self._attempt(request, deadline)
            except ModelFailure as failure:
                no_answers += failure.error_type == ErrorType.PROVIDER_ANSWER
                if no_answers == MAX_NO_ANSWERS:
                    raise replace(failure, retryable=False) from None
                pause = self._pause(attempt, failure.retry_after)
                late = self._clock() + pause + LEAST_SECONDS > deadline
                if not failure.retryable or attempt >= MAX_ATTEMPTS or late:
                    raise
            self._sleep(pause)

    def _pause(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait: what the provider asks for and a little more, else exponential; both with jitter."""
        if retry_after is not None:
            return retry_after + self._jitter() * FIRST_PAUSE
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 1))
        return longest * (0.5 + self._jitter() / 2)

    def _attempt(self, request: ModelRequest, deadline: float) -> ModelTurn:
        try:
            return turn_of(self._post(request, deadline))
        except openai.APIStatusError as error:
            status_error = _status_error(error, self._key)
            if status_error.param == "include" and self._carries_reasoning:
                # A model that does not reason refuses to be asked for its reasoning.
                self._carries_reasoning = False
                return self._attempt(request, deadline)
            if self._streams and _is_about_streaming(status_error):
                # This server cannot; it is asked the plain way from now on.
                self._streams = False
                return self._attempt(request, deadline)
            reasonings = reasonings_in(request.items) - self._unreadable
            if status_error.code == "invalid_encrypted_content" and reasonings:
                # Another key or model wrote them, or the provider's key has changed; they are only thoughts.
                self._unreadable |= reasonings
                return self._attempt(request, deadline)
            failure = failure_of(status_error)
        except openai.APITimeoutError:
            failure = unavailable("the provider did not answer in time")
        except (openai.APIConnectionError, httpx2.HTTPError):
            failure = unavailable("the connection to the provider failed")
        # Raised out here so that it has no context: the SDK's error quotes the whole body, and that may quote the key.
        raise failure

    def _post(self, request: ModelRequest, deadline: float) -> bytes:
        """The body of one response, read chunk by chunk so that the deadline and the size bound all of it.

        It is asked for as a stream. A server that answers with the whole response all the same is understood.
        """
        seconds = max(LEAST_SECONDS, deadline - self._clock())
        timeout = httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        body, answer, size = bytearray(), StreamedAnswer(), 0
        create = self._client.responses.with_streaming_response.create
        with create(**self._parameters(request), timeout=timeout) as response:
            streamed = response.headers.get("content-type", "").startswith("text/event-stream")
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > (LARGEST_STREAM if streamed else LARGEST_BODY) or answer.pending > LARGEST_BODY:
                    raise unavailable("the provider's answer is too large")
                if self._clock() > deadline:
                    raise unavailable("the provider did not answer in time")
                if not streamed:
                    body += chunk
                elif answer.take(chunk):
                    request.wrote(answer.draft)
                if answer.whole:
                    break
        return answer.body() if streamed else bytes(body)

    def _parameters(self, request: ModelRequest) -> dict[str, Any]:
        return {
            "model": self.name,
            "instructions": request.instructions,
            "input": input_items(request.items, self._unreadable),
            "tools": [_function(tool) for tool in request.tools],
            "parallel_tool_calls": True,
            "store": False,
            "stream": True if self._streams else openai.omit,
            "include": [_REASONING] if self._carries_reasoning else openai.omit,
            "prompt_cache_key": request.conversation_id,
            "truncation": "disabled",
        }


def _function(tool: ToolSpec) -> Mapping[str, JsonValue]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "strict": tool.strict,
    }


def _is_about_streaming(error: ProviderError) -> bool:
    """Whether a server refuses to stream, rather than the request."""
    return error.status in {400, 422, 501} and (error.param == "stream" or "stream" in error.message.lower())


def _status_error(error: openai.APIStatusError, key: str) -> ProviderError:
    """What the provider says of an error; of its body only the fields that are known."""
    # Some servers have a text where the API has an object.
    body = error.body if isinstance(error.body, dict) else {"message": error.body}
    message = body.get("message")
    return ProviderError(
        status=error.status_code,
        code=str(error.code or ""),
        kind=str(error.type or ""),
        param=str(error.param or ""),
        message=message.replace(key, "[key]") if isinstance(message, str) else "",
        retry_after=retry_after(error.response.headers),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait before the next try, as `Retry-After` (RFC 9110) or `retry-after-ms` says; None without."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        if isfinite(seconds):
            return max(0.0, seconds)
    try:
        # A date, taken against the server's own clock.
        wait = parsedate_to_datetime(headers["retry-after"]) - parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())
