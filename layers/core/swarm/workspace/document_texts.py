"""One text for each document: every line with its place, made once for each content of a project and kept beside it.

The text is made by the convert function, which no one trusts, and validated before it is stored
(`swarm.jobs.dispatch`). A copy or a renamed file has the same bytes, and so the same text.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath

from pydantic import ValidationError

from swarm.adapters import adapter
from swarm.errors import CorruptObject
from swarm.workspace.objects import PAGE, ObjectMissing, ObjectStore, ProjectArea
from swarm.workspace.snapshot import FileEntry
from swarm.workspace.text_packs import (
    FEWEST,
    LARGEST_TEXT,
    MAX_CHARACTERS,
    PackIndex,
    is_needed,
    most_in_a_pack,
    pack_key,
    short,
)

READER = 3
"""Version of the reader. Whoever changes what is read of documents, or what places are called, counts it up."""

MAX_TEXT_BYTES = 24 * 1024 * 1024
"""Of one text as the convert function delivers it; that leaves out what would be longer."""

WEB_PAGES = frozenset(".html .htm .xhtml".split())
"""Documents that people also write and change as they are, as code."""

MARKUP = WEB_PAGES | frozenset(".ipynb .rtf .eml .mht .mhtml".split())
"""Documents that are text as they are, too. What their readers see is another text."""

DOCUMENTS = MARKUP | frozenset(
    (
        ".docx .docm .dotx .dotm .doc .dot .pdf .pptx .pptm .ppsx .ppsm .potx .potm .ppt .pps .xlsx .xlsm .xltx .xltm"
        " .xlsb .xls .ods .odt .epub"
    ).split()
)
"""Suffixes of files that have such a text, or a reason why they have none."""

MAX_DOCUMENT_BYTES = 50 * 1024 * 1024
_READERS = 16
_AT_A_TIME = 64
"""Texts that are held for whoever goes through many."""

_GETS_A_LIST = 16
"""A list of S3's costs some 12 times what a GET does (https://aws.amazon.com/s3/pricing/), and takes longer."""
_NAMED = 10


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of one content. `name` is what the reader called it, since the same bytes may have any name.

    `kind` is the format that it was read as; `pages` are pages or slides; `lines` are pairs of a place (`page 3`,
    `clause 4.2`) and a line of Markdown; `about` are lines on the document; `scans` are the first pages without text,
    and `scanned` is how many there are. `cut` says that there is more than what was read. A document that cannot be
    read has a `problem`, and nothing else.
    """

    name: str = ""
    kind: str = ""
    pages: int | None = None
    words: int = 0
    about: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    scans: tuple[int, ...] = ()
    scanned: int = 0
    cut: bool = False
    problem: str = ""

    def called(self, path: str) -> DocumentText:
        """The same text, speaking of the file by this path."""
        if not self.name:
            return self
        about = tuple(line.replace(self.name, path) for line in self.about)
        return replace(self, name=path, about=about, problem=self.problem.replace(self.name, path))

    @property
    def characters(self) -> int:
        """Of all lines and their places."""
        return sum(len(place) + len(line) for place, line in self.lines)

    @property
    def size(self) -> str:
        """How much it is, in words."""
        if self.problem:
            return "cannot be read"
        unit = "slide" if self.kind == "pptx" else "page"
        pages = f"{self.pages} {unit}{'s' * (self.pages != 1)}, " if self.pages else ""
        return f"{pages}{self.words} word{'s' * (self.words != 1)}"

    @property
    def gaps(self) -> str:
        """What of it has no text that could be searched, as a clause; empty where all has."""
        told = []
        if self.scanned:
            shown = ", ".join(map(str, self.scans[:_NAMED])) + (" and more" if self.scanned > _NAMED else "")
            told.append(f"{self.scanned} of {self.pages} pages are scans without text: {shown}")
        elif not self.words and not self.problem:
            told.append("it has no text")
        if self.cut:
            told.append("it is too long, only its beginning was read")
        return "; ".join(told)


def is_document(path: str) -> bool:
    """Whether a file of this name has a text of its own kind, made by a reader of documents."""
    return PurePosixPath(path).suffix.lower() in DOCUMENTS


def is_markup(path: str) -> bool:
    """Whether a document of this name is also text as it is."""
    return PurePosixPath(path).suffix.lower() in MARKUP


def is_web_page(path: str) -> bool:
    """Whether a document of this name is code, too, and shown as that."""
    return PurePosixPath(path).suffix.lower() in WEB_PAGES


def validated(data: bytes) -> DocumentText:
    """The text that somebody delivered. Raises `pydantic.ValidationError`."""
    return adapter(DocumentText).validate_json(data)


_Pack = dict[str, DocumentText]
"""Texts that are kept together (`swarm.workspace.text_packs`), by the hashes of their contents."""


class DocumentTexts:
    """The texts of one project, as they are stored. What was read last is remembered, up to a size."""

    REMEMBERED = 32 * 1024 * 1024
    """Characters."""

    def __init__(self, store: ObjectStore, area: ProjectArea) -> None:
        self._store = store
        self._area = area
        self._packs = PackIndex(store, area, READER)
        self._known: dict[str, DocumentText] = {}
        self._size = 0

    def get(self, sha256: str) -> DocumentText | None:
        """The text of this content, or None while nobody has made it. Raises `CorruptObject`."""
        return self._read([sha256]).get(sha256)

    def of(self, entries: Iterable[FileEntry]) -> Iterator[DocumentText | None]:
        """The texts of these files, in order, several asked for at a time. Raises `CorruptObject`."""
        rest = iter(entries)
        while some := [entry.sha256 for entry in islice(rest, _AT_A_TIME)]:
            found = self._read(some)
            yield from (found.get(sha256) for sha256 in some)

    def _read(self, hashes: Sequence[str]) -> dict[str, DocumentText]:
        """Those of these texts that there are: what is known, packs of many, and the others one by one."""
        found = {sha256: self._known[sha256] for sha256 in hashes if sha256 in self._known}
        if not (wanted := {sha256 for sha256 in hashes if sha256 not in found}):
            return found
        packs = set(self._packs.holding(wanted).values())
        with ThreadPoolExecutor(_READERS) as pool:
            for texts in pool.map(self._pack, sorted(packs)):
                found |= texts
            alone = sorted(wanted - found.keys())
            found |= {sha256: text for sha256, text in zip(alone, pool.map(self._alone, alone), strict=True) if text}
        self.remember(found)
        return found

    def _alone(self, sha256: str) -> DocumentText | None:
        try:
            return adapter(DocumentText).validate_json(gzip.decompress(self._store.get(text_key(self._area, sha256))))
        except ObjectMissing:
            return None
        except (OSError, EOFError, ValidationError) as error:
            raise CorruptObject(f"the text of {sha256} cannot be read") from error

    def _pack(self, key: str) -> Mapping[str, DocumentText]:
        try:
            return adapter(_Pack).validate_json(gzip.decompress(self._store.get(key)))
        except ObjectMissing:
            # It was swept since its key was listed.
            return {}
        except (OSError, EOFError, ValidationError) as error:
            raise CorruptObject(f"the texts at {key} cannot be read") from error

    def missing(self, hashes: Collection[str]) -> set[str]:
        """Which of these contents have no text. Many are looked up in lists of what there is, while those are few."""
        self._packs.forget()
        unread = set(hashes) - self._known.keys()
        unknown = sorted(unread - self._packs.holding(unread).keys())
        missing: set[str] = set()
        while len(unknown) >= _GETS_A_LIST:
            keys = self._store.keys_after(self._area.texts, f"{self._area.texts}{unknown[0]}")
            # A page tells of all contents up to its last key, and the last page of all that follow.
            last = keys[-1] if len(keys) == PAGE else text_key(self._area, "g")
            told = {sha256 for sha256 in unknown if text_key(self._area, sha256) <= last}
            if len(told) < _GETS_A_LIST:
                break
            missing |= told - {sha256_of(key, self._area) for key in keys}
            unknown = [sha256 for sha256 in unknown if sha256 not in told]
        return missing | (set(unknown) - self._read(unknown).keys())

    def remember(self, texts: Mapping[str, DocumentText]) -> None:
        """Take these for what is stored: whoever stored them says so."""
        for sha256, text in texts.items():
            if sha256 not in self._known:
                self._known[sha256] = text
                self._size += text.characters
        while self._size > self.REMEMBERED:
            self._size -= self._known.pop(next(iter(self._known))).characters

    def put(self, sha256: str, text: DocumentText) -> None:
        """Keep a text. Equal bytes give equal texts, so it does not matter who comes first."""
        self._store.put(text_key(self._area, sha256), _compressed(adapter(DocumentText).dump_json(text)))

    def put_together(self, texts: Iterable[tuple[str, DocumentText]]) -> None:
        """Keep many as few objects: who reads one reads its neighbours too. No more than one pack is held."""
        pack: _Pack = {}
        most, room = most_in_a_pack(self._area, READER), MAX_CHARACTERS
        for sha256, text in texts:
            if text.characters > LARGEST_TEXT:
                self.put(sha256, text)
                continue
            if len(pack) == most or text.characters > room:
                self._put_pack(pack)
                pack, room = {}, MAX_CHARACTERS
            pack[sha256] = text
            room -= text.characters
        self._put_pack(pack)
        self._packs.forget()

    def _put_pack(self, pack: _Pack) -> None:
        if len(pack) >= FEWEST:
            self._store.put(pack_key(self._area, READER, pack), _compressed(adapter(_Pack).dump_json(pack)))
            return
        for sha256, text in pack.items():
            self.put(sha256, text)


def _compressed(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=4, mtime=0)


def still_needed(area: ProjectArea, live: Collection[str]) -> Callable[[str], bool]:
    """Tells of a key of texts whether it is needed as long as these contents are; what another version made is not."""
    names = {short(sha256) for sha256 in live}
    return lambda key: sha256_of(key, area) in live or is_needed(key, area, READER, names)


def text_key(area: ProjectArea, sha256: str) -> str:
    """Where the text of a content is, as this version reads it."""
    return f"{area.texts}{sha256}-{READER}.json.gz"


def sha256_of(key: str, area: ProjectArea) -> str | None:
    """The content whose text is at this key; None where an earlier version made it."""
    found = re.fullmatch(r"([0-9a-f]{64})-(\d+)\.json\.gz", key.removeprefix(area.texts))
    return found[1] if found and int(found[2]) == READER else None
