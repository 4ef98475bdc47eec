"""Asks an API's authorizer, and remembers for as long as the template says what it answered."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.front.request import Request, authorizer_event
from infra.local.front.response import FORBIDDEN, INTERNAL_ERROR, UNAUTHORIZED, Response
from infra.local.front.routes import Authorizer, Route
from infra.local.lambdas.invocation import Throttled
from infra.local.lambdas.service import LambdaService

SOURCE = re.compile(r"\$request\.(header|querystring)\.(.+)", re.IGNORECASE)
# API Gateway waits no longer for an authorizer.
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class _Verdict:
    allowed: bool
    context: Mapping[str, Any]
    until: float


class Authorization:
    """Lets requests in or not; verdicts are cached by authorizer and identity."""

    def __init__(self, functions: LambdaService) -> None:
        self._functions = functions
        self._lock = threading.Lock()
        self._verdicts: dict[tuple[str, ...], _Verdict] = {}

    def decide(
        self, authorizer: Authorizer, request: Request, route: Route, parameters: Mapping[str, str]
    ) -> Mapping[str, Any] | Response:
        """The authorizer's context for the function, or the response that refuses the request."""
        identity = [value for source in authorizer.sources if (value := _value(source, request))]
        if len(identity) < len(authorizer.sources):
            return UNAUTHORIZED
        key = (authorizer.name, *identity)
        now = time.monotonic()
        with self._lock:
            verdict = self._verdicts.get(key)
        if verdict is None or verdict.until <= now:
            answer = self._ask(authorizer, authorizer_event(request, route.key, parameters, identity))
            if answer is None:
                return INTERNAL_ERROR
            verdict = _Verdict(
                bool(answer["isAuthorized"]), answer.get("context") or {}, now + authorizer.cache_seconds
            )
            with self._lock:
                self._verdicts = {k: v for k, v in self._verdicts.items() if v.until > now} | {key: verdict}
        return verdict.context if verdict.allowed else FORBIDDEN

    def _ask(self, authorizer: Authorizer, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The function's answer, or None when it gave none that can be used."""
        function = self._functions.by_arn(authorizer.function_arn)
        try:
            result = function.begin(json.dumps(event).encode(), timeout=TIMEOUT_SECONDS).wait(TIMEOUT_SECONDS)
        except Throttled:
            return None
        if result is None or result.error is not None:
            return None
        answer = json.loads(result.payload)
        return answer if isinstance(answer, dict) and isinstance(answer.get("isAuthorized"), bool) else None


def _value(source: str, request: Request) -> str | None:
    found = SOURCE.fullmatch(source)
    if found is None:
        return None
    if found[1].lower() == "header":
        return request.headers.get(found[2].lower())
    return request.parameters.get(found[2])
