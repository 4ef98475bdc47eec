"""The database of a data folder: items, versions of objects, secrets, and what is under way."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from infra.local.persistence.folder import UnusableFolder

SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    name TEXT, hash TEXT, range TEXT, body TEXT NOT NULL, PRIMARY KEY (name, hash, range)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
    name TEXT, key TEXT, position INTEGER, body TEXT NOT NULL, file TEXT, PRIMARY KEY (name, key, position))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS executions (
    machine TEXT, name TEXT, input TEXT NOT NULL, PRIMARY KEY (machine, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, function TEXT NOT NULL, payload BLOB NOT NULL, tenant TEXT);
"""


class ItemRow(NamedTuple):
    """An item of a table, which is called by its logical id; `body` is JSON in DynamoDB's notation."""

    name: str
    hash: str
    range: str
    body: str


class VersionRow(NamedTuple):
    """A version of an object, or a marker that it was deleted, by its place among those of its key."""

    name: str
    key: str
    position: int
    body: str
    file: str | None


class ExecutionRow(NamedTuple):
    """An execution that has not ended; `machine` is a logical id."""

    machine: str
    name: str
    input: str


class EventRow(NamedTuple):
    """An asynchronous call of a function that has not been done; `function` is a logical id."""

    id: int
    function: str
    payload: bytes
    tenant: str | None


class NotKept(BaseException):
    """The change is not on disk, so it must not be acknowledged: there is no room, or the laptop cloud is stopping.

    Outside of `Exception`, so that it passes through moto, which would make an answer of its own of it.
    """


class Store:
    """Each change is one transaction, with the operating system when the method returns, or it raises `NotKept`.

    A process that is killed loses nothing of it. A machine that loses its power may lose the last moments.
    """

    def __init__(self, path: Path) -> None:
        """Raises UnusableFolder."""
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        # It has secrets in it, and SQLite would let everybody read it. Its other files get what this one has.
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise UnusableFolder(f"{path} cannot be used: {error.strerror}") from None
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            with self._readable():
                # Before anything is changed, and whole: a page that cannot be read must not show only when it is asked
                # for.
                if (found := self._connection.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
                    raise sqlite3.DatabaseError(found[0])
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.executescript(SCHEMA)
        except UnusableFolder:
            self._connection.close()
            raise

    # ---- changes --------------------------------------------------------------------------------------------------

    def put_items(self, changed: Iterable[ItemRow], gone: Iterable[tuple[str, str, str]]) -> None:
        """Items that are new or another, and the table, hash and range of those that are no more."""
        with self._transaction() as connection:
            connection.executemany("REPLACE INTO items VALUES (?, ?, ?, ?)", changed)
            connection.executemany("DELETE FROM items WHERE name = ? AND hash = ? AND range = ?", gone)

    def put_versions(self, name: str, key: str, versions: Sequence[VersionRow]) -> set[str]:
        """All versions that there are of an object, in their order; the files of those that are no more."""
        with self._transaction() as connection:
            of_key = connection.execute("SELECT file FROM versions WHERE name = ? AND key = ?", (name, key))
            before = {file for (file,) in of_key if file is not None}
            connection.execute("DELETE FROM versions WHERE name = ? AND key = ?", (name, key))
            connection.executemany("INSERT INTO versions VALUES (?, ?, ?, ?, ?)", versions)
        return before - {version.file for version in versions}

    def put_secrets(self, secrets: Mapping[str, str]) -> None:
        """All secrets that there are, as JSON by name."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM secrets")
            connection.executemany("INSERT INTO secrets VALUES (?, ?)", secrets.items())

    def begin_execution(self, row: ExecutionRow) -> None:
        """It is about to be started."""
        with self._transaction() as connection:
            connection.execute("REPLACE INTO executions VALUES (?, ?, ?)", row)

    def end_execution(self, machine: str, name: str) -> None:
        """It has ended."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM executions WHERE machine = ? AND name = ?", (machine, name))

    def accept_event(self, function: str, payload: bytes, tenant: str | None) -> int:
        """A function is about to be called asynchronously; by which number `end_event` knows it."""
        with self._transaction() as connection:
            query = "INSERT INTO events (function, payload, tenant) VALUES (?, ?, ?) RETURNING id"
            [number] = connection.execute(query, (function, payload, tenant)).fetchone()
            return int(number)

    def end_event(self, number: int) -> None:
        """The call was done, or given up."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM events WHERE id = ?", (number,))

    def close(self) -> None:
        """Take no change any more: what comes later raises `NotKept`."""
        with self._lock:
            self._closed = True
            self._connection.close()

    # ---- what there is --------------------------------------------------------------------------------------------

    def items(self) -> Iterator[ItemRow]:
        """Every item."""
        yield from map(ItemRow._make, self._rows("SELECT name, hash, range, body FROM items"))

    def item(self, name: str, hash_: str, range_: str) -> ItemRow | None:
        """One item, if it is there."""
        key = (name, hash_, range_)
        found = list(self._rows("SELECT * FROM items WHERE name = ? AND hash = ? AND range = ?", *key))
        return ItemRow._make(found[0]) if found else None

    def versions(self) -> Iterator[VersionRow]:
        """Every version, those of a key in their order."""
        yield from map(VersionRow._make, self._rows("SELECT * FROM versions ORDER BY name, key, position"))

    def versions_of(self, name: str, key: str) -> list[VersionRow]:
        """Those of one object, in their order."""
        found = self._rows("SELECT * FROM versions WHERE name = ? AND key = ? ORDER BY position", name, key)
        return [VersionRow._make(row) for row in found]

    def secrets(self) -> dict[str, str]:
        """All of them, as JSON by name."""
        return dict(self._rows("SELECT name, body FROM secrets"))

    def executions(self) -> list[ExecutionRow]:
        """Those that have not ended."""
        return [ExecutionRow._make(row) for row in self._rows("SELECT machine, name, input FROM executions")]

    def events(self) -> list[EventRow]:
        """The asynchronous calls that have not been done, in the order in which they were accepted."""
        return [EventRow._make(row) for row in self._rows("SELECT * FROM events ORDER BY id")]

    def _rows(self, query: str, *values: str) -> Iterator[tuple[Any, ...]]:
        with self._readable():
            yield from self._connection.execute(query, values)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            path = self._path
            raise UnusableFolder(f"{path} is damaged ({error}). It was left alone; restore it or use another") from None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise NotKept("the laptop cloud is stopping")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                # A full disk has SQLite take the transaction back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise NotKept(str(error)) from error
