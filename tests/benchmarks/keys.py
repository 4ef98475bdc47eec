"""A day of runs as writes to partitions: which keys get how many a second, beside what one partition takes.

The keys are those of `swarm.records.keys`, the writes a run those that tests/durability/test_costs.py counts. A day has
a busiest hour; within it runs come at random. A write of an item goes to each index whose key it has, too.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from swarm.records import keys

PARTITION_WRITES = 1_000
"""Write units a second that one partition takes (AWS: best practices for partition keys)."""
SLOTS = 5
BUSY = 3.0
"""The busiest hour has so many times the day's average."""
WINDOW = 60
"""Seconds that are simulated of the busiest hour: what counts is a rate."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench keys", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="a day (1,000,000)")
    parser.add_argument("--tenants", type=int, default=100, help="that share them evenly (100)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    per_second = chosen.runs / 86_400 * BUSY
    print(f"{chosen.runs:,} runs a day: {per_second:.1f} a second in the busiest hour, by {chosen.tenants} tenants")
    print(f"{'partition':44} {'writes/s':>9} {'of 1,000':>9}")
    for kind, most in hottest(per_second, chosen.tenants, chosen.seed).items():
        print(f"{kind:44} {most:9.1f} {most / PARTITION_WRITES:9.1%}")


def hottest(per_second: float, tenants: int, seed: int) -> dict[str, float]:
    """Of each kind of partition the writes a second to the one that gets most, the hottest kind first."""
    chance, writes = random.Random(seed), Counter[str]()
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(round(per_second * WINDOW)):
        at = keys.sortable(began + timedelta(seconds=number / per_second))
        run_id = f"{chance.getrandbits(128):032x}"
        writes.update(_written(f"tenant-{chance.randrange(tenants)}", "project", run_id, at))
    most: dict[str, float] = {}
    for partition, number in writes.items():
        kind = re.sub(r"tenant-\d+", "<tenant>", re.sub(r"R#[0-9a-f]{32}", "R#<run>", partition))
        kind = re.sub(r"#[0-9a-f]$", "#<digit>", kind)
        most[kind] = max(most.get(kind, 0.0), number / WINDOW)
    return dict(sorted(most.items(), key=lambda each: -each[1]))


def _written(tenant: str, project: str, run_id: str, at: str) -> Iterator[str]:
    """The partitions that one run writes to, each as often as it does; every project is its tenant's only one."""
    # Counted in and out of the tenant's active runs; the first one also enters the list of all tenants.
    for _ in range(2):
        yield keys.tenant_key(tenant).pk
        yield "GSI3 " + keys.all_tenants(tenant).pk
    for slot in range(SLOTS):
        yield keys.slot_key(tenant, run_id, slot).pk
        # With each entry of the log the run's item moves on, and with it its copies in three indexes.
        yield keys.run_key(tenant, run_id).pk
        yield "GSI1 " + keys.runs_of_project(tenant, project, at, run_id).pk
        yield "GSI2 " + keys.runs_of_tenant(tenant, at, run_id).pk
        yield "GSI3 " + keys.active_runs(run_id, at).pk
