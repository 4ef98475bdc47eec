"""What moto works out anew for every call, although the call has no part in it: worked out once."""

from __future__ import annotations

import base64
import functools
from typing import Any

from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.utils import json_path

from infra.local.moto_patches.wrapping import Wrapper, wrap


def find_services_once() -> None:
    """Which service a host name means: for each call all folders of moto are listed, or hundreds of patterns tried."""
    dispatcher: Any = DomainDispatcherApplication
    dispatcher.get_backend_for_host = functools.lru_cache(maxsize=128)(dispatcher.get_backend_for_host)


def list_actions_once() -> None:
    """Which methods a service has: found by looking at everything that its class has, for each call."""
    module: Any = responses
    module.method_names_from_class = functools.cache(module.method_names_from_class)


def read_paths_once() -> None:
    """The grammar of JSONPath is made anew each time that a state looks into its input."""
    for module in (json_path, result_path):
        found: Any = module
        found.parse = functools.lru_cache(maxsize=512)(found.parse)


def send_attributes_as_they_are() -> None:
    """DynamoDB's attribute values are in its notation already; moto asks for each of ten possible members of each."""
    wrap(BaseJSONSerializer, "_serialize_type_map", _serialize_map)


def _serialize_map(original: Wrapper, serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.value.name == "AttributeValue":
        serializer._default_serialize(serialized, in_json(value), shape, key)
    else:
        original(serializer, serialized, value, shape, key)


def in_json(value: Any) -> Any:
    """A value of DynamoDB's, or several in a mapping or a list, in its notation."""
    kind = type(value)
    if kind is str:
        return value
    if kind is DynamoType:
        return {value.type: in_json(value.value)}
    if isinstance(value, dict):
        return {name: in_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [in_json(each) for each in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
