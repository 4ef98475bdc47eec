"""From starting `services` to its first answer, as a person waits for it."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time

import httpx

from tests.benchmarks.figures import Figure, median
from tests.support.paths import ROOT


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="after one that is not counted (5)")
    print(measure(parser.parse_args(arguments).rounds).line())


def measure(rounds: int) -> Figure:
    """The median; the files are warm by the round that is not counted."""
    seconds = [_once() for _ in range(rounds + 1)][1:]
    return Figure("start to ready, warm", median(seconds), "s", target="2")


def _once() -> float:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "infra.local", "services", "--ephemeral", "--port", str(port)]
    environment = {**os.environ, "CROSS_RUN_FAKE_SWARM": "1"}
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as services:
        try:
            while not _answers(port):
                if services.poll() is not None or time.monotonic() - began > 60:
                    raise SystemExit("services did not start")
                time.sleep(0.01)
            return time.monotonic() - began
        finally:
            services.send_signal(signal.SIGINT)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).is_success
    except httpx.TransportError:
        return False
