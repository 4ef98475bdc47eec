"""Metrics in the logs of functions, as CloudWatch finds them there: lines in the embedded metric format."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.local.measuring.measurements import Measurements, Series

MARK = b'"_aws"'
MILLISECONDS = 1_000


class LogLines:
    """Reads what has been written to these files since the last look; what stood there before is of another day."""

    def __init__(self, files: Iterable[Path], measurements: Measurements) -> None:
        self._measurements = measurements
        self._lock = threading.Lock()
        self._read = {file: file.stat().st_size if file.exists() else 0 for file in files}

    def look(self) -> None:
        """Take in what is new."""
        with self._lock:
            for file, begin in self._read.items():
                # A function that was not called yet has no log; the next look comes.
                with suppress(OSError), file.open("rb") as log:
                    log.seek(begin)
                    text = log.read()
                    whole = text.rfind(b"\n") + 1
                    self._read[file] = begin + whole
                    for line in text[:whole].splitlines():
                        if MARK in line:
                            self._take(line)

    def _take(self, line: bytes) -> None:
        # A line that looks like one and is none is somebody's text, as it is to CloudWatch.
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            self._add(json.loads(line))

    def _add(self, told: dict[str, Any]) -> None:
        at = told["_aws"]["Timestamp"] / MILLISECONDS
        for directive in told["_aws"]["CloudWatchMetrics"]:
            sets = [frozenset((name, str(told[name])) for name in names) for names in directive["Dimensions"]]
            finest = max(sets, key=len)
            for metric in directive["Metrics"]:
                values = told[metric["Name"]]
                for dimensions in sets:
                    series = Series(directive["Namespace"], metric["Name"], dimensions)
                    for value in values if isinstance(values, list) else [values]:
                        self._measurements.add(series, float(value), at, told=dimensions == finest)
