"""The resolver: Powertools' one for HTTP APIs, here with any id in a path, and only parameters that it knows."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic_core import PydanticSerializationError, to_json

from api import access
from swarm.errors import UnknownParameter
from swarm.sizes import json_text

PAGES = "console"
"""The tag of routes that answer pages for people."""


class Router(APIGatewayHttpRouter):
    """The routes of one resource."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]


class HttpEvent(APIGatewayProxyEventV2):
    """A request, with its query as it was sent."""

    @property
    def resolved_query_string_parameters(self) -> dict[str, list[str]]:
        """Every value of every parameter. The gateway joins them with commas, which a value may have too."""
        return parse_qs(self.raw_query_string, keep_blank_values=True)


def written(value: Any) -> str:
    """The value as `json_text` writes it, in a third of the time."""
    try:
        text = to_json(value).decode()
    except (PydanticSerializationError, UnicodeError):
        # Half of a surrogate pair, which goes on as an escape.
        return json_text(value)
    # It writes as they are the numbers that no JSON has.
    return json_text(value) if "NaN" in text or "Infinity" in text else text


class ApiResolver(APIGatewayHttpResolver):
    """Resolves payload 2.0 events. A parameter of a path is whatever stands between two slashes."""

    def __init__(self) -> None:
        super().__init__(enable_validation=True, serializer=written)

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "^{}$") -> re.Pattern[str]:
        # Powertools' own takes some characters only; which an id may have is for `swarm.ids` to say, and in words.
        return re.compile(base_regex.format(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", rule)), re.DOTALL)

    def _call_route(self, route: Route, route_arguments: dict[str, str]) -> ResponseBuilder[HttpEvent]:
        access.require(self.current_event.raw_event, route, route_arguments)
        if PAGES in (route.tags or []):
            # What a page is given is for its own script to read.
            return super()._call_route(route, route_arguments)
        known = [field.alias for field in route.dependant.query_params]
        for name in self.current_event.resolved_query_string_parameters:
            if name not in known:
                raise UnknownParameter(name, known)
        return super()._call_route(route, route_arguments)

    def _to_proxy_event(self, event: dict[str, Any]) -> HttpEvent:
        return HttpEvent(event, self._json_body_deserializer)

    def methods_of(self, path: str) -> list[str]:
        """The methods that some route answers on this path; none when there is no such path."""
        routes = [*self._static_routes, *self._dynamic_routes]
        found = {route.method for route in routes if route.rule.match(path)}
        return sorted(found | {"HEAD"} if "GET" in found else found)

    def operation_names(self) -> dict[tuple[str, str], str]:
        """The function behind each method and path, the path as OpenAPI writes it."""
        routes = [*self._static_routes, *self._dynamic_routes]
        return {(route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)): route.func.__name__ for route in routes}
