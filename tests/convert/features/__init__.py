"""One feature of an office file in a file of its own, with the words that reading has to give or to name.

`test_features.py` counts them, and `docs/conversions.md` has the figure. `python -m tests.convert.features EARLIER`
counts for another version of the product, whose `functions` and `layers/job` are in that folder (`git archive`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """A file and the words that are in it."""

    name: str
    data: bytes
    words: tuple[str, ...]


def missing(features: Iterable[Feature], readings: Mapping[str, str]) -> list[tuple[str, str]]:
    """File and word of all that is not in what reading the file gave."""
    return [(each.name, word) for each in features for word in each.words if word not in readings[each.name]]
