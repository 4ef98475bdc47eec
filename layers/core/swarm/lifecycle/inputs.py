"""What a run is given to work on: files uploaded beforehand, and small text files sent with the request.

An upload is a list of promised files, each with a presigned PUT that takes exactly the promised size and type. What
was really stored is looked at only when a run takes the upload: bytes are hashed, compared with what was promised,
and only then become blobs and part of a workspace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from swarm.adapters import adapter
from swarm.errors import (
    ContradictoryInputs,
    InvalidRequest,
    InvalidUpload,
    StorageFull,
    TooLarge,
    UploadAlreadyOpened,
    UploadNotFound,
    WorkspaceTooLarge,
)
from swarm.ids import could_be_run_id, new_id
from swarm.records.backend import Backend
from swarm.records.quotas import Kind
from swarm.runs.run import Run
from swarm.workspace.file_types import content_type, file_type
from swarm.workspace.objects import DAY, EXPIRES, ObjectMissing, ProjectArea
from swarm.workspace.paths import valid_path
from swarm.workspace.snapshot import FileEntry
from swarm.workspace.working_copy import Workspace, WorkspaceLimits

MAX_FILES = 500
MAX_INPUT_FILES = 2_000
"""Of one run; some tens of seconds of a task's ten minutes."""

MAX_INLINE_FILES = 100
MAX_INLINE_BYTES = 512_000
UPLOAD_LIFETIME = timedelta(hours=1)

PARALLEL_FILES = 8
"""Files of up to 50 MiB are in memory while they are checked; so many at a time."""


@dataclass(frozen=True, slots=True)
class PromisedFile:
    """A file that is going to be uploaded: `size` in bytes, `sha256` in hex where the caller knows it."""

    path: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """The promised files of one upload, in the order in which their objects are numbered.

    `place` is the tenant's that it has until a run takes it.
    """

    id: str
    files: Sequence[PromisedFile]
    place: str = ""


