"""A data folder with thousands of runs in it: starting takes hardly longer, and they are all there."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from infra.local.cloud import LocalCloud
from infra.local.persistence.folder import DataFolder
from tests.durability.world import PROJECT, World
from tests.local.clouds import Clouds

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

RUNS = 5_000
TASKS = [
    "Create a file called a.md with a greeting. touch b.md c.md",
    "touch b.md. run `echo hello > out.txt`. delete b.md",
    "Create a file called long.md with three sections. touch end.md",
]


def test_starting_with_thousands_of_runs_takes_hardly_longer(
    clouds: Clouds, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clouds.stop()
    folder, logs = tmp_path / "data", tmp_path / "logs"
    with LocalCloud(data=folder, log_folder=logs) as cloud, closing(World(cloud, tmp_path)) as world:
        made = [str(world.post(task, task).json()["id"]) for task in TASKS]
        for run_id in made:
            world.end_of(run_id)
    copies = _multiply(folder, made, RUNS // len(made))
    # The first start of a process imports; that is nobody's data.
    empty = _processor_seconds(LocalCloud(data=tmp_path / "empty", log_folder=logs))
    full = _processor_seconds(LocalCloud(data=folder, log_folder=logs))
    with LocalCloud(data=folder, log_folder=logs) as cloud, httpx.Client(base_url=cloud.url, timeout=60) as http:
        listed = http.get(f"/runs?project_id={PROJECT}&limit=100").json()
        assert {each["status"] for each in listed} == {"succeeded"}
        for run_id in (copies[0], copies[-1]):
            files = http.get(f"/runs/{run_id}/workspace/files").json()["files"]
            assert http.get(f"/runs/{run_id}/workspace/files/{files[0]['path']}").status_code == 200
            assert http.get(f"/runs/{run_id}/diff").status_code == 200
    with capsys.disabled():
        runs = len(copies) + len(made)
        sys.stdout.write(f"\n{runs} runs: started in {full:.1f} s of the processor, with none in {empty:.1f} s\n")
    assert full - empty < 3


def _processor_seconds(cloud: LocalCloud) -> float:
    """What the start takes, whatever else the machine is doing."""
    began = time.process_time()
    with cloud:
        return time.process_time() - began


def _multiply(folder: Path, run_ids: list[str], times: int) -> list[str]:
    """Copies of the runs under ids of their own, as if each had been made; the ids."""
    held = DataFolder(folder)
    copies = []
    with closing(sqlite3.connect(held.database)) as database, database:
        items = database.execute("SELECT * FROM items").fetchall()
        versions = database.execute("SELECT * FROM versions").fetchall()
        for run_id in run_ids:
            own_items = [row for row in items if run_id in row[1]]
            own_versions = [row for row in versions if run_id in row[1]]
            for _ in range(times - 1):
                copies.append(copy := uuid.uuid4().hex)
                rows = [tuple(text.replace(run_id, copy) for text in row) for row in own_items]
                database.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
                for name, key, position, body, file in own_versions:
                    other = f"{copy[:2]}/{uuid.uuid4().hex}"
                    (held.objects / other).parent.mkdir(exist_ok=True)
                    os.link(held.objects / file, held.objects / other)
                    row = (name, key.replace(run_id, copy), position, body, other)
                    database.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?)", row)
    held.close()
    return copies
