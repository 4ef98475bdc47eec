"""Which measures of this process took hold, and which the system refused: logged once, and told with each job.

Lambda refuses much of prctl(2), macOS has none of it. A measure that does not hold is no reason to stop, because what
isolates one run from another is the environment that it has to itself; but nobody is to believe in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

_log = logging.getLogger("swarm_job")
_reasons: dict[str, str] = {}
_told: dict[str, str] = {}


def note(measure: str, reason: str) -> None:
    """`reason` says why the measure does not hold; empty when it does. Once refused, it stays so for this process."""
    _reasons[measure] = _reasons.get(measure) or reason


def note_all(report: Mapping[str, str]) -> None:
    """The same for several."""
    for measure, reason in report.items():
        note(measure, reason)


def tell() -> dict[str, dict[str, str] | list[str]]:
    """`{"held": [measure], "refused": {measure: reason}}`; what is new in it goes to the log."""
    if _told != _reasons:
        _told.update(_reasons)
        level = logging.WARNING if any(_reasons.values()) else logging.INFO
        _log.log(level, "defences of the untrusted process: %s", json.dumps(_summary(), sort_keys=True))
    return _summary()


def _summary() -> dict[str, dict[str, str] | list[str]]:
    return {
        "held": sorted(measure for measure, reason in _reasons.items() if not reason),
        "refused": {measure: reason for measure, reason in sorted(_reasons.items()) if reason},
    }
