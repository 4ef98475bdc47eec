"""What can be seen of a file without its program: pages, tables and pictures, drawn by a function that may do nothing.

The bytes of a document are never looked into here. The function that does gets one presigned address; what it answers
is kept under the hash of the file, and served with a policy under which nothing in it can run or call out.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from pydantic import ValidationError

from swarm.adapters import adapter
from swarm.aws import clients
from swarm.aws.functions import CallFailed, CallThrottled, ask
from swarm.aws.presigning import Presigner
from swarm.errors import NoPreview, PageNotFound, PreviewFailed, PreviewsBusy, PreviewTooLarge, WorkspaceFileNotFound
from swarm.ids import RunKey
from swarm.logs import log
from swarm.records.backend import Backend, area_of
from swarm.records.quotas import Kind
from swarm.workspace.file_types import file_type
from swarm.workspace.objects import ObjectMissing
from swarm.workspace.snapshot import FileEntry, Snapshot

VERSION = 2
"""Of what previews look like; a new one draws them again."""

MIB = 1024 * 1024
LARGEST = {
    "markdown": MIB,
    "csv": 2 * MIB,
    "text": 10 * MIB,
    "html": 2 * MIB,
    "docx": 20 * MIB,
    "xlsx": 20 * MIB,
    "pptx": 50 * MIB,
    "pdf": 50 * MIB,
    "image": 30 * MIB,
}
"""Kinds that have previews, and how large a file of each may be."""

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""The Content-Security-Policy that all of them are served with: no script, no request, no form, and nobody's origin."""

LIFETIME = timedelta(seconds=35)
"""Of a preview's place: longer than the gateway lets a request take."""

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"})
_AS = MappingProxyType({".tsv": "csv", ".docm": "docx", ".xlsm": "xlsx", ".pptm": "pptx"})
"""Suffixes that are shown as another kind than their own type says."""

_TEXTS = frozenset("python javascript typescript json yaml css shell xml latex rst".split())
_MEDIA_TYPES = ("text/html; charset=utf-8", "image/png")


@dataclass(frozen=True, slots=True)
class Preview:
    """HTML or a picture to show, or why there is none. `pages` is how many a document of pages has."""

    media_type: str = ""
    content: str = ""
    problem: str = ""
    pages: int | None = None

    @property
    def data(self) -> bytes:
        """What is shown, as bytes."""
        return base64.b64decode(self.content)


def preview(backend: Backend, run: RunKey, files: Snapshot, path: str, signer: Presigner, page: int = 1) -> Preview:
    """The preview of a file, or of a page of it from 1 on, drawn once.

    Raises `CallerError`s that say why there is none.
    """
    entry = files.files.get(path)
    if entry is None:
        raise WorkspaceFileNotFound(path)
    kind = preview_kind(path)
    if kind is None:
        raise NoPreview(path)
    if entry.size > LARGEST[kind]:
        raise PreviewTooLarge(path, entry.size, LARGEST[kind])
    if page > 1 and kind != "pdf":
        raise PageNotFound(path, page, 1)
    shown = _kept_or_drawn(backend, run, _Wanted(kind, entry, page), signer)
    if shown.pages is not None and page > shown.pages:
        raise PageNotFound(path, page, shown.pages)
    if shown.problem or shown.media_type not in _MEDIA_TYPES:
        raise PreviewFailed(path, shown.problem or "it cannot be shown")
    return shown


def preview_kind(path: str) -> str | None:
    """How the file is shown; None where it is not."""
    suffix, kind = PurePosixPath(path).suffix.lower(), file_type(path)
    if kind == "image":
        return kind if suffix in _PICTURES else None
    kind = _AS.get(suffix, "text" if kind in _TEXTS else kind)
    return kind if kind in LARGEST else None


class _Wanted(NamedTuple):
    """What is to be drawn."""

    kind: str
    entry: FileEntry
    page: int


def _kept_or_drawn(backend: Backend, run: RunKey, wanted: _Wanted, signer: Presigner) -> Preview:
    area, sha256 = area_of(run), wanted.entry.sha256
    behind = "" if wanted.page == 1 else f"-{wanted.page}"
    key = area.of_run(run.run_id, "previews", f"{sha256}-{wanted.kind}-{VERSION}{behind}.json")
    try:
        return adapter(Preview).validate_json(backend.objects.get(key))
    except ObjectMissing:
        with backend.places.one(run.tenant_id, Kind.PREVIEWS, signer.now, LIFETIME):
            drawn = _drawn(backend, run, wanted, signer.get(area.blob(sha256)))
    if not (drawn.content or drawn.problem):
        # There is no such page, nor an end of those that there are not.
        return drawn
    # The same bytes give the same preview, or the same reason for none.
    backend.objects.put(key, adapter(Preview).dump_json(drawn))
    return drawn


def _drawn(backend: Backend, run: RunKey, wanted: _Wanted, url: str) -> Preview:
    kind, entry, page = wanted
    asked = {"kind": kind, "url": url, "sha256": entry.sha256, "size": entry.size, "page": page}
    try:
        tenant_id = backend.settings.isolation_id(run)
        answer = ask(clients.functions(), backend.settings.preview_function, asked, tenant_id)
        return adapter(Preview).validate_json(answer)
    except CallThrottled as throttled:
        raise PreviewsBusy from throttled
    except (CallFailed, ValidationError) as failure:
        # Not kept: it may be well the next time.
        log.warning("a preview could not be drawn", kind=kind, sha256=entry.sha256, error=str(failure))
        raise PreviewFailed(entry.sha256[:12], "it could not be drawn just now; try again") from failure
