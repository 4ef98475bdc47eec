"""Figures as people read them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


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
