"""Real handlers as real processes, with limits around them that hold even where the handler's own do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

ROOTS = ("functions", "layers/job")
# As a Lambda function's process has them, and as nobody below it may see them.
SECRETS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLESECRETID",
    "AWS_SECRET_ACCESS_KEY": "example-secret-of-the-role",
    "AWS_SESSION_TOKEN": "example-token-of-the-role",
}
# What a failing defence can cost at most.
BOUNDS = {"RLIMIT_NPROC": 300, "RLIMIT_AS": 4 << 30, "RLIMIT_FSIZE": 256 << 20, "RLIMIT_CPU": 60}
# A user of each test process' own: those of one user may look into each other.
STRANGER = 61_234 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


class Handler:
    """A handler in a process; `pid` is the process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to an event. Raises `RuntimeError` with the text of the handler's error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the handler's process ended with {self._process.wait(10)}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return dict(answer["answer"])


@contextmanager
def handler_process(
    module: str,
    folder: Path,
    *,
    stranger: bool = False,
    environment: Mapping[str, str] | None = None,
    bounds: Mapping[str, int] | None = None,
) -> Iterator[Handler]:
    """`module`'s handler, with `folder` for its /tmp. `stranger`: as a user who owns nothing else, if that can be."""
    other = stranger and os.getuid() == 0
    if other:
        os.chown(folder, STRANGER, STRANGER)
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ROOTS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder),
        **SECRETS,
        **(environment or {}),
    }
    script = ROOT / "tests/support/serve_handler.py"
    python = (other and python_of_everybody()) or sys.executable
    process = subprocess.Popen(
        [python, str(script), module, json.dumps(dict(BOUNDS if bounds is None else bounds))],
        cwd=folder,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Not in the process itself: a process that gives up its user is closed to others from then on.
        user=STRANGER if other else None,
        group=STRANGER if other else None,
        extra_groups=[] if other else None,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Handler(process)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        process.stdout.close()


@cache
def python_of_everybody() -> str | None:
    """A Python that any user can run and that is new enough; None where there is none."""
    new_enough = "import sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        command = [candidate, "-c", new_enough]
        try:
            if subprocess.run(command, user=STRANGER, cwd="/", check=False, capture_output=True).returncode == 0:
                return candidate
        except OSError:
            continue
    return None
