"""A model behind the OpenAI Responses API, or a server that speaks it or chat completions.

The only module that imports `openai`. What goes over the wire is for `responses` and `chat` to say; how long it is
tried, and what of a failure may pass, is said here.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any
from urllib.parse import quote

import httpx2
import openai

from codex_swarm.models import DeltaEvent
from swarm.agent.model import ModelRequest, ModelTurn
from swarm.agent.openai.api import Asking, Offer
from swarm.agent.openai.chat import CHAT_COMPLETIONS
from swarm.agent.openai.failures import ProviderError, failure_of, unavailable
from swarm.agent.openai.responses import CONTEXT_MANAGEMENT, RESPONSES, encrypted_in
from swarm.errors import ModelFailure
from swarm.metrics import PROVIDER_CALLS, PROVIDER_ERRORS, record
from swarm.runs.conversation import HOSTED, Item, is_compaction
from swarm.runs.error_types import ErrorType
from swarm.settings import trace_root

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

ASKED_AS = "X-Client-Request-Id"
"""By which a provider can find a request in its own logs: the run, and the trace that our logs have."""
MAX_ASKED_AS = 512

_APIS = {"responses": RESPONSES, "chat_completions": CHAT_COMPLETIONS}
_DOES_NOT_KNOW = re.compile(
    r"\b(?:un(?:known|supported|recognized|expected)|extra|not (?:supported|permitted|allowed))\b"
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked, and how: its provider's name for it, the protocol, and how much it is to reason.

    From `compact_at` tokens on the provider is to shorten a conversation itself; None leaves that to us. `hosted` are
    tools that it runs; with `patches` it has a type of its own for the tool `apply_patch`.
    """

    api_key: str = field(repr=False)
    model: str
    base_url: str | None = None
    api: str = "responses"
    effort: str | None = None
    compact_at: int | None = None
    patches: bool = False
    hosted: tuple[Offer, ...] = ()

    @property
    def secrets(self) -> list[str]:
        """What no answer, no error and no draft may have in it."""
        return [self.api_key, *(offer.token for offer in self.hosted if offer.token)]


class OpenAIModel:
    """One model of one provider. Retries what may pass, within the seconds of the request."""

    offline = False

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.effort = endpoint.effort
        self._endpoint = endpoint
        self._api = _APIS[endpoint.api]
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._left_out: frozenset[str] = frozenset()
        self._unreadable: frozenset[str] = frozenset()
        # The SDK's own retries know no deadline, so each attempt is one request and the retries are ours.
        client = openai.OpenAI(api_key=endpoint.api_key, base_url=endpoint.base_url or OPENAI, max_retries=0)
        self._create: Callable[..., Any] = (
            client.responses.with_streaming_response.create
            if self._api is RESPONSES
            else client.chat.completions.with_streaming_response.create
        )

    @property
    def compacts(self) -> bool:
        """Whether the provider shortens a conversation, and has not refused to be asked for it."""
        return self._endpoint.compact_at is not None and CONTEXT_MANAGEMENT not in self._left_out

    def respond(self, request: ModelRequest) -> ModelTurn:
        """The next turn. Raises `ModelFailure`; a retryable one has been retried while the time allowed it."""
        deadline = self._clock() + request.seconds
        attempt = no_answers = 0
        while True:
            attempt += 1
            request.before_attempt()
            record({PROVIDER_CALLS: 1})
            try:
                return self._attempt(request, deadline)
            except ModelFailure as failure:
                record({PROVIDER_ERRORS: 1}, error_type=failure.error_type)
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
            return self._api.turn_of(self._post(request, deadline))
        except openai.APIStatusError as error:
            status_error = _status_error(error, self._endpoint.secrets)
            if refused := _refused_parameter(status_error, self._api.optional - self._left_out):
                self._left_out |= refused
                return self._attempt(request, deadline)
            if unreadable := _unreadable(status_error, request.items) - self._unreadable:
                self._unreadable |= unreadable
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
        body, answer, size = bytearray(), self._api.answer(), 0
        traced = {ASKED_AS: f"{quote(request.conversation_id)}.{trace_root() or 'untraced'}"[:MAX_ASKED_AS]}
        with self._create(**self._parameters(request), timeout=timeout, extra_headers=traced) as response:
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
                    request.wrote(lambda: self._shown(answer.draft()))
                if answer.whole:
                    break
        whole = answer.body() if streamed else bytes(body)
        # A server that is sent a token may say it again.
        tokens = self._endpoint.secrets[1:]
        return _without(tokens, whole.decode(errors="replace")).encode() if tokens else whole

    def _shown(self, draft: DeltaEvent) -> DeltaEvent:
        tokens = self._endpoint.secrets[1:]
        hidden = {name: _without(tokens, text) for name in ("text", "content") if (text := getattr(draft, name))}
        return draft.model_copy(update=hidden) if tokens else draft

    def _parameters(self, request: ModelRequest) -> dict[str, Any]:
        to = self._endpoint
        asking = Asking(to.model, self.effort, request, self._unreadable, to.compact_at, to.patches, to.hosted)
        said = self._api.parameters(asking)
        return {name: value for name, value in said.items() if name not in self._left_out}


def _refused_parameter(error: ProviderError, optional: Collection[str]) -> frozenset[str]:
    """Those of the optional parameters that a server refuses, rather than the request."""
    if error.status not in {400, 422, 501}:
        return frozenset()
    text = error.message.lower()
    if error.param in optional:
        named = {error.param}
    elif _DOES_NOT_KNOW.search(text):
        named = {name for name in optional if re.search(rf"\b{name}\b", text)}
    else:
        named = set()
    if "stream" in optional and (error.param == "stream" or ("stream" in text and not named)):
        named.add("stream")
    # Options of a stream are refused where there is none.
    return frozenset(named | ({"stream_options"} & set(optional) if "stream" in named else set()))


def _unreadable(error: ProviderError, items: Sequence[Item]) -> frozenset[str]:
    """What the provider cannot read of what the items carry encrypted: then it is asked once more without it."""
    if error.code == "invalid_encrypted_content":
        # Another key or model wrote it, or the provider's key has changed. Reasoning is only thoughts, and beside a
        # compaction stands what it replaced.
        return encrypted_in(items)
    if error.status in {400, 422} and "compaction" in error.message.lower():
        # A server that does not know such an item.
        return encrypted_in([item for item in items if is_compaction(item)])
    hosted = [item for item in items if item.get("type") in HOSTED and item.get("id")]
    named = any(str(item[key]) in error.message for item in hosted for key in ("id", "type"))
    if error.status in {400, 404, 422} and named:
        # As a server does that looks for ids among what it has stored, or one that never ran such a tool.
        return frozenset(str(item["id"]) for item in hosted)
    return frozenset()


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "[key]")
    return text


def _status_error(error: openai.APIStatusError, secrets: Sequence[str]) -> ProviderError:
    """What the provider says of an error; of its body only the fields that are known."""
    # Some servers have a text where the API has an object.
    body = error.body if isinstance(error.body, dict) else {"message": error.body}
    message = body.get("message")
    if message is None and body.get("detail"):
        # As frameworks word it that check requests before a server's own code.
        message = json.dumps(body["detail"], ensure_ascii=False)
    return ProviderError(
        status=error.status_code,
        code=str(error.code or ""),
        kind=str(error.type or ""),
        param=str(error.param or ""),
        message=_without(secrets, message) if isinstance(message, str) else "",
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
