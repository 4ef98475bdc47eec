"""A job as trusted code writes it, and the result of each of its calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from swarm_job.paths import BadPath, inner_path

SCHEMA = 1

TEXTS = "texts"
"""The folder beside the workspace for texts of documents, each named by the SHA-256 of the document's bytes."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class JobRefused(Exception):
    """The job is not one that this code can do: malformed, of another schema, or out of reach."""


class SchemaUnknown(JobRefused):
    """The job was written by another version than this one. Both are the same again when a deployment is through."""


@dataclass(frozen=True)
class SourceFile:
    """A file of the workspace, where its bytes are, and whether it has an execute bit."""

    path: str
    sha256: str
    size: int
    url: str
    executable: bool = False


@dataclass(frozen=True)
class Call:
    """One tool call. The arguments are what the model wrote: anything may be in them."""

    call_id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """What one job may use.

    `seconds` is wall time for all calls together. `cpu_seconds` and `file_bytes` hold for each process and each file,
    `memory_bytes` and `processes` for everything that runs at one time, `output_chars` for the text of each call.
    """

    seconds: int
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    workspace_bytes: int
    new_files: int
    processes: int
    output_chars: int


@dataclass(frozen=True)
class CallResult:
    """What one call came to.

    `output` is the text that the model reads. `files` are the paths that the call created or changed, relative to the
    workspace; those that turn out unchanged or unfit are dropped later, so naming too many does no harm. `pictures` are
    for the model to look at, each a PNG or JPEG in base64.
    """

    call_id: str
    ok: bool
    output: str
    exit_code: int | None = None
    seconds: float = 0.0
    timed_out: bool = False
    notes: Mapping[str, Any] | None = None
    files: Sequence[str] = ()
    pictures: Sequence[str] = ()


@dataclass(frozen=True)
class Upload:
    """A signed S3 POST form: the address, and the fields that go before the file."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """Everything that one invocation is to do."""

    job_id: str
    files: Sequence[SourceFile]
    calls: Sequence[Call]
    limits: Limits
    result: Upload


def parse(document: bytes) -> Job:
    """The job in a JSON document. Raises `SchemaUnknown`, `JobRefused`."""
    try:
        raw = json.loads(document)
        if raw["schema"] != SCHEMA:
            raise SchemaUnknown(f"the job has schema {raw['schema']!r}, this code knows {SCHEMA}")
        job = Job(
            job_id=_text(raw["job_id"]),
            files=[_file(each) for each in raw["files"]],
            calls=[_call(each) for each in raw["calls"]],
            limits=Limits(**{field.name: _count(raw["limits"][field.name]) for field in fields(Limits)}),
            result=Upload(
                _text(raw["result"]["url"]),
                {_text(name): _text(value) for name, value in raw["result"]["fields"].items()},
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError, BadPath) as error:
        raise JobRefused(f"the job is malformed: {type(error).__name__}: {error}") from error
    if len({file.path for file in job.files}) < len(job.files):
        raise JobRefused("the job names a path twice")
    return job


def _file(raw: Mapping[str, Any]) -> SourceFile:
    sha256 = _text(raw["sha256"])
    if not _SHA256.fullmatch(sha256):
        raise ValueError("a sha256 is not 64 hexadecimal digits")
    return SourceFile(
        inner_path(_text(raw["path"])),
        sha256,
        _count(raw["size"], least=0),
        _text(raw["url"]),
        executable=raw.get("executable", False) is True,
    )


def _call(raw: Mapping[str, Any]) -> Call:
    arguments = raw["arguments"]
    if not isinstance(arguments, dict):
        raise TypeError("arguments are not an object")
    return Call(_text(raw["call_id"]), _text(raw["tool"]), arguments)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value


def _count(value: object, least: int = 1) -> int:
    # A bool is an int, and never a count.
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"expected a whole number from {least}, got {value!r}")
    return value
