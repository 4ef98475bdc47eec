"""Real handlers as real processes, with limits around them that hold even where the handler's own do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

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
    """A handler in a process; `pid` is the process, as its commands see it."""

    def __init__(self, process: subprocess.Popen[str], world: str) -> None:
        self._process = process
        self.world = world
        line = self._line()
        if not line:
            raise RuntimeError(f"the handler's process ended with {process.wait(10)} as it began")
        self.pid = int(json.loads(line)["pid"])
        self._own = set(_below(process.pid))

    def __call__(self, event: Mapping[str, Any], tenant: str = "those of this test") -> dict[str, Any]:
        """The answer to an event, invoked for this tenant. Raises `RuntimeError` with the handler's error."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"event": event, "tenant": tenant}) + "\n")
        self._process.stdin.flush()
        line = self._line()
        if not line:
            raise RuntimeError(f"the handler's process ended with {self._process.wait(10)}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return dict(answer["answer"])

    def left(self) -> list[str]:
        """The command lines of processes that the handler's work has left running."""
        return [words for pid, words in _below(self._process.pid).items() if pid not in self._own]

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _below(pid: int) -> dict[int, str]:
    """Living processes below this one, and itself, with their command lines."""
    found = {}
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        folder = Path(f"/proc/{each}")
        try:
            for task in (folder / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if (folder / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                found[each] = words
        except OSError:
            continue
    return found


LAPTOP, LAMBDA = "laptop", "lambda"
CODE = {"/var/task": ROOT / "functions", "/opt/python": ROOT / "layers/job", "/var/runtime": ROOT / "tests/support"}


@contextmanager
def handler_process(
    module: str,
    folder: Path,
    *,
    stranger: bool = False,
    environment: Mapping[str, str] | None = None,
    bounds: Mapping[str, int] | None = None,
    world: str = LAPTOP,
    log: IO[str] | None = None,
    prefix: Sequence[str] = (),
    packages: bool = False,
) -> Iterator[Handler]:
    """`module`'s handler, with `folder` for its /tmp. `stranger`: as a user who owns nothing else, if that can be.

    In the world `lambda` it always is one, and under the rules of `lambda_rules.py`, which only root can set up. `log`
    takes what the handler logs; `prefix` goes before the command. `packages`: those of the tests are there, too, as a
    layer has them.
    """
    other = (stranger or world == LAMBDA) and os.getuid() == 0
    if other:
        os.chown(folder, STRANGER, STRANGER)
    python = (other and python_of_everybody()) or sys.executable
    limits = json.dumps(dict(BOUNDS if bounds is None else bounds))
    if world == LAMBDA:
        command, variables = _under_lambda_rules(module, folder, limits, dict(environment or {}), packages=packages)
    else:
        command = [python, str(ROOT / "tests/support/serve_handler.py"), module, limits]
        variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ROOTS),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(folder),
            **SECRETS,
            **(environment or {}),
        }
    # Who gives up their user does so later under Lambda's rules: those take root to set up.
    user = STRANGER if other and world != LAMBDA else None
    process = subprocess.Popen(
        [*prefix, *command],
        cwd=folder,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        # Not in the process itself: a process that gives up its user is closed to others from then on.
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Handler(process, world)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        process.stdout.close()


def _under_lambda_rules(
    module: str, folder: Path, limits: str, environment: Mapping[str, str], *, packages: bool
) -> tuple[list[str], dict[str, str]]:
    """The command that starts a handler under Lambda's rules, and its environment."""
    code = CODE | ({"/opt/packages": Path(sysconfig.get_path("platlib"))} if packages else {})
    plan = {
        "command": ["/usr/bin/python3", "/var/runtime/serve_handler.py", module, limits],
        "environment": {
            "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
            "LAMBDA_TASK_ROOT": "/var/task",
            "PYTHONPATH": "/var/task:/opt/python:/opt/packages",
            "PYTHONDONTWRITEBYTECODE": "1",
            **SECRETS,
            **environment,
        },
        "user": STRANGER,
        "tmp": str(folder),
        "mounts": {place: str(source) for place, source in code.items()},
    }
    rules = str(ROOT / "tests/support/lambda_rules.py")
    unshare = ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--ipc"]
    return [*unshare, sys.executable, "-I", rules, json.dumps(plan)], {"PATH": os.environ["PATH"]}


@cache
def lambda_rules_can_be_had() -> bool:
    """Whether this user may set up namespaces: root, where nothing forbids it."""
    command = ["unshare", "--fork", "--pid", "--mount", "--ipc", "true"]
    try:
        return os.getuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@cache
def lambda_rules_have_packages() -> bool:
    """Whether the Python that is there under Lambda's rules is of the version that the packages were installed for."""
    asked = ["/usr/bin/python3", "-c", "import sys; print(*sys.version_info[:2])"]
    return subprocess.run(asked, capture_output=True, check=False, text=True).stdout.split() == [
        str(number) for number in sys.version_info[:2]
    ]


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