@dataclass(frozen=True, slots=True)
class UploadUrl:
    """Where and how one promised file is to be sent: a PUT with exactly these headers."""

    path: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A new upload: the id by which runs take it, and where its files are to be sent."""

    id: str
    urls: Sequence[UploadUrl]


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A small text file sent with the request."""

    path: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that somebody says to an agent at once: a text, and files that come with it."""

    text: str
    uploads: tuple[str, ...] = ()
    files: tuple[InlineFile, ...] = ()


def open_upload(
    backend: Backend, area: ProjectArea, files: Sequence[PromisedFile], now: datetime, upload_id: str | None = None
) -> OpenUpload:
    """A new upload, which is forgotten after a day. Raises `CallerError`s.

    With an `upload_id` it is that one: the same files again are the same upload.
    """
    checked = _checked(files)
    upload = None if upload_id is None else _opened_before(backend, area, upload_id, checked)
    if upload is None:
        upload = _new_upload(backend, area, upload_id or new_id(), checked, now)
    signer = backend.signer(now, UPLOAD_LIFETIME)
    urls = []
    for number, file in enumerate(upload.files):
        headers = {
            "content-length": str(file.size),
            "content-type": content_type(file.path),
            # Once, so that no more is ever stored than was promised; and not for longer than it may wait for a run.
            "if-none-match": "*",
            "x-amz-tagging": EXPIRES,
        }
        url = signer.put(_file_key(area, upload.id, number), headers=headers)
        urls.append(UploadUrl(file.path, url, headers, signer.expires_at))
    return OpenUpload(upload.id, urls)


def _opened_before(backend: Backend, area: ProjectArea, upload_id: str, files: Sequence[PromisedFile]) -> Upload | None:
    """The upload, if it was opened with these files; raises `UploadAlreadyOpened` where it was with others."""
    try:
        upload = upload_of(backend, area, upload_id)
    except UploadNotFound:
        return None
    if list(upload.files) != list(files):
        raise UploadAlreadyOpened(upload_id)
    return upload


def _new_upload(
    backend: Backend, area: ProjectArea, upload_id: str, files: Sequence[PromisedFile], now: datetime
) -> Upload:
    size = sum(file.size for file in files)
    place = backend.places.take(area.tenant_id, Kind.UPLOADS, now, DAY, size)
    try:
        backend.tenants.promise(area.tenant_id, size)
    except StorageFull:
        backend.places.give_back(area.tenant_id, Kind.UPLOADS, place)
        raise
    upload = Upload(upload_id, files, place)
    if not backend.objects.put_new(_manifest_key(area, upload.id), adapter(Upload).dump_json(upload), expires=True):
        # Another request with the same token was faster: there is one upload, and it counts once.
        backend.places.give_back(area.tenant_id, Kind.UPLOADS, place)
        backend.tenants.take_back(area.tenant_id, size)
        return _opened_before(backend, area, upload_id, files) or upload
    backend.projects.sweep_later(area.tenant_id, area.project_id, now + DAY)
    return upload


def _checked(files: Sequence[PromisedFile]) -> list[PromisedFile]:
    limits = WorkspaceLimits()
    if not 0 < len(files) <= MAX_FILES:
        raise InvalidRequest(f"an upload has 1 to {MAX_FILES} files; send more in further uploads")
    checked = [PromisedFile(valid_path(file.path), file.size, file.sha256) for file in files]
    require_one_workspace(file.path for file in checked)
    for file in checked:
        if file.size > limits.file_bytes:
            raise TooLarge(f"{file.path} has {file.size} bytes; a file may have {limits.file_bytes}")
    if sum(file.size for file in checked) > limits.total_bytes:
        raise WorkspaceTooLarge(f"the files have more than {limits.total_bytes} bytes together")
    return checked


def upload_of(backend: Backend, area: ProjectArea, upload_id: str) -> Upload:
    """The upload. Raises `UploadNotFound`, also for one of another project."""
    if not could_be_run_id(upload_id):
        raise UploadNotFound(upload_id)
    try:
        return adapter(Upload).validate_json(backend.objects.get(_manifest_key(area, upload_id)))
    except ObjectMissing:
        raise UploadNotFound(upload_id) from None


def checked_inline(files: Sequence[InlineFile]) -> list[InlineFile]:
    """Files that came with the request, if a run may begin with them. Raises `CallerError`s."""
    checked = [InlineFile(valid_path(file.path), file.content) for file in files]
    size = sum(len(file.content.encode()) for file in checked)
    if len(checked) > MAX_INLINE_FILES or size > MAX_INLINE_BYTES:
        limit = f"{MAX_INLINE_FILES} files of {MAX_INLINE_BYTES} bytes together"
        raise TooLarge(f"files takes at most {limit}; send larger ones with POST /projects/{{id}}/uploads")
    return checked


def checked_inputs(
    backend: Backend,
    area: ProjectArea,
    upload_ids: Sequence[str],
    files: Sequence[InlineFile],
    inherited: Iterable[str] = (),
) -> list[InlineFile]:
    """The files that came with a request, once they and the uploads fit together, and over what is `inherited`.

    Raises `CallerError`s.
    """
    checked = checked_inline(files)
    uploads = [upload_of(backend, area, upload_id) for upload_id in upload_ids]
    paths = [file.path for upload in uploads for file in upload.files] + [file.path for file in checked]
    require_one_workspace(paths, inherited)
    return checked


def require_one_workspace(paths: Iterable[str], inherited: Iterable[str] = ()) -> None:
    """Raises `ContradictoryInputs` where two inputs have one path, or a path is a file and a folder at once.

    Inputs go over what the workspace inherits; only a file in the place of a folder is none.
    """
    given: set[str] = set()
    for path in paths:
        if path in given:
            raise ContradictoryInputs(f"two of the inputs have the path {path}; give each a path of its own")
        given.add(path)
    if len(given) > MAX_INPUT_FILES:
        raise ContradictoryInputs(
            f"a run begins with at most {MAX_INPUT_FILES} uploaded files; pack them into archives"
        )
    files = given.union(inherited)
    for path in files:
        for parent in list(PurePosixPath(path).parents)[:-1]:
            if str(parent) in files and (path in given or str(parent) in given):
                raise ContradictoryInputs(f"{parent} is a file, so {path} cannot be inside it; leave one of them out")


def store_inline(backend: Backend, area: ProjectArea, run_id: str, files: Sequence[InlineFile]) -> str | None:
    """Store files that came with the request; their key."""
    if not files:
        return None
    key = area.of_run(run_id, "inputs", f"{new_id()}.json")
    backend.objects.put(key, adapter(list[InlineFile]).dump_json(list(files)))
    return key


def inline_of(backend: Backend, run: Run) -> list[InlineFile]:
    """The files that came with the run's request."""
    return [] if run.inputs is None else adapter(list[InlineFile]).validate_json(backend.objects.get(run.inputs))


