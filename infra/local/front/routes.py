"""The routes and authorizers of an HTTP API, out of the OpenAPI document that SAM makes of the template."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FUNCTION_ARN = re.compile(r"/functions/(arn:[^/]+)/invocations")
ANY = "x-amazon-apigateway-any-method"


class UnsupportedApi(Exception):
    """The API has something that the laptop cloud's front does not do."""


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer with simple responses. `sources` are expressions such as `$request.header.Authorization`."""

    name: str
    function_arn: str
    sources: tuple[str, ...]
    cache_seconds: int


@dataclass(frozen=True)
class Route:
    """One route; `key` is what events call it, such as `GET /healthz`."""

    method: str
    path: str
    function_arn: str
    authorizer: Authorizer | None
    timeout: float

    @property
    def key(self) -> str:
        """As in `routeKey`."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"

    @property
    def waits(self) -> bool:
        """Whether an answer may take its time, and takes no processor meanwhile."""
        return self.path.endswith("/stream")

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path's parameters when the route takes the request, else None."""
        if self.method not in ("ANY", method):
            return None
        if self.path == "$default":
            return {}
        found = _pattern(self.path).fullmatch(path)
        return None if found is None else dict(zip(_parameters(self.path), found.groups(), strict=True))

    @property
    def specificity(self) -> tuple[bool, bool, int, bool, int]:
        """Routes sort by it, the one to try first at the front: whole paths, then parameters, then greedy ones."""
        greedy = "+}" in self.path
        return (self.path == "$default", greedy, self.path.count("{"), self.method == "ANY", -len(self.path))


def read(document: Mapping[str, Any]) -> list[Route]:
    """The routes, in the order in which API Gateway prefers them. Raises UnsupportedApi."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    authorizers = {name: _authorizer(name, scheme) for name, scheme in schemes.items()}
    routes = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            integration = operation["x-amazon-apigateway-integration"]
            required = [name for each in operation.get("security", []) for name in each if name != "NONE"]
            routes.append(
                Route(
                    method="ANY" if method == ANY else method.upper(),
                    path=path,
                    function_arn=_function_arn(integration["uri"]),
                    authorizer=authorizers[required[0]] if required else None,
                    timeout=min(30.0, float(integration.get("timeoutInMillis", 30_000)) / 1000),
                )
            )
    return sorted(routes, key=lambda route: route.specificity)


def _authorizer(name: str, scheme: Mapping[str, Any]) -> Authorizer:
    settings = scheme.get("x-amazon-apigateway-authorizer", {})
    simple = str(settings.get("enableSimpleResponses", "")).lower() == "true"
    if settings.get("type") != "request" or str(settings.get("authorizerPayloadFormatVersion")) != "2.0" or not simple:
        raise UnsupportedApi(f"authorizer {name}: only Lambda authorizers, payload 2.0, simple responses run here")
    # SAM makes a list of it, hand-written OpenAPI a text.
    listed = settings.get("identitySource", [])
    listed = listed.split(",") if isinstance(listed, str) else listed
    sources = tuple(source.strip() for source in listed if source.strip())
    return Authorizer(
        name=name,
        function_arn=_function_arn(settings["authorizerUri"]),
        sources=sources,
        cache_seconds=int(settings.get("authorizerResultTtlInSeconds", 300)) if sources else 0,
    )


def _function_arn(uri: str) -> str:
    found = FUNCTION_ARN.search(uri)
    if found is None:
        raise UnsupportedApi(f"integration {uri}: only Lambda functions run here")
    return found[1]


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", path)
    expressions = ("(.+)" if p.endswith("+}") else "([^/]+)" if p.startswith("{") else re.escape(p) for p in parts)
    return re.compile("".join(expressions), re.DOTALL)


@functools.cache
def _parameters(path: str) -> tuple[str, ...]:
    return tuple(name.removesuffix("+") for name in re.findall(r"\{([^}]+)\}", path))
