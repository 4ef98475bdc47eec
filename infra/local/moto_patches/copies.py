"""What moto copies value by value although nobody changes it: items that are read, expressions that are followed."""

from __future__ import annotations

import base64
import copy
import functools
import pickle
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing import ast_nodes, expressions, validators

from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.moto_patches.items import CALL
from infra.local.moto_patches.wrapping import Wrapper, wrap


def read_items_in_place() -> None:
    """A query copies all that it found, and the answer is written of the copies; an update copies the item three times.

    Calls come one at a time, so that nothing changes an item before the answer is written but the call itself. Of what
    it changes in place, which are sets, there is still a copy.
    """
    wrap(Item, "__deepcopy__", _copy)
    wrap(DynamoType, "to_regular_json", _to_regular_json)


def _copy(original: Wrapper, item: Any, memo: dict[int, Any]) -> Any:
    if CALL.operation == "Query":
        return item
    if CALL.operation != "UpdateItem" or _has_streams():
        return original(item, memo)
    copied: Any = Item.__new__(Item)
    copied.hash_key, copied.range_key = item.hash_key, item.range_key
    copied.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    for name, value in item.attrs.items():
        dict.__setitem__(copied.attrs, name, copy.deepcopy(value, memo) if value.is_set() else value)
    return copied


def _has_streams() -> bool:
    """Whether somebody is told of an item as it was."""
    tables: Any = dynamodb_backends[ACCOUNT_ID][REGION].tables
    return any(table.stream_shard is not None for table in tables.values())


def _to_regular_json(original: Wrapper, value: Any) -> dict[str, Any]:
    """As the original, which copies the whole value first, at each of its levels."""
    inner = value.value
    if isinstance(inner, dict):
        return {value.type: {name: _regular(original, each) for name, each in inner.items()}}
    if isinstance(inner, list):
        return {value.type: [_regular(original, each) for each in inner]}
    if value.type == "B" and isinstance(inner, str):
        return {"B": base64.b64decode(inner)}
    return {value.type: inner}


def _regular(original: Wrapper, value: Any) -> Any:
    return _to_regular_json(original, value) if isinstance(value, DynamoType) else value


def keep_update_expressions() -> None:
    """A few dozen texts, each of which is taken apart twice for every update, and the tree copied part by part."""
    parsers: Any = expressions
    make = parsers.UpdateExpressionParser.make
    parsers.UpdateExpressionParser.make = functools.lru_cache(maxsize=512)(make)
    module: Any = validators
    module.deepcopy = _copy_of_a_tree


def _copy_of_a_tree(tree: Any) -> Any:
    nodes: Any = ast_nodes
    if not isinstance(tree, nodes.UpdateExpression):
        # A value that the expression is about.
        return copy.deepcopy(tree)
    return pickle.loads(_pickled(tree))  # noqa: S301  (our own)


@functools.lru_cache(maxsize=512)
def _pickled(tree: Any) -> bytes:
    return pickle.dumps(tree, protocol=pickle.HIGHEST_PROTOCOL)
