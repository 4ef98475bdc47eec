"""DynamoDB: a query reads its own partition, and an item that was stored is read when somebody asks for it."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Mapping
from typing import Any

from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

from infra.local.moto_patches.wrapping import Wrapper, wrap


class _Part:
    """A table that has only some of its items; all else is the table's own."""

    def __init__(self, table: Any, items: Mapping[Any, Any]) -> None:
        self._table = table
        self.items = items

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def all_items(self) -> list[Any]:
        part: Any = self
        return Table.all_items(part)


def query_one_partition() -> None:
    """moto reads and sorts the whole table for every query, so that each run makes all others slower."""
    wrap(Table, "query", _query)


def _query(original: Wrapper, table: Any, *args: Any, **kwargs: Any) -> Any:
    called = _signature(original).bind(table, *args, **kwargs).arguments
    hash_key, wanted = called["hash_key"], called.get("hash_key_conditions")
    part: Mapping[Any, Any] = table.items
    if called.get("index_name") is None:
        part = {hash_key: table.items[hash_key]} if hash_key in table.items else {}
    elif wanted and table.range_key_attr:
        # Of an index the key is any attribute, or several.
        part = {key: found for key, items in table.items.items() if (found := _having(items, wanted))}
    return original(_Part(table, part), *args, **kwargs)


_signature = functools.cache(inspect.signature)


def _having(items: Mapping[Any, Any], wanted: list[tuple[str, Any]]) -> dict[Any, Any]:
    return {key: item for key, item in items.items() if all(_has(item, name, value) for name, value in wanted)}


def _has(item: Item, name: str, expected: Any) -> bool:
    if isinstance(item, StoredItem) and not item.may_have(name):
        return False
    return (value := item.attrs.get(name)) is not None and bool(value == expected)


def weigh_what_stays() -> None:
    """moto weighs an attribute that is replaced together with what replaces it, and refuses half of what has room."""
    wrap(LimitedSizeDict, "__setitem__", _set_attribute)


def _set_attribute(original: Wrapper, attributes: LimitedSizeDict, name: str, value: Any) -> None:
    if name not in attributes:
        original(attributes, name, value)
        return
    earlier = attributes[name]
    # Empty, it weighs nothing and keeps its place among the attributes.
    dict.__setitem__(attributes, name, "")
    try:
        original(attributes, name, value)
    except ItemSizeTooLarge:
        dict.__setitem__(attributes, name, earlier)
        raise


class StoredItem(Item):
    """An item whose attributes are read when somebody asks for them: of thousands of runs few are looked at."""

    def __init__(self, hash_key: DynamoType, range_key: DynamoType | None, body: str) -> None:
        self.hash_key = hash_key
        self.range_key = range_key
        self._body = body
        self._attributes: LimitedSizeDict | None = None

    @property
    def attrs(self) -> LimitedSizeDict:
        """By name."""
        if self._attributes is None:
            # Not by setting one after the other, which measures the whole item each time.
            self._attributes = LimitedSizeDict.__new__(LimitedSizeDict)
            for name, value in json.loads(self._body).items():
                dict.__setitem__(self._attributes, name, DynamoType(value))
            self._body = ""
        return self._attributes

    @attrs.setter
    def attrs(self, attributes: LimitedSizeDict) -> None:
        self._attributes = attributes

    def may_have(self, name: str) -> bool:
        """Whether it is worth looking for the attribute."""
        return self._attributes is not None or f'"{name}":' in self._body
