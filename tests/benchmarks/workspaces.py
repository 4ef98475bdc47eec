"""Workspaces on a laptop cloud: a listing with URLs, beside S3's own; a run on a clone, beside copying its files."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import ProjectImport, RunImport, RunStatus
from infra.local.cloud import TENANT, LocalCloud
from swarm.workspace.objects import ProjectArea
from swarm.workspace.snapshot import FileEntry, Snapshot
from tests.benchmarks.figures import Figure, median

PROJECT = "bench"
ROUNDS = 9
RUNS = 5
NOTHING, ONE_FILE = "wait 0 seconds", "touch new.md"
MANY = 10_000
MOST = 100_000
"""Files of the workspaces that are only cloned and changed: copying so many would take minutes."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench workspaces", description=__doc__)
    parser.add_argument("--files", type=int, default=1_000, help="of the workspace (1,000)")
    for figure in measure(parser.parse_args(arguments).files):
        print(figure.line())


def measure(files: int) -> list[Figure]:
    """Milliseconds of the clock, each with its alternative in turns."""
    with (
        tempfile.TemporaryDirectory() as logs,
        LocalCloud(log_folder=Path(logs)) as cloud,
        CodexSwarmClient(cloud.url, call_timeout=120) as client,
        httpx.Client(base_url=cloud.url, timeout=60) as http,
    ):
        run_id = _with_files(cloud, client, files)
        s3 = cloud.client("s3")
        for number in range(files):
            s3.put_object(Bucket=cloud.bucket_name, Key=f"copied/{number:06}.txt", Body=b"")

        def listed() -> None:
            page = http.get(f"/runs/{run_id}/workspace/files", params={"limit": 1_000}).raise_for_status()
            assert len(page.json()["files"]) == min(files, 1_000)

        def listed_by_s3() -> None:
            found = s3.list_objects_v2(Bucket=cloud.bucket_name, Prefix="copied/", MaxKeys=1_000)["Contents"]
            for each in found:
                s3.generate_presigned_url("get_object", Params={"Bucket": cloud.bucket_name, "Key": each["Key"]})

        def cloned() -> None:
            _run(client, run_id, NOTHING)

        def copied() -> None:
            for number in range(files):
                key = f"copied/{number:06}.txt"
                s3.copy_object(Bucket=cloud.bucket_name, Key=f"clone/{key}", CopySource=f"{cloud.bucket_name}/{key}")

        listing, theirs = _in_turns(listed, listed_by_s3, ROUNDS)
        clone, copying = _in_turns(cloned, copied, 3)
        many, most = _with_files(cloud, client, MANY), _with_files(cloud, client, MOST)
        on_many = _more_than_on_none(client, many, NOTHING)
        changed = _more_than_on_none(client, most, ONE_FILE) - _more_than_on_none(client, most, NOTHING)
    return [
        Figure(f"listing {files:,} files with URLs", listing, "ms", "boto3, ListObjectsV2", theirs, "30"),
        Figure(f"run on a clone of {files:,} files, as waited for", clone, "ms", "copying its objects", copying),
        Figure(f"run on a clone of {MANY:,} files, more than on none", on_many, "ms", target="100"),
        Figure(f"commit of one changed file in {MOST:,}", changed, "ms", target="300"),
    ]


def _more_than_on_none(client: CodexSwarmClient, run_id: str, instructions: str) -> float:
    """By how many milliseconds a run on this run's files takes longer, from its creation to its end."""
    on_files, on_none = [], []
    for _ in range(RUNS):
        on_files.append(_run(client, run_id, instructions))
        on_none.append(_run(client, None, instructions))
    return (median(on_files[1:]) - median(on_none[1:])) * 1e3


def _with_files(cloud: LocalCloud, client: CodexSwarmClient, files: int) -> str:
    """A run with so many empty files; an import takes fewer at once, so they are put where the run has its list."""
    at = datetime.now(UTC)
    run = RunImport(id=uuid.uuid4().hex, status=RunStatus.SUCCEEDED, created_at=at, ended_at=at)
    client.import_run(PROJECT, ProjectImport(created_at=at), run)
    empty = FileEntry(sha256=hashlib.sha256(b"").hexdigest(), size=0, type="text")
    listed = Snapshot({f"folder/{number:06}.txt": empty for number in range(files)}).encode()
    place = ProjectArea(TENANT, PROJECT).of_run(run.id, "snapshots", "imported.json.gz")
    cloud.client("s3").put_object(Bucket=cloud.bucket_name, Key=place, Body=listed)
    return run.id


def _run(client: CodexSwarmClient, from_run_id: str | None, instructions: str) -> float:
    """The run's own seconds: whoever waits for it looks only now and then."""
    started = client.start_run(PROJECT, instructions, from_run_id=from_run_id)
    ended = client.wait(started.id)
    assert ended.status is RunStatus.SUCCEEDED, ended.errors
    assert ended.ended_at is not None
    return (ended.ended_at - ended.created_at).total_seconds()


def _in_turns(ours: Callable[[], None], theirs: Callable[[], None], rounds: int) -> tuple[float, float]:
    """The median of each in milliseconds; the first round of both is not counted."""
    measured = [(_seconds(ours), _seconds(theirs)) for _ in range(rounds + 1)][1:]
    return median([each[0] for each in measured]) * 1e3, median([each[1] for each in measured]) * 1e3


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
