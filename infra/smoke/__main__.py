"""Whether a deployment does what it promises, a line for each thing.

    ./run.sh smoke https://ID.execute-api.REGION.amazonaws.com KEY
    ./run.sh smoke                                                    starts a laptop cloud, and asks that

Runs are started in a project of their own, with commands, a conversion and a preview; with a model provider they cost
what a few turns cost. Exits with 1 when anything is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import CodexSwarmError
from codex_swarm.models import RunRead, RunStatus
from examples.demo import laptop_cloud

PROBE = Path(__file__).with_name("probe.py")
SECONDS = 600.0
EXACTLY = "Do exactly this and nothing else. "


class Wrong(Exception):
    """Something is not as it should be; the text says what."""


class Smoke:
    """Asks a deployment, and says what it found."""

    def __init__(self, client: CodexSwarmClient, project_id: str) -> None:
        self._client = client
        self._project_id = project_id
        self._document = ""
        self.failed = 0

    def check(self, name: str, do: Callable[[], str]) -> None:
        """Print a verdict: `ok`, or `FAIL` and why."""
        started = time.monotonic()
        try:
            verdict, said = "ok", do()
        except (Wrong, CodexSwarmError) as error:
            verdict, said = "FAIL", str(error)
            self.failed += 1
        print(f"{verdict:4}  {name:34} {time.monotonic() - started:6.1f} s  {said}", flush=True)

    def run(self, instructions: str, files: Mapping[str, str]) -> RunRead:
        """A run that has succeeded."""
        run = self._client.start_run(self._project_id, EXACTLY + instructions, files=files)
        run = self._client.wait(run.run_id, SECONDS)
        if run.status is not RunStatus.SUCCEEDED:
            raise Wrong(f"run {run.run_id} ended as {run.status.value}: {[error.message for error in run.errors]}")
        return run

    def probe(self, what: str, nonce: str) -> Any:
        """What the probe tells from inside the sandbox."""
        run = self.run(f"run `python3 probe.py {what} {nonce}`", {"probe.py": PROBE.read_text()})
        return json.loads(self._client.get_file(run.run_id, "probe.json"))

    def command(self) -> str:
        """A command reads a file and writes one."""
        run = self.run("run `tr a-z A-Z < given.txt > made.txt`", {"given.txt": "smoke"})
        made = self._client.get_file_text(run.run_id, "made.txt")
        if made != "SMOKE":
            raise Wrong(f"made.txt holds {made!r}")
        return f"run {run.run_id}"

    def conversion(self) -> str:
        """A document is converted, and shown."""
        run = self.run("convert note.md to docx", {"note.md": "# Smoke\n\nSome *text*.\n"})
        document = self._client.get_file(run.run_id, "note.docx")
        if not document.startswith(b"PK"):
            raise Wrong("note.docx is no Word document")
        self._document = run.run_id
        return f"{len(document):,} bytes"

    def preview(self) -> str:
        """The converted document can be looked at."""
        shown = self._client.get_preview(self._document, "note.docx")
        if b"Smoke" not in shown.content:
            raise Wrong("the heading is not in it")
        return f"{shown.media_type}, {len(shown.content):,} bytes"

    def environment(self) -> str:
        """What the sandbox allows, and whether it is what is promised everywhere."""
        told = self.probe("look", uuid.uuid4().hex)
        for name in ("prctl", "unshare", "seccomp", "no_new_privileges", "runtime_api", "writable", "tools", "user"):
            print(f"      {name}: {told[name]}")
        wrong = {
            "hosts that were reached": told["reached"],
            "names were resolved": told["resolved"],
            "credentials in the environment": told["credentials"],
            "code that can be written": [folder for folder in told["writable"] if folder not in {"/tmp", "/dev/shm"}],
        }
        if found := {what: value for what, value in wrong.items() if value}:
            raise Wrong(str(found))
        return "no host, no name, no credential, no code to write"

    def isolation(self) -> str:
        """A run finds nothing of one that tried to leave something."""
        nonce = uuid.uuid4().hex
        left, told = self.probe("leave", nonce), self.probe("look", nonce)
        if told["found"]:
            raise Wrong(f"a run found what another had left: {told['found']}")
        return f"nothing found of {len(left['left'])} things left"


def smoke(url: str, key: str | None) -> int:
    """Ask the deployment everything; how much is wrong."""
    with CodexSwarmClient(url, key) as client:
        asking = Smoke(client, f"smoke-{uuid.uuid4().hex[:8]}")
        asking.check("a command", asking.command)
        asking.check("a conversion", asking.conversion)
        asking.check("a preview", asking.preview)
        asking.check("what the environment allows", asking.environment)
        asking.check("isolation of two runs", asking.isolation)
    print("all is as it should be" if not asking.failed else f"{asking.failed} of 5 are not as they should be")
    return asking.failed


def main(arguments: list[str] | None = None) -> int:
    """The process's exit code."""
    parser = argparse.ArgumentParser(prog="./run.sh smoke", description="Whether a deployment does what it promises.")
    parser.add_argument("url", nargs="?", help="the deployment; without it a laptop cloud is started")
    parser.add_argument("key", nargs="?", help="an API key")
    options = parser.parse_args(arguments)
    if options.url:
        return 1 if smoke(options.url, options.key) else 0
    with laptop_cloud({**os.environ, "CROSS_RUN_FAKE_SWARM": "1"}) as url:
        return 1 if smoke(url, None) else 0


if __name__ == "__main__":
    sys.exit(main())
