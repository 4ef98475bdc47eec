"""The OpenAPI 3.1 document, generated from the routes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from api import bounds, problems
from api.resolver import ApiResolver
from codex_swarm import __version__
from codex_swarm.models import ErrorBody, GatewayMessage

GREEDY, FILE_PATH = "/.+", "/{path}"
"""How a route takes a path with slashes, and how it is written here."""

OPEN = (
    "/healthz",
    "/openapi.json",
    "/ui",
    "/ui/new",
    "/ui/usage",
    "/ui/service",
    "/ui/runs/{run_id}",
    "/ui/assets/{name}",
)
"""Routes that need no key."""


MEDIA_TYPES = {
    "get_file": "*/*",
    "get_file_by_query": "*/*",
    "download_artifact": "*/*",
    "stream_events": "text/event-stream",
    "runs_page": "text/html",
    "new_page": "text/html",
    "usage_page": "text/html",
    "service_page": "text/html",
    "run_page": "text/html",
    "asset": "text/javascript",
}
"""What the routes answer that do not answer JSON."""

TEXTS = {"get_diff": ("DiffRead", "text/x-diff"), "get_usage": ("TenantUsage", "text/csv")}
"""Routes that answer JSON of this shape or, when asked, this kind of text."""

SCHEMAS: dict[str, dict[str, Any]] = {
    # Whatever a run wrote: text, JSON, bytes.
    "*/*": {},
    # A stream of events is no text to a generator of clients, and OpenAPI 3.1 has no schema for it.
    "text/event-stream": {"description": "The `data` of each event is one of WatchedEvent, as JSON on one line."},
}

_REDIRECT = {
    "description": "A large file: fetch it from Location, without the API key.",
    "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
}
_ERROR = {"$ref": "#/components/schemas/ErrorBody"}
_GATEWAY = {"$ref": "#/components/schemas/GatewayMessage"}
_RESPONSES = {
    "Refused": {
        "description": "The request was refused; `detail` says why and how to mend it.",
        "content": {"application/json": {"schema": _ERROR}},
    },
    "RefusedOrTurnedAway": {
        "description": "The request was refused, by the service or by the gateway before it was asked.",
        "content": {"application/json": {"schema": {"anyOf": [_ERROR, _GATEWAY]}}},
    },
}
_PROBLEMS = {
    "4XX": "Refused",
    **dict.fromkeys(("401", "403", "413", "429", "431", "5XX"), "RefusedOrTurnedAway"),
}
"""What every operation may answer in place of what was asked for."""

_ENDED = {"description": "The run has ended, and the watcher has seen it all: it need not come again."}
_PATH = {
    "name": "path",
    "in": "path",
    "required": True,
    "description": "The file's path; its slashes stay slashes.",
    "schema": {"type": "string"},
}


@cache
def document(app: ApiResolver) -> str:
    """The document as JSON text, the same for the same routes."""
    # A quarter of what all of the API takes to import, and needed by those who ask for the document.
    from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer  # noqa: PLC0415

    schema: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(
            title="Codex-Swarm",
            version=__version__,
            description="Agent tasks in isolated workspaces: start a run, watch it, read what came out.",
            security_schemes={
                "ApiKey": HTTPBearer(description="Authorization: Bearer <API key, or a token of the operator's issuer>")
            },
            security=[{"ApiKey": []}],
        )
    )
    paths = schema["paths"]
    for greedy in [path for path in paths if path.endswith(GREEDY)]:
        operations = paths[greedy.replace(GREEDY, FILE_PATH)] = paths.pop(greedy)
        operations["get"]["parameters"].append(_PATH)
    names = app.operation_names()
    for path, operations in paths.items():
        for method, operation in operations.items():
            _describe(operation, names[method.upper(), path.replace(FILE_PATH, GREEDY)])
            if path in OPEN:
                operation["security"] = []
    schemas = schema["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(unused, None)
    error = ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
    gateway = GatewayMessage.model_json_schema(ref_template="#/components/schemas/{model}")
    error["properties"]["code"]["examples"] = problems.codes()
    schemas.update(error.pop("$defs"), ErrorBody=error, GatewayMessage=gateway)
    for operation in (each for methods in paths.values() for each in methods.values() if "requestBody" in each):
        # That the body may be left out is all that its default says; its fields have their own.
        operation["requestBody"]["content"]["application/json"]["schema"].pop("default", None)
    bounds.tell(schema)
    schema["components"]["responses"] = _RESPONSES
    schema["servers"] = [{"url": "/"}]
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _json(description: str, schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": reference}}}


def _describe(operation: dict[str, Any], name: str) -> None:
    operation["operationId"] = name
    answers = operation["responses"]
    answers.pop("422", None)
    answers |= {status: {"$ref": f"#/components/responses/{response}"} for status, response in _PROBLEMS.items()}
    if "204" in answers:
        del answers["204"]["content"]
    if name == "stream_events":
        answers["204"] = _ENDED
    if name in ("get_preview", "get_preview_by_query"):
        media = {"text/html": {"schema": {"type": "string"}}, "image/png": {"schema": {"type": "string"}}}
        answers["200"]["content"] = media
    if name == "get_archive":
        answers["307"] = {**_REDIRECT, "content": answers["200"]["content"]}
        answers["202"] = {"description": "It is being made: ask again.", "content": answers.pop("200")["content"]}
    if name == "send_message":
        answers["201"] = _json("The run has ended; this one goes on with what was said.", "RunRead")
        answers["202"] = _json("The message, which the agent of the run reads.", "MessageRead")
    if name in TEXTS:
        schema, media_type = TEXTS[name]
        text = {media_type: {"schema": {"type": "string"}}}
        answers["200"]["content"] = _json("", schema)["content"] | text
    if name == "get_diff":
        answers["307"] = _REDIRECT
    if name == "openapi_json":
        answers["200"]["content"] = {"application/json": {"schema": {"type": "object"}}}
    if name in MEDIA_TYPES:
        _describe_file(answers, MEDIA_TYPES[name])


def _describe_file(answers: dict[str, Any], media_type: str) -> None:
    binary = media_type == "*/*"
    answers["200"]["content"] = {media_type: {"schema": SCHEMAS.get(media_type, {"type": "string"})}}
    if binary:
        answers["307"] = _REDIRECT
        answers["206"] = {"description": "The part that `Range` asked for.", "content": answers["200"]["content"]}
        answers["416"] = _json("`Range` begins behind the end of the file.", "ErrorBody")
