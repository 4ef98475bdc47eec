"""Three tenants, one of whom does all that it can to stop the others, on a laptop cloud.

What the others see is measured before it begins, and while it goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.cloud import LocalCloud
from tests.benchmarks.figures import spread
from tests.benchmarks.people import Measured
from tests.support.paths import ROOT

WARM_UP_SECONDS = 5


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench abuse", description=__doc__)
    parser.add_argument("--quiet", type=int, default=20, help="seconds of the others alone (20)")
    parser.add_argument("--seconds", type=int, default=60, help="seconds of abuse (60)")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as logs, LocalCloud(log_folder=Path(logs)) as cloud:
        found = measure(cloud, chosen.quiet, chosen.seconds)
    for name, others in (("before", found.before), ("meanwhile", found.meanwhile)):
        ends = ", ".join(f"{number} {end}" for end, number in Counter(others.ends).items())
        print(f"{name:10} {spread(others.seconds)}; runs: {ends}; failed: {len(others.failed)}")
        for failure in others.failed[:5]:
            print(f"           {failure}")
    print(f"abuse      {len(found.abuse.ends)} requests, {len(found.abuse.failed)} failed")
    for habit, number in sorted(Counter(found.abuse.ends).items()):
        print(f"           {number:6} {habit}")
    for failure in found.abuse.failed[:5]:
        print(f"           {failure}")


@dataclass(frozen=True, slots=True)
class Found:
    """What the two others together came to before and meanwhile, and what the third did."""

    before: Measured
    meanwhile: Measured
    abuse: Measured


def measure(cloud: LocalCloud, quiet: int, seconds: int) -> Found:
    """So many seconds without abuse, and so many with it."""
    _others(cloud, WARM_UP_SECONDS)
    before = _others(cloud, quiet)
    with _somebody(cloud, "abusive", "third", seconds) as third:
        meanwhile = _others(cloud, seconds)
        return Found(before, meanwhile, _measured(third))


def _others(cloud: LocalCloud, seconds: int) -> Measured:
    whole = Measured()
    with _somebody(cloud, "ordinary", "first", seconds) as one, _somebody(cloud, "ordinary", "second", seconds) as two:
        for each in map(_measured, (one, two)):
            whole.seconds += each.seconds
            whole.failed += each.failed
            whole.ends += each.ends
    return whole


@contextmanager
def _somebody(cloud: LocalCloud, role: str, tenant: str, seconds: int) -> Iterator[subprocess.Popen[str]]:
    key = secrets.token_urlsafe(24)
    digest = hashlib.sha256(key.encode()).hexdigest()
    item = {"PK": {"S": f"KEY#{digest}"}, "SK": {"S": "META"}, "tenant_id": {"S": tenant}}
    cloud.client("dynamodb").put_item(TableName=cloud.table_name, Item=item)
    command = [sys.executable, "-m", "tests.benchmarks.people", role, cloud.url, key, str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _measured(process: subprocess.Popen[str]) -> Measured:
    said, _ = process.communicate()
    return Measured(**json.loads(said))
