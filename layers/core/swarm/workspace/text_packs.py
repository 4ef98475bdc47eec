"""Which texts of documents lie together in one object: its key names them, so a list of keys is the index.

What is read at one time is searched at one time, and an object for each text would be a request for each. There is
no index beside the keys that could say something else than they do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from swarm.workspace.objects import PAGE, ObjectStore, ProjectArea

FEWEST, MOST = 3, 50
"""Texts of one pack. Two save less than looking for them costs."""

LARGEST_TEXT = 200_000
"""Characters of a text in a pack. A longer one is worth a request, and who wants it alone should not read others."""

MAX_CHARACTERS = 1_000_000
"""Of all texts in a pack: it is read and made whole, by functions with little memory."""

_NAME = 12
"""Digits of a hash in a key, 48 bits; which contents they really are is told inside."""

_MAX_KEY = 1_024
"""Bytes (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html)."""

_SUFFIX = ".json.gz"


def most_in_a_pack(area: ProjectArea, reader: int) -> int:
    """How many texts a key can name."""
    return min(MOST, (_MAX_KEY - len(_beginning(area, reader)) - len(_SUFFIX)) // _NAME)


def pack_key(area: ProjectArea, reader: int, hashes: Iterable[str]) -> str:
    """Where the texts of these contents are, in any order, as this version reads them."""
    return f"{_beginning(area, reader)}{''.join(sorted(sha256[:_NAME] for sha256 in hashes))}{_SUFFIX}"


def named_in(key: str, area: ProjectArea, reader: int) -> list[str]:
    """How the hashes begin whose texts are at this key; none where it is no pack, or an earlier version made it."""
    found = re.fullmatch(rf"((?:[0-9a-f]{{{_NAME}}})+){re.escape(_SUFFIX)}", key.removeprefix(_beginning(area, reader)))
    return [found[1][at : at + _NAME] for at in range(0, len(found[1]), _NAME)] if found else []


def is_needed(key: str, area: ProjectArea, reader: int, live: Collection[str]) -> bool:
    """Whether all of a pack's contents are among the `live` names, as `short` gives them.

    With one that is not, the pack has to go: nothing may be kept of what somebody removed.
    """
    names = named_in(key, area, reader)
    return bool(names) and all(name in live for name in names)


def short(sha256: str) -> str:
    """What a key says of a hash."""
    return sha256[:_NAME]


class PackIndex:
    """Which pack holds a text, by the keys of a project's packs. It is listed once; `forget` has it listed again."""

    def __init__(self, store: ObjectStore, area: ProjectArea, reader: int) -> None:
        self._store, self._area, self._reader = store, area, reader
        self._listing: Iterator[str] | None = None
        self._by_name: dict[str, str] = {}

    def forget(self) -> None:
        """Others may have made more since."""
        self._listing, self._by_name = None, {}

    def holding(self, hashes: Collection[str]) -> dict[str, str]:
        """The key of the pack with the text of each of these that is in one; no more is listed than that takes."""
        if self._listing is None:
            self._listing = self._keys()
        names = {sha256: short(sha256) for sha256 in hashes}
        while not all(name in self._by_name for name in names.values()):
            if (key := next(self._listing, None)) is None:
                break
            for name in named_in(key, self._area, self._reader):
                self._by_name.setdefault(name, key)
        return {sha256: self._by_name[name] for sha256, name in names.items() if name in self._by_name}

    def _keys(self) -> Iterator[str]:
        prefix = _beginning(self._area, self._reader)
        page = self._store.keys_after(self._area.texts, prefix)
        while page:
            ours = [key for key in page if key.startswith(prefix)]
            yield from ours
            if len(page) < PAGE or len(ours) < len(page):
                return
            page = self._store.keys_after(self._area.texts, page[-1])


def _beginning(area: ProjectArea, reader: int) -> str:
    # Behind all hashes, among which texts of their own are looked for.
    return f"{area.texts}packs/{reader}-"
