"""Figures as people read them, and as a program does."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One line of the table; `beside` is the same of the alternative, if there is one, and `target` what is wanted."""

    name: str
    value: float
    unit: str
    alternative: str = ""
    beside: float | None = None
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the alternative's figure this one is."""
        return self.value / self.beside if self.beside else None

    def line(self) -> str:
        """The figure as a row of a table."""
        ratio = "" if self.ratio is None else f"{self.ratio:8.2f} x {self.alternative}"
        # What is counted is told to the last digit, what is measured is not that exact.
        value = f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:.4g}"
        return f"{self.name:44} {value:>10} {self.unit:14} {self.target:12} {ratio}"


def keep(figures: Sequence[Figure], path: Path) -> None:
    """Leave the figures as JSON, with what they were measured on."""
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "figures": [{**asdict(figure), "ratio": figure.ratio} for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent) // 100) - 1)]


def spread(values: Sequence[float], unit: str = "ms", scale: float = 1_000) -> str:
    """p50, p95, p99 and the greatest, of seconds unless scaled otherwise."""
    shown = [f"p{percent} {percentile(values, percent) * scale:.0f}" for percent in (50, 95, 99)]
    return f"{'  '.join(shown)}  max {max(values) * scale:.0f} {unit}  ({len(values)} measured)"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
