"""DynamoDB: a query reads its own partition."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

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
    called = inspect.signature(original).bind(table, *args, **kwargs).arguments
    hash_key, wanted = called["hash_key"], called.get("hash_key_conditions")
    part: Mapping[Any, Any] = table.items
    if called.get("index_name") is None:
        part = {hash_key: table.items[hash_key]} if hash_key in table.items else {}
    elif wanted and table.range_key_attr:
        # Of an index the key is any attribute, or several.
        part = {key: found for key, items in table.items.items() if (found := _having(items, wanted))}
    return original(_Part(table, part), *args, **kwargs)


def _having(items: Mapping[Any, Any], wanted: list[tuple[str, Any]]) -> dict[Any, Any]:
    return {
        key: item
        for key, item in items.items()
        if all((value := item.attrs.get(name)) is not None and value == expected for name, expected in wanted)
    }
