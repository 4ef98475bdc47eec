"""What a tenant may have at a time, so that none takes what all need, and the places of what is under way.

A place names when it is free again by itself: whoever dies with one holds it no longer than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from swarm.errors import TooManyUnderWay
from swarm.ids import new_id
from swarm.records.keys import places_key, sortable, tenant_key
from swarm.records.table import ConditionFailed, Item, Table


class Kind(StrEnum):
    """What takes a place while it is under way. `uploads` are those that no run has taken yet."""

    WATCHERS = "watchers"
    UPLOADS = "uploads"
    ARCHIVES = "archives"
    PREVIEWS = "previews"
    DIFFS = "diffs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The most that a tenant may have: bytes stored, requests a second (0 for any), and of each kind under way."""

    stored_bytes: int = 0
    requests_per_second: int = 0
    watchers: int = 0
    uploads: int = 0
    archives: int = 0
    previews: int = 0
    diffs: int = 0

    def granted(self, tenant: Item) -> Quotas:
        """These, or what the tenant's own item says instead: `max_watchers` and so on."""
        return Quotas(
            **{
                each.name: int(tenant[f"max_{each.name}"]["N"])
                if f"max_{each.name}" in tenant
                else getattr(self, each.name)
                for each in fields(self)
            }
        )


class Taken(NamedTuple):
    """How many places are taken, and how many bytes what is under way has."""

    places: int = 0
    bytes: int = 0


class Places:
    """The places of each tenant, in an item of its own: the tenant's may be long while many runs wait."""

    def __init__(self, table: Table, quotas: Quotas) -> None:
        self._table = table
        self._quotas = quotas

    def take(self, tenant_id: str, kind: Kind, now: datetime, lifetime: timedelta, size: int = 0) -> str:
        """A place for something of `size` bytes, to be given back by its name. Raises `TooManyUnderWay`."""
        most = getattr(self._quotas.granted(self._table.get(tenant_key(tenant_id)) or {}), kind.value)
        place = f"{sortable(now + lifetime)}#{new_id()}#{size}"
        try:
            self._add(tenant_id, kind, place, most)
        except ConditionFailed as full:
            forgotten = [each for each in _held(full.item, kind) if each < sortable(now)]
            if forgotten:
                self._remove(tenant_id, kind, forgotten)
                with suppress(ConditionFailed):
                    self._add(tenant_id, kind, place, most)
                    return place
            raise TooManyUnderWay(kind.value, most) from full
        return place

    def give_back(self, tenant_id: str, kind: Kind, place: str) -> None:
        """The place is free again; twice is once. Without a name there was none."""
        if place:
            self._remove(tenant_id, kind, [place])

    @contextmanager
    def one(self, tenant_id: str, kind: Kind, now: datetime, lifetime: timedelta) -> Iterator[None]:
        """A place for as long as the block takes. Raises `TooManyUnderWay`."""
        place = self.take(tenant_id, kind, now, lifetime)
        try:
            yield
        finally:
            self.give_back(tenant_id, kind, place)

    def taken(self, tenant_id: str, now: datetime) -> Mapping[Kind, Taken]:
        """What is taken of each kind."""
        key = places_key(tenant_id)
        item = next(self._table.range(key.pk, key.sk, key.sk), {})
        live = {kind: [place for place in _held(item, kind) if place >= sortable(now)] for kind in Kind}
        return {kind: Taken(len(held), sum(int(each.split("#")[2]) for each in held)) for kind, held in live.items()}

    def _add(self, tenant_id: str, kind: Kind, place: str, most: int) -> None:
        values: Item = {":place": {"SS": [place]}, ":most": {"N": str(most)}, ":none": {"N": "0"}}
        self._table.update(
            places_key(tenant_id),
            f"ADD {kind.value} :place",
            values=values,
            condition=f"(attribute_not_exists({kind.value}) AND :most > :none)"
            f" OR (attribute_exists({kind.value}) AND size({kind.value}) < :most)",
        )

    def _remove(self, tenant_id: str, kind: Kind, places: list[str]) -> None:
        self._table.update(places_key(tenant_id), f"DELETE {kind.value} :places", values={":places": {"SS": places}})


def _held(item: Item, kind: Kind) -> list[str]:
    return list(item[kind.value]["SS"]) if kind.value in item else []
