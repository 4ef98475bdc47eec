"""Pages of a listing: which items of a partition, from where, and how many.

A cursor says how far a listing has come, and nothing else. Whose items are listed is always decided by who asks, so a
cursor from elsewhere leads nowhere new; it is bound to its listing only so that a mix-up is told and not guessed at.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from pydantic import ValidationError

from swarm import sizes
from swarm.adapters import adapter
from swarm.errors import InvalidCursor
from swarm.records.table import Filter, Item, QueryOptions, Table

T = TypeVar("T")

MAX_QUERIES = 25
"""DynamoDB looks at 1 MB a query. A filter that few items pass gives a short page, even an empty one, and a cursor."""

FILTERED = 200
"""So many items a query looks at, at least, where a filter may leave out most of them."""

FIRST, LAST = " ", "\uffff"
"""Before and behind every sort key there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The items of a partition of an index whose sort keys lie between `first` and `last` and that pass `only`."""

    index: str
    pk: str
    first: str = FIRST
    last: str = LAST
    newest_first: bool = False
    only: Filter = field(default_factory=Filter)

    @property
    def digest(self) -> str:
        """Different for every other listing; the same for the same question of the same tenant."""
        listing = json.dumps([self.index, self.pk, self.first, self.last, self.only.expression, self.only.values])
        return hashlib.sha256(listing.encode()).hexdigest()[:16]

    def since(self, sort_key: str) -> Range:
        """What is left from this sort key on, itself included."""
        return replace(self, last=sort_key) if self.newest_first else replace(self, first=sort_key)


@dataclass(frozen=True)
class Wanted(Generic[T]):
    """How many there may be, how much of an answer each takes, the cursor of the page before, and which are shown."""

    most: int
    weigh: Callable[[T], int]
    cursor: str | None = None
    shows: Callable[[T], bool] | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a listing, and the cursor of what follows; None at its end."""

    items: list[T]
    next_cursor: str | None


def page_of(
    table: Table, listed: Range, read: Callable[[Item], T], wanted: Wanted[T], *, queries: int = MAX_QUERIES
) -> Page[T]:
    """The next page, found with so many queries at most. Raises `InvalidCursor`."""
    seen = _decoded(wanted.cursor, listed) if wanted.cursor else None
    rest = listed if seen is None else listed.since(seen)
    found: list[T] = []
    weight, place, start = 0, seen, None
    if rest.first > rest.last:
        return Page(found, None)
    # One item may be the one that was seen last, and one more tells whether anything follows.
    most = max(wanted.most + 2, FILTERED if rest.only.values or wanted.shows else 0)
    for _ in range(queries):
        options = QueryOptions(newest_first=rest.newest_first, most=most, start=start)
        part = table.between(rest.index, rest.pk, rest.first, rest.last, rest.only, options)
        for item in part.items:
            sort_key = item[f"{rest.index}SK"]["S"]
            if sort_key == seen:
                continue
            one = read(item)
            if wanted.shows is not None and not wanted.shows(one):
                continue
            weight += wanted.weigh(one)
            if len(found) == wanted.most or (found and weight > sizes.PAGE):
                return Page(found, _encoded(place, listed))
            found.append(one)
            place = sort_key
        if part.next is None:
            return Page(found, None)
        start, place = part.next, part.next[f"{rest.index}SK"]["S"]
    return Page(found, _encoded(place, listed))


def _encoded(place: str | None, listed: Range) -> str:
    cursor = json.dumps([place, listed.digest])
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")


def _decoded(cursor: str, listed: Range) -> str:
    try:
        decoded = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place, digest = adapter(tuple[str, str]).validate_json(decoded)
    except (binascii.Error, ValidationError, ValueError) as error:
        raise InvalidCursor from error
    # A place longer than any sort key is one that DynamoDB would not even look for.
    if digest != listed.digest or not listed.first <= place <= listed.last or sizes.of_text(place) > sizes.SORT_KEY:
        raise InvalidCursor
    return place
