"""DynamoDB's calls for items, most of all calls that there are: answered by moto's handler, with nothing around it.

What comes out is what moto's server answers, byte for byte but for the request's id; a test compares the two.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import EnvironHeaders, determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import JSONSerializer
from moto.core.utils import get_service_model
from moto.dynamodb import responses
from moto.dynamodb.responses import DynamoHandler
from moto.iam.models import mark_account_as_visited
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.utilities.utils import get_partition
from werkzeug.http import HTTP_STATUS_CODES

from infra.local.moto_patches.answers import in_json
from infra.local.moto_patches.wrapping import Wrapper, wrap
from infra.local.wsgi import BODY, Environ

TARGET = "DynamoDB_20120810."
OPERATIONS = ("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


class _Call(threading.local):
    """Which of the operations this thread is at."""

    operation = ""


CALL = _Call()


def answer_without_flask() -> None:
    """Around its handler moto's server makes a request, a route, a context and a response for each call."""
    wrap(DomainDispatcherApplication, "__call__", _answer)
    wrap(responses, "dynamo_to_dict", _as_it_is)


def _answer(
    original: Wrapper, application: Any, environ: Environ, start_response: Callable[..., Any]
) -> Iterable[bytes]:
    target, operation = environ.get("HTTP_X_AMZ_TARGET", ""), ""
    if target.startswith(TARGET):
        operation = target[len(TARGET) :]
    if operation not in OPERATIONS or BODY not in environ or "HTTP_CONTENT_ENCODING" in environ:
        answered: Iterable[bytes] = original(application, environ, start_response)
        return answered
    CALL.operation = operation
    try:
        status, headers, text = _Items(environ, operation).call_action()
    finally:
        CALL.operation = ""
    body = text.encode() if isinstance(text, str) else text
    sent = [(name, str(value)) for name, value in headers.items()]
    start_response(f"{status} {HTTP_STATUS_CODES[int(status)].upper()}", [*sent, ("Content-Length", str(len(body)))])
    return [body]


def _as_it_is(original: Wrapper, result: Any) -> Any:
    # What writes the answer takes DynamoDB's own values.
    return result if CALL.operation else original(result)


class _Items(DynamoHandler):
    """moto's handler for one call, with that of a request which the calls for items ask for."""

    def __init__(self, environ: Environ, operation: str) -> None:
        super().__init__()
        self.headers: Any = EnvironHeaders(environ)
        self.response_headers = {"server": "amazon.com"}
        self.querystring: dict[str, Any] = {}
        self.region = self.get_region_from_url(self, "")
        self.partition = get_partition(self.region)
        self.access_key = self.get_access_key()
        self.current_account = self.get_current_account()
        mark_account_as_visited(self.current_account, self.access_key, "dynamodb", self.region)
        self._model = get_service_model("dynamodb").operation_model(operation)
        protocol = determine_request_protocol(self._model.service_model, environ.get("CONTENT_TYPE", ""))
        parser: Any = PROTOCOL_PARSERS[protocol](self._model, map_type=self.PROTOCOL_PARSER_MAP_TYPE)
        self.params = parser.parse({"body": environ[BODY]})

    def serialized(self, action_result: ActionResult) -> Any:
        """An answer; what is refused is put as moto puts it."""
        if isinstance(action_result.result, Exception) or self.RESPONSE_KEY_PATH_TO_TRANSFORMER:
            return super().serialized(action_result)
        text = json.dumps(_members(action_result.result, self._model))
        return 200, {"Content-Type": "application/x-amz-json-1.0", **self.response_headers}, text

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        # There is a request's id in the body of no JSON, where moto looks for one at each place.
        return BaseResponse._enrich_response(headers, "")[0], body


def _members(result: Any, model: Any) -> dict[str, Any]:
    """The answer's members in the order of the service's model, without what it does not have."""
    written: dict[str, Any] = {}
    serializer: Any = None
    for name, shape in model.output_shape.members.items():
        if (value := result.get(name)) is None:
            continue
        if _has_attributes(shape):
            written[name] = in_json(value)
        else:
            serializer = serializer or JSONSerializer(operation_model=model)
            serializer._serialize(written, value, shape, name)
    return written


def _has_attributes(shape: Any) -> bool:
    """Whether it is an item, or a list of items."""
    item = shape.member if shape.type_name == "list" else shape
    return bool(item.type_name == "map" and item.value.name == "AttributeValue")
