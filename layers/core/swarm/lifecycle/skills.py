"""Skills kept for later runs, and given to a run as it begins.

A skill's files are stored together, as one object named by their version, so that a reader has all of them or none.
A run has them as blobs of its project, named by a snapshot of its own: what becomes of the skill later is nothing to
it. They lie over the run's files, and are none of them: no listing, difference or archive has them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from pydantic_core import from_json

from swarm.errors import CorruptObject, InvalidSkill, InvalidUpload, SkillNotFound, TooLarge, TooManySkills
from swarm.lifecycle.inputs import InlineFile, checked_inline, upload_of, uploaded
from swarm.records.backend import Backend, area_of
from swarm.runs.run import Run
from swarm.runs.skills import (
    MAIN,
    MAX_BYTES,
    MAX_FILES,
    MAX_SKILLS,
    Skill,
    SkillFile,
    description_of,
    folder_of,
    valid_name,
    without_folder,
)
from swarm.workspace.file_types import file_type
from swarm.workspace.objects import DAY, ProjectArea, skills_of
from swarm.workspace.snapshot import FileEntry, Snapshot

_PARALLEL = 16


def put(
    backend: Backend,
    tenant_id: str,
    project_id: str | None,
    name: str,
    files: Sequence[InlineFile],
    uploads: Mapping[str, ProjectArea],
    *,
    now: datetime,
) -> Skill:
    """Keep these files as the skill of this name; the same files again change nothing.

    `uploads` are ids, each with the area of the project that it was made for. Raises `CallerError`s, and nothing is
    changed then.
    """
    valid_name(name)
    before = {skill.name: skill for skill in backend.skills.of(tenant_id, project_id)}
    if name not in before and len(before) >= MAX_SKILLS:
        raise TooManySkills(MAX_SKILLS)
    contents = _contents(backend, files, uploads)
    description = description_of(name, contents[MAIN])
    entries = _entries(contents)
    version = Snapshot(entries).digest
    if name in before and before[name].version == version:
        return before[name]
    packed = _packed(contents)
    backend.tenants.promise(tenant_id, len(packed))
    skill = Skill(
        tenant_id=tenant_id,
        project_id=project_id,
        name=name,
        description=description,
        version=version,
        files=tuple(SkillFile(path=path, size=entry.size) for path, entry in sorted(entries.items())),
        key=f"{skills_of(tenant_id, project_id)}{name}/{version}.json.gz",
        changed_at=now,
    )
    # What a record names is there before it.
    backend.objects.put(skill.key, packed)
    backend.skills.put(skill)
    _sweep_later(backend, skill, now)
    return skill


def drop(backend: Backend, skill: Skill, *, now: datetime) -> None:
    """Keep the skill no longer; runs that have begun have their own copy of it. Raises `LegalHold`."""
    backend.tenants.require_no_hold(skill.tenant_id)
    backend.skills.drop(skill, now)
    _sweep_later(backend, skill, now)


def _sweep_later(backend: Backend, skill: Skill, now: datetime) -> None:
    """What runs may be reading just now goes a day later; the janitor looks at tenants each time anyway."""
    if skill.project_id is not None:
        backend.projects.sweep_later(skill.tenant_id, skill.project_id, now + DAY)


def give(backend: Backend, run: Run, skills: Sequence[Skill]) -> Snapshot:
    """Store the files of these skills as blobs of the run's project; where the run finds them."""
    area, found = area_of(run.key), {}
    for skill in skills:
        contents = _unpacked(backend.objects.get(skill.key))
        entries = _entries(contents)
        if Snapshot(entries).digest != skill.version:
            raise CorruptObject(f"the skill {skill.name} does not have the files that its version promises")
        with ThreadPoolExecutor(_PARALLEL) as pool:
            blobs = {entries[path].sha256: data for path, data in contents.items()}
            # A plain put each time: that is what keeps a blob from being swept (`swarm.retention.sweeping`).
            list(pool.map(lambda blob: backend.objects.put(area.blob(blob[0]), blob[1]), blobs.items()))
        found.update({folder_of(skill.name) + path: entry for path, entry in entries.items()})
    return Snapshot(found)


def file_of(backend: Backend, skill: Skill, path: str) -> bytes:
    """A file of the skill. Raises `SkillNotFound`."""
    try:
        return _unpacked(backend.objects.get(skill.key))[path]
    except KeyError:
        raise SkillNotFound(skill.name, path) from None


def _contents(backend: Backend, files: Sequence[InlineFile], uploads: Mapping[str, ProjectArea]) -> Mapping[str, bytes]:
    """Each file of the skill's folder. Raises `CallerError`s."""
    sent = [(file.path, file.content.encode()) for file in checked_inline(files)]
    promised = [(area, upload_of(backend, area, upload_id)) for upload_id, area in uploads.items()]
    sizes = [len(data) for _, data in sent] + [file.size for _, upload in promised for file in upload.files]
    if len(sizes) > MAX_FILES or sum(sizes) > MAX_BYTES:
        raise TooLarge(
            f"a skill has at most {MAX_FILES} files, and {MAX_BYTES} bytes together; leave out what runs do not need"
        )
    for area, upload in promised:
        try:
            sent.extend((file.path, data) for file, data in uploaded(backend, area, upload))
        except InvalidUpload as error:
            raise InvalidSkill(str(error)) from error
    inside = without_folder(path for path, _ in sent)
    contents = {inside[path]: data for path, data in sent}
    if len(contents) < len(sent):
        raise InvalidSkill("two of the files have one path; give each a path of its own")
    return contents


def _entries(contents: Mapping[str, bytes]) -> dict[str, FileEntry]:
    return {
        path: FileEntry(hashlib.sha256(data).hexdigest(), len(data), file_type(path)) for path, data in contents.items()
    }


def _packed(contents: Mapping[str, bytes]) -> bytes:
    files = {path: b64encode(contents[path]).decode() for path in sorted(contents)}
    return gzip.compress(json.dumps({"schema": 1, "files": files}, ensure_ascii=False).encode(), mtime=0)


def _unpacked(data: bytes) -> dict[str, bytes]:
    return {path: b64decode(text) for path, text in from_json(gzip.decompress(data))["files"].items()}