def take_inputs(
    backend: Backend, area: ProjectArea, upload_ids: Sequence[str], files: Sequence[InlineFile], workspace: Workspace
) -> None:
    """Put uploads and files into a workspace. Raises `InvalidUpload`, before it has changed anything, and
    `CallerError`s of the workspace.
    """
    uploads = [upload_of(backend, area, upload_id) for upload_id in upload_ids]
    for file in [file for upload in uploads for file in stored_files(backend, area, upload)]:
        workspace.link(file.path, file.entry)
    for upload in uploads:
        backend.places.give_back(area.tenant_id, Kind.UPLOADS, upload.place)
    for inline in files:
        workspace.write(inline.path, inline.content.encode())


class Stored(NamedTuple):
    """A file that was uploaded, and is a blob now."""

    path: str
    entry: FileEntry


def stored_files(backend: Backend, area: ProjectArea, upload: Upload) -> Iterator[Stored]:
    """Every file of the upload, checked and stored as a blob, in order. Raises `InvalidUpload`."""

    def store(numbered: tuple[int, PromisedFile]) -> Stored:
        number, file = numbered
        return Stored(file.path, _store(backend, area, file, _file_key(area, upload.id, number)))

    with ThreadPoolExecutor(PARALLEL_FILES) as pool:
        yield from pool.map(store, enumerate(upload.files))


def uploaded(backend: Backend, area: ProjectArea, upload: Upload) -> Iterator[tuple[PromisedFile, bytes]]:
    """Every file of the upload, checked, with its bytes, one after the other. Raises `InvalidUpload`."""
    for number, file in enumerate(upload.files):
        yield file, _checked_bytes(backend, file, _file_key(area, upload.id, number))


def _store(backend: Backend, area: ProjectArea, file: PromisedFile, key: str) -> FileEntry:
    data = _checked_bytes(backend, file, key)
    sha256 = hashlib.sha256(data).hexdigest()
    backend.objects.put(area.blob(sha256), data)
    return FileEntry(sha256, len(data), file_type(file.path))


def _checked_bytes(backend: Backend, file: PromisedFile, key: str) -> bytes:
    try:
        data = backend.objects.get(key)
    except ObjectMissing:
        raise InvalidUpload(f"{file.path} was never uploaded; PUT it to its URL before the run is started") from None
    sha256 = hashlib.sha256(data).hexdigest()
    if len(data) != file.size or (file.sha256 is not None and file.sha256.lower() != sha256):
        raise InvalidUpload(f"{file.path} is not what was promised: {len(data)} bytes with SHA-256 {sha256}")
    return data


def _manifest_key(area: ProjectArea, upload_id: str) -> str:
    return f"{area.prefix}/uploads/{upload_id}/manifest.json"


def _file_key(area: ProjectArea, upload_id: str, number: int) -> str:
    return f"{area.prefix}/uploads/{upload_id}/{number}"
