"""An installation of the earlier version, taken over by the laptop cloud: once, and once more."""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from pathlib import Path

from codex_swarm.client import CodexSwarmClient
from codex_swarm.migration.earlier import EarlierInstallation
from codex_swarm.migration.moving import move
from infra.local.cloud import LocalCloud
from tests.migration.earlier import installation


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench migrate", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=1000, help="finished runs, each with two steps and three files (1000)"
    )
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        places = installation(Path(folder), "newest", [str(uuid.uuid4()) for _ in range(chosen.runs)])
        with (
            LocalCloud(log_folder=Path(folder, "logs")) as cloud,
            CodexSwarmClient(cloud.url, call_timeout=120) as client,
        ):
            for time_of in ("first", "second"):
                began = time.perf_counter()
                moved = move(EarlierInstallation(**places), client)
                seconds = time.perf_counter() - began
                print(
                    f"{time_of:7} {seconds:6.1f} s: {moved.runs} runs, {moved.files} files, {moved.steps} steps, "
                    f"{moved.already_here} were here already, {len(moved.left)} left",
                    flush=True,
                )
