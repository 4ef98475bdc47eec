"""What people look for in the files of runs: words, found in text files and in documents, page by page.

A page is bounded in hits, files, bytes and time, whichever comes first, and says where the next one begins. So any
workspace can be searched to its end, and what was not searched is named on the page where it would have been.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from codex_swarm.models import NotSearched, SearchHit
from swarm.errors import CorruptObject
from swarm.workspace.document_texts import MAX_DOCUMENT_BYTES, DocumentText, DocumentTexts, is_document, is_markup
from swarm.workspace.file_types import file_type, is_binary_type
from swarm.workspace.objects import ObjectMissing, ObjectStore, ProjectArea
from swarm.workspace.searching import Find, Match, finder, matches_in_document, matches_in_text
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.text_files import described, lines_of, searchable
from swarm.workspace.working_copy import read_blob

MAX_FILES = 500
MAX_BYTES = 64 * 1024 * 1024
"""Files of one page, and bytes of the text files among them: each file is a request to storage."""

MAX_FILE_BYTES = 4 * 1024 * 1024
SECONDS = 12
"""For one page; the gateway gives a request 30 s."""

MAX_NAMED = 100
"""Files that a page names as not searched; their number is told besides."""

MAX_ALL_FILES = 100_000
"""Files of a project's newest runs that are looked through; older runs are left out."""

READERS = 8


class Place(NamedTuple):
    """A file of a run."""

    run_id: str
    path: str
    entry: FileEntry


@dataclass
class SearchPage:
    """What this page found. `next` is where to go on: the number of a file, and of matches in it that were shown."""

    hits: list[SearchHit] = field(default_factory=list)
    searched: int = 0
    not_searched: list[NotSearched] = field(default_factory=list)
    not_searched_total: int = 0
    next: tuple[int, int] | None = None


def words_finder(words: str) -> Find:
    """Finds these words, next to each other, in letters of either case."""
    return finder(words, _compiled)


def _compiled(words: str) -> Find:
    pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)

    def find(line: str) -> tuple[int, int] | None:
        found = pattern.search(line)
        return found.span() if found else None

    return find


def places_of(runs: Sequence[tuple[str, Snapshot]]) -> tuple[list[Place], int]:
    """The files of these runs, run by run, and of how many runs; what an earlier one has just so is not there again."""
    seen: set[tuple[str, str]] = set()
    places: list[Place] = []
    for number, (run_id, files) in enumerate(runs):
        if number and len(places) + len(files.paths) > MAX_ALL_FILES:
            return places, number
        for path in files.paths:
            entry = files.files[path]
            if (path, entry.sha256) not in seen:
                seen.add((path, entry.sha256))
                places.append(Place(run_id, path, entry))
    return places, len(runs)


def search(
    store: ObjectStore,
    area: ProjectArea,
    places: Sequence[Place],
    words: str,
    *,
    start: tuple[int, int],
    limit: int,
    clock: Callable[[], float],
) -> SearchPage:
    """A page of at most `limit` hits, from a place of `start` on. `clock` counts seconds."""
    find, texts, page = words_finder(words), DocumentTexts(store, area), SearchPage()
    until, room = clock() + SECONDS, MAX_BYTES
    first, shown = start
    last = min(len(places), first + MAX_FILES)
    with ThreadPoolExecutor(READERS) as pool:
        for chunk in range(first, last, READERS):
            some = places[chunk : min(chunk + READERS, last)]
            known = _texts(texts, some)
            contents = pool.map(partial(_content, store, area, known), some)
            for number, (place, content) in enumerate(zip(some, contents, strict=True), chunk):
                room -= place.entry.size if content.lines else 0
                if page.searched and (clock() > until or room < 0):
                    page.next = (number, 0)
                    return page
                skipped = shown if number == first else 0
                for count, match in enumerate(_matches(content, find)):
                    if count < skipped:
                        continue
                    if len(page.hits) == limit:
                        page.next = (number, count)
                        return page
                    page.hits.append(_hit(place, match))
                page.searched += content.searched
                _note(page, place, content)
    page.next = (last, 0) if last < len(places) else None
    return page


@dataclass(frozen=True, slots=True)
class _Content:
    """What there is to search in a file: lines of text, the text of a document, or neither, and what is missing."""

    lines: Sequence[str] = ()
    text: DocumentText | None = None
    reason: str = ""
    unread: bool = False

    @property
    def searched(self) -> bool:
        return self.text is not None or not self.reason


def _texts(texts: DocumentTexts, places: Sequence[Place]) -> dict[str, DocumentText | None]:
    """The texts of the documents among these, by their contents; of one that is lost there is none."""
    entries = [place.entry for place in places if is_document(place.path) and place.entry.size <= MAX_DOCUMENT_BYTES]
    try:
        return dict(zip((entry.sha256 for entry in entries), texts.of(entries), strict=True))
    except CorruptObject:
        found: dict[str, DocumentText | None] = {}
        for entry in entries:
            with suppress(CorruptObject):
                found[entry.sha256] = texts.get(entry.sha256)
        return found


def _content(store: ObjectStore, area: ProjectArea, known: Mapping[str, DocumentText | None], place: Place) -> _Content:
    path, size = place.path, place.entry.size
    if is_document(path):
        return _document(store, area, place, known.get(place.entry.sha256))
    drawing = path.endswith(".svg")
    if file_type(path) == "image" and not drawing:
        return _Content(reason="an image")
    if is_binary_type(path) and PurePosixPath(path).suffix and not drawing:
        return _Content(reason=described(path))
    if size > MAX_FILE_BYTES:
        return _Content(reason=f"larger than {MAX_FILE_BYTES} bytes")
    return _text_file(store, area, place)


def _text_file(store: ObjectStore, area: ProjectArea, place: Place) -> _Content:
    try:
        text = searchable(read_blob(store, area, place.entry))
    except (ObjectMissing, CorruptObject):
        return _Content(reason="its bytes are lost")
    return _Content(reason=f"not text: {described(place.path)}") if text is None else _Content(lines_of(text))


def _document(store: ObjectStore, area: ProjectArea, place: Place, text: DocumentText | None) -> _Content:
    if place.entry.size > MAX_DOCUMENT_BYTES:
        return _Content(reason=f"larger than {MAX_DOCUMENT_BYTES} bytes")
    if text is None:
        markup = is_markup(place.path) and place.entry.size <= MAX_FILE_BYTES
        found = _text_file(store, area, place) if markup else _Content()
        return replace(found, reason="its text has not been read yet", unread=True)
    text = text.called(place.path)
    if text.problem:
        return _Content(reason=text.problem.removeprefix(f"{place.path} is ").removeprefix(f"{place.path}: "))
    return _Content(text=text, reason=text.gaps)


def _matches(content: _Content, find: Find) -> Iterator[Match]:
    if content.text is not None:
        yield from matches_in_document(find, content.text)
    else:
        for match in matches_in_text(find, content.lines):
            yield replace(match, place=f"line {match.place}")


def _hit(place: Place, match: Match) -> SearchHit:
    return SearchHit(
        run_id=place.run_id,
        path=place.path,
        place=match.place,
        snippet=match.shown,
        start=match.start,
        end=match.end,
    )


def _note(page: SearchPage, place: Place, content: _Content) -> None:
    if not content.reason:
        return
    page.not_searched_total += 1
    if len(page.not_searched) < MAX_NAMED:
        page.not_searched.append(
            NotSearched(run_id=place.run_id, path=place.path, reason=content.reason, unread=content.unread)
        )
