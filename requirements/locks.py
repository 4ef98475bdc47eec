"""The lock files: what each is made from, how to renew them, and what must hold for them to be trusted.

`python -m requirements.locks renew` resolves again; `check` in its place asks no registry.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
DEV = Path("requirements/dev.txt")
CORE = Path("layers/core/requirements.txt")
LAYERS = ("core", "agent", "data", "documents", "preview", "telemetry", "identity")
LAYER_INPUTS = tuple(Path("layers", name, "requirements.in") for name in LAYERS)

_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
# No option of a line's own either, by whatever name: a lock has pins, and their hashes behind them.
_HOST_OR_PATH = re.compile(r"^-|://| @ |(?:^|\s)/\w", re.MULTILINE)


class Lock(NamedTuple):
    """One lock file and the arguments that `uv pip compile` makes it from."""

    path: Path
    sources: tuple[str, ...]
    follows_dev: bool = True
    without_core: bool = False


# In order: what comes after dev.txt takes its versions from there; the agent layer leaves out what core has.
LOCKS = (
    Lock(DEV, ("pyproject.toml", "--group", "dev", *map(str, LAYER_INPUTS)), follows_dev=False),
    Lock(Path("requirements/uv.txt"), ("requirements/uv.in",)),
    Lock(CORE, (str(LAYER_INPUTS[0]),)),
    Lock(Path("layers/agent/requirements.txt"), (str(LAYER_INPUTS[1]),), without_core=True),
    Lock(Path("layers/data/requirements.txt"), (str(LAYER_INPUTS[2]),)),
    Lock(Path("layers/documents/requirements.txt"), (str(LAYER_INPUTS[3]),)),
    Lock(Path("layers/preview/requirements.txt"), (str(LAYER_INPUTS[4]),)),
    Lock(Path("layers/telemetry/requirements.txt"), (str(LAYER_INPUTS[5]),), without_core=True),
    Lock(Path("layers/identity/requirements.txt"), (str(LAYER_INPUTS[6]),), without_core=True),
    Lock(Path("requirements/sam.txt"), ("--group", "sam"), follows_dev=False),
    Lock(Path("requirements/checkov.txt"), ("--group", "checkov"), follows_dev=False),
    Lock(Path("requirements/docs.txt"), ("--group", "docs"), follows_dev=False),
    Lock(Path("requirements/bench.txt"), ("--group", "bench"), follows_dev=False),
)

OWN_ENVIRONMENTS = ("sam", "checkov", "docs", "bench")
"""Groups of pyproject.toml that are not installed with the rest."""


def pins(lock: Path) -> dict[str, str]:
    """Canonical package name -> pinned version."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(lock.read_text())}


def renew(*, upgrade: bool = False, root: Path = ROOT) -> None:
    """Resolve every lock again. A package keeps its version while its input allows, unless `upgrade`."""
    for lock in LOCKS:
        command = ["uv", "pip", "compile", *lock.sources, "--output-file", str(lock.path)]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
        command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
        if upgrade:
            command += ["--upgrade"]
        if lock.follows_dev:
            command += ["--constraints", str(DEV)]
        if lock.without_core:
            command += [f"--no-emit-package={name}" for name in pins(root / CORE)]
        subprocess.run(command, cwd=root, check=True)
        print(f"{lock.path}: {len(pins(root / lock.path))} packages")


def problems(root: Path = ROOT) -> Iterator[str]:
    """What is wrong with the lock files, one sentence each; nothing when they can be trusted."""
    dev = pins(root / DEV)
    for lock in LOCKS:
        text = (root / lock.path).read_text()
        if found := _HOST_OR_PATH.search(text):
            yield f"{lock.path} names a host or a path near {text[found.start() :][:40]!r}"
        for entry in re.split(r"\n(?=\S)", text.strip()):
            if "--hash=sha256:" not in entry:
                yield f"{lock.path} has an entry without a hash: {entry.splitlines()[0]!r}"
        if lock.follows_dev:
            for name, version in pins(root / lock.path).items():
                if dev.get(name) != version:
                    yield f"{lock.path} pins {name} {version}, but {DEV} has {dev.get(name)}"
    for requirement in _asked_for(root):
        pinned = dev.get(canonicalize_name(requirement.name))
        if pinned is None or pinned not in requirement.specifier:
            yield f"{DEV} has {requirement.name} {pinned}, but {requirement} is asked for; run ./run.sh lock"


def _asked_for(root: Path) -> Iterator[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = {name: entries for name, entries in project["dependency-groups"].items() if name not in OWN_ENVIRONMENTS}
    wanted = [*project["project"]["dependencies"]]
    wanted += [entry for entries in groups.values() for entry in entries if isinstance(entry, str)]
    for source in LAYER_INPUTS:
        lines = (root / source).read_text().splitlines()
        wanted += [line for line in lines if line and not line.startswith("#")]
    yield from map(Requirement, wanted)


def main(arguments: list[str]) -> int | str:
    """What the process exits with."""
    match arguments:
        case ["check"]:
            pass
        case ["renew", *options] if options in ([], ["--upgrade"]):
            renew(upgrade=bool(options))
        case _:
            return "usage: python -m requirements.locks renew [--upgrade] | check"
    if found := list(problems()):
        return "\n".join(found)
    print(f"{len(LOCKS)} lock files: hashes everywhere, no hosts, layers agree with {DEV}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
