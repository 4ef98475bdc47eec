"""Writes down what a call has changed, before the call is answered; what cannot be kept is undone and refused."""

from __future__ import annotations

import base64
import json
import sys
import threading
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.secretsmanager.models import secretsmanager_backends

from infra.local.authentication.refusal import Refused
from infra.local.calls import Call, describe
from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.permissions.needs import deleted_objects
from infra.local.persistence import restoring
from infra.local.persistence.store import ItemRow, NotKept, Store, VersionRow
from infra.local.wsgi import BODY, FORM, Environ, WsgiApp

UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE
ITEM_CHANGES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
OBJECT_CHANGES = ("PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject")
SECRET_READS = ("Get", "List", "Describe", "BatchGet", "Validate")
# Of an object what moto needs to answer for it as before; times and bytes are written down apart from these.
ATTRIBUTES = (
    "_etag",
    "_version_id",
    "_is_versioned",
    "_storage_class",
    "encryption",
    "kms_key_id",
    "bucket_key_enabled",
    "checksum_algorithm",
    "checksum_value",
    "checksum_type",
    "contentsize",
)


class Recording:
    """WSGI middleware directly in front of moto. Until it knows a store it lets everything through.

    Tables and buckets are written down by their logical ids, for their names are others after each start.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._app = app
        self._store: Store | None = None
        self._names: Mapping[str, str] = {}
        self._folder = Path()
        self._passing: frozenset[str] = frozenset()
        self._versions = threading.Lock()
        self._told = ""

    def begin(self, store: Store, names: Mapping[str, str], objects: Path) -> None:
        """Write down from now on; `names` has the logical id by the name of each table and bucket.

        A secret that is there by now comes with each start, and is not written down.
        """
        self._names = names
        self._folder = objects
        self._passing = frozenset(_secrets()) - store.secrets().keys()
        self._store = store

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        store = self._store
        if store is None:
            return self._app(environ, start_response)
        answered: list[tuple[Any, ...]] = []

        def hear(*answer: Any) -> Any:
            answered.append(answer)
            return lambda _: None

        try:
            body = self._app(environ, hear)
            status, headers = answered[0][:2]
            if status < "4":
                self._write(store, describe(environ), environ, dict(headers))
        except NotKept as reason:
            self._tell(reason)
            refused = Refused("ServiceUnavailable", f"The change could not be kept: {reason}.", UNAVAILABLE)
            return refused.answer(describe(environ).service, start_response)
        start_response(*answered[0])
        return body

    def _tell(self, reason: NotKept) -> None:
        """Say what is the matter, unless it was said before: a client is told no more than that it failed."""
        # Without a cause the laptop cloud is stopping, which whoever stopped it knows.
        if reason.__cause__ is not None and str(reason) != self._told:
            self._told = str(reason)
            # Where it goes may be a file on the same disk.
            with suppress(OSError):
                print(f"a change could not be kept, and was refused: {reason}", file=sys.stderr)

    def _write(self, store: Store, call: Call, environ: Environ, headers: Mapping[str, str]) -> None:
        if call.service == "dynamodb":
            if call.operation in ITEM_CHANGES:
                self._write_items(store, _changed_items(call.operation, json.loads(environ[BODY])))
        elif call.service == "s3":
            bucket, _, key = urllib.parse.unquote(environ["RAW_URI"].partition("?")[0]).removeprefix("/").partition("/")
            keys = [key] if call.operation in OBJECT_CHANGES else []
            if call.operation == "PostObject":
                keys = [environ[FORM]["key"]]
            elif call.operation == "DeleteObjects":
                keys = [name for name, _ in deleted_objects(environ[BODY])]
            for each in keys:
                self._write_versions(store, bucket, each, headers.get("x-amz-version-id"))
        elif call.service == "secretsmanager" and not call.operation.startswith(SECRET_READS):
            kept = {name: body for name, body in _secrets().items() if name not in self._passing}
            store.put_secrets(kept)

    def _write_items(self, store: Store, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        touched, changed, gone = [], [], []
        for table, key in changes:
            found: Any = dynamodb_backends[ACCOUNT_ID][REGION].get_table(table)
            name = self._names.get(found.name)
            if name is None:
                # Not of the template: nobody would make it at the next start.
                continue
            names = [found.hash_key_attr, *([found.range_key_attr] if found.range_key_attr else [])]
            values = [json.dumps(key[name]) for name in names]
            item = found.get_item(*(DynamoType(dict(key[name])) for name in names))
            place = name, values[0], values[1] if len(values) > 1 else ""
            touched.append((found, place))
            if item is None:
                gone.append(place)
            else:
                changed.append(ItemRow(*place, json.dumps(item.attrs, default=_plain, separators=(",", ":"))))
        try:
            store.put_items(changed, gone)
        except NotKept:
            # No other call of the table has seen it: they come one at a time.
            for found, place in touched:
                restoring.put_back_item(found, place, store.item(*place))
            raise

    def _write_versions(self, store: Store, bucket: str, key: str, version_id: str | None) -> None:
        name = self._names.get(bucket)
        if name is None:
            return
        held: Any = s3_backends[ACCOUNT_ID]["aws"].buckets[bucket].keys
        # What is read here is written here, or an older list could come to lie over a newer one.
        with self._versions:
            rows = [
                _version_row(name, key, position, version) for position, version in enumerate(held.getlist(key, []))
            ]
            try:
                gone = store.put_versions(name, key, rows)
            except NotKept:
                kept = store.versions_of(name, key)
                known = {row.file or json.loads(row.body)["marker"] for row in kept}
                # Others may be about to be written down; of this call is what has its version id.
                others = [
                    version
                    for version in held.getlist(key, [])
                    if restoring.identity(version) not in known and version_id not in (None, version.version_id)
                ]
                restoring.put_back_versions(held, bucket, key, kept, self._folder, others)
                raise
        for file in gone:
            (self._folder / file).unlink(missing_ok=True)


def _secrets() -> dict[str, str]:
    """Those that there are, as JSON by name."""
    found: Any = secretsmanager_backends[ACCOUNT_ID][REGION].secrets
    attributes = {each.name: {**vars(each)} for each in dict.values(found)}
    for each in attributes.values():
        del each["replicas"]
    return {name: json.dumps(each, default=_plain) for name, each in attributes.items()}


def _plain(value: DynamoType | bytes) -> Any:
    """What JSON does not know, as DynamoDB's notation has it."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else {value.type: value.value}


def _changed_items(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The table and the key of each item that the call may have changed; an item has its key among its attributes."""
    if operation == "BatchWriteItem":
        for table, requests in body["RequestItems"].items():
            for each in requests:
                yield table, each["PutRequest"]["Item"] if "PutRequest" in each else each["DeleteRequest"]["Key"]
    elif operation == "TransactWriteItems":
        for each in body["TransactItems"]:
            [asked] = each.values()
            yield asked["TableName"], asked.get("Item") or asked["Key"]
    else:
        yield body["TableName"], body.get("Item") or body["Key"]


def _version_row(name: str, key: str, position: int, version: Any) -> VersionRow:
    moment = version.last_modified.isoformat()
    if isinstance(version, FakeDeleteMarker):
        return VersionRow(name, key, position, json.dumps({"at": moment, "marker": version.version_id}), None)
    body = {attribute: getattr(version, attribute) for attribute in ATTRIBUTES}
    body["_etag"] = version.etag.strip('"')
    document = {"at": moment, "metadata": dict(version.metadata), "attributes": body}
    return VersionRow(name, key, position, json.dumps(document), restoring.identity(version))
