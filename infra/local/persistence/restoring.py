"""Puts back into moto what a data folder has."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.moto_patches.objects import StoredBytes, StoredObjects, stored
from infra.local.moto_patches.tables import StoredItem
from infra.local.persistence.store import ItemRow, Store, VersionRow


def restore_items(store: Store, tables: Mapping[str, str]) -> None:
    """Every item, into the tables that are called so now. Of other tables nothing is touched."""
    found = {name: dynamodb_backends[ACCOUNT_ID][REGION].tables[table] for name, table in tables.items()}
    for row in store.items():
        if row.name in found:
            _put_item(found[row.name], row)


def put_back_item(table: Any, place: tuple[str, str, str], row: ItemRow | None) -> None:
    """Have the item as it was, or not at all."""
    if row is not None:
        _put_item(table, row)
    else:
        table.delete_item(_key(place[1]), DynamoType(json.loads(place[2])) if place[2] else None)


def _put_item(table: Any, row: ItemRow) -> None:
    hash_key = _key(row.hash)
    if row.range:
        range_key = DynamoType(json.loads(row.range))
        table.items[hash_key][range_key] = StoredItem(hash_key, range_key, row.body)
    else:
        table.items[hash_key] = StoredItem(hash_key, None, row.body)


@functools.lru_cache(maxsize=1)
def _key(text: str) -> DynamoType:
    """Rows come by their hash keys, so that the last one is mostly wanted again."""
    return DynamoType(json.loads(text))


def restore_objects(store: Store, buckets: Mapping[str, str], folder: Path) -> set[str]:
    """Every version of every object, into the buckets that are called so now; the files that they are in."""
    used: set[str] = set()
    backend: Any = s3_backends[ACCOUNT_ID]["aws"]
    for name, rows in itertools.groupby(store.versions(), key=lambda row: row.name):
        bucket = buckets.get(name)
        keys: dict[str, list[VersionRow]] = {}
        for row in rows:
            keys.setdefault(row.key, []).append(row)
            if row.file is not None:
                used.add(row.file)
        if bucket is not None:
            read = functools.partial(_versions, bucket=bucket, folder=folder)
            backend.buckets[bucket].keys = StoredObjects(keys, read)
    return used


def put_back_versions(
    held: Any, bucket: str, key: str, rows: Iterable[VersionRow], folder: Path, others: Iterable[Any]
) -> None:
    """Have the versions of an object as they were, and these others after them."""
    versions = _versions(rows, bucket, folder)
    versions += others
    if versions:
        held.setlist(key, versions)
    elif held.getlist(key) is not None:
        held.pop(key)


def identity(version: Any) -> str:
    """What no other version has: its file, or the id of a marker."""
    buffer: Any = getattr(version, "_value_buffer", None)
    return buffer.name if isinstance(buffer, StoredBytes) else str(version.version_id)


def _versions(rows: Iterable[VersionRow], bucket: str, folder: Path) -> list[Any]:
    versions: list[Any] = []
    for row in rows:
        versions.append(_version(row, bucket, folder, versions))
    return versions


def _version(row: VersionRow, bucket: str, folder: Path, earlier: list[Any]) -> Any:
    document = json.loads(row.body)
    moment = datetime.fromisoformat(document["at"])
    if row.file is None:
        # Not by its constructor, which wants the version that it marks; that one may be gone.
        marker: Any = FakeDeleteMarker.__new__(FakeDeleteMarker)
        marker.key, marker.name = earlier[-1] if earlier else None, row.key
        marker.last_modified, marker._version_id = moment, document["marker"]
        return marker
    attributes = {**document["attributes"], "last_modified": moment}
    return stored(folder / row.file, row.key, bucket, document["metadata"], attributes)


def restore_secrets(store: Store) -> None:
    """Every secret. One that the template makes keeps its new ARN, to which others refer, and has its old value."""
    backend: Any = secretsmanager_backends[ACCOUNT_ID][REGION]
    for name, body in store.secrets().items():
        secret: Any = FakeSecret.__new__(FakeSecret)
        vars(secret).update(json.loads(body), replicas=[])
        if made := dict.get(backend.secrets, name):
            secret.arn = made.arn
        dict.__setitem__(backend.secrets, name, secret)
