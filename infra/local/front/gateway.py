"""From a request to its response: the route, the authorizer, the function."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from infra.local.front.authorization import Authorization
from infra.local.front.request import Request, proxy_event
from infra.local.front.response import (
    INTERNAL_ERROR,
    NOT_FOUND,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    Response,
    of_function,
)
from infra.local.front.routes import Route
from infra.local.front.throttle import Throttle
from infra.local.front.turns import NoTurn, Turns
from infra.local.lambdas.invocation import RequestTooLarge, Throttled
from infra.local.lambdas.service import LambdaService


class Gateway:
    """The HTTP API. With a `development_key`, a request without a key is taken to carry that one."""

    def __init__(
        self,
        routes: list[Route],
        functions: LambdaService,
        development_key: str | None,
        throttle: Throttle,
        answered: Callable[[int, float], None] = lambda _status, _seconds: None,
    ) -> None:
        """`answered` hears of each request with what status it was answered, and after how many seconds."""
        self._routes = routes
        self._throttle = throttle
        self._functions = functions
        self._development_key = development_key
        self._authorization = Authorization(functions)
        self._turns = Turns()
        self._answered = answered

    def answer(self, request: Request) -> Response:
        """Every request gets a response; nothing that a client or a function does is raised."""
        began = time.monotonic()
        response = self._answer(request)
        self._answered(response.status, time.monotonic() - began)
        return response

    def _answer(self, request: Request) -> Response:
        for route in self._routes:
            parameters = route.match(request.method, request.path)
            if parameters is not None:
                admitted = self._throttle.admits(route.key)
                return self._answer_on(route, request, parameters) if admitted else TOO_MANY_REQUESTS
        return NOT_FOUND

    def _answer_on(self, route: Route, request: Request, parameters: dict[str, str]) -> Response:
        context: Mapping[str, Any] | None = None
        if route.authorizer is not None:
            request = self._with_key(request)
            verdict = self._authorization.decide(route.authorizer, request, route, parameters)
            if isinstance(verdict, Response):
                return verdict
            context = verdict
        asked = proxy_event(request, route.key, parameters, context)
        event, trace = json.dumps(asked).encode(), asked["headers"]["x-amzn-trace-id"]
        deadline = time.monotonic() + route.timeout
        caller = str((context or {}).get("tenant_id", ""))
        try:
            with nullcontext() if route.waits else self._turns.of(caller, route.timeout):
                function, left = self._functions.by_arn(route.function_arn), deadline - time.monotonic()
                result = function.begin(event, timeout=left, trace=trace).wait(deadline - time.monotonic())
        except NoTurn:
            return TOO_MANY_REQUESTS
        except Throttled:
            return UNAVAILABLE
        except RequestTooLarge:
            return TOO_LARGE
        if result is None:
            # The function goes on, and nobody waits for it any longer.
            return UNAVAILABLE
        return INTERNAL_ERROR if result.error is not None else of_function(result.payload)

    def _with_key(self, request: Request) -> Request:
        if self._development_key is None or "authorization" in request.headers:
            return request
        return replace(request, headers={**request.headers, "authorization": f"Bearer {self._development_key}"})
