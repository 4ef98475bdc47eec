"""What the offline model makes of each task, so that a change in it is noticed. It is no measure of anything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from evals.runs import Attempt

OFFLINE = "offline"
"""The model's name in reports."""

MISSED: dict[str, list[str]] = json.loads(Path(__file__).with_name("offline.json").read_text(encoding="utf-8"))
"""For each task the graders that it fails: it makes files and converts them, and understands nothing."""


def surprises(attempts: Sequence[Attempt]) -> list[str]:
    """Each task that came out otherwise, and how."""
    found = []
    for attempt in attempts:
        expected, missed = set(MISSED[attempt.task]), set(attempt.faults)
        told = [f"now passes {name}" for name in sorted(expected - missed)]
        told += [f"now fails {name}: {attempt.faults[name]}" for name in sorted(missed - expected)]
        if told:
            found.append(f"{attempt.task}: {'; '.join(told)}")
    return found
