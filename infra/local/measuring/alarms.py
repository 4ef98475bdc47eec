"""The alarms of the template, evaluated over what the laptop has measured as CloudWatch would.

"Using Amazon CloudWatch alarms" (docs.aws.amazon.com) says how: M of the last N periods, and what a missing one counts
as. The period that is under way counts as far as it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.local.measuring.expressions import evaluate
from infra.local.measuring.measurements import Measurements, Series
from infra.local.moto_patches.cloudformation import Resolved

ALARM = "AWS::CloudWatch::Alarm"
State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Alarm:
    """One alarm, by its logical id, as the template defines it."""

    name: str
    definition: Mapping[str, Any]

    @property
    def description(self) -> str:
        """What it means, and where it says what to do."""
        return str(self.definition.get("AlarmDescription", ""))

    def state(self, measurements: Measurements) -> State:
        """How it stands at the time of these measurements."""
        periods = int(self.definition["EvaluationPeriods"])
        needed = int(self.definition.get("DatapointsToAlarm", periods))
        missing = self.definition.get("TreatMissingData", "missing")
        breaches = [self._breaches(value) for value in self._values(measurements, periods)]
        if missing == "breaching":
            breaches = [breach is not False for breach in breaches]
        if sum(breach is True for breach in breaches) >= needed:
            return "ALARM"
        if missing == "missing" and all(breach is None for breach in breaches):
            return "INSUFFICIENT_DATA"
        return "OK"

    def _breaches(self, value: float | None) -> bool | None:
        if value is None:
            return None
        return _COMPARISONS[self.definition["ComparisonOperator"]](value, float(self.definition["Threshold"]))

    def _values(self, measurements: Measurements, periods: int) -> list[float | None]:
        """Of the last periods, the newest first, without the one under way until something was measured in it."""
        period = self._period
        now = int(measurements.clock()) // period * period
        under_way = self._value(measurements, now, now + period)
        found: list[float | None] = [] if under_way is None else [under_way]
        for begin in (now - number * period for number in range(1, periods + 1 - len(found))):
            value = self._value(measurements, begin, begin + period)
            # Of a time before the start nothing is missing.
            if value is not None or begin >= measurements.since:
                found.append(value)
        return found

    @property
    def _period(self) -> int:
        if "Metrics" not in self.definition:
            return int(self.definition["Period"])
        return max(int(each["MetricStat"]["Period"]) for each in self.definition["Metrics"] if "MetricStat" in each)

    def _value(self, measurements: Measurements, begin: float, end: float) -> float | None:
        if "Metrics" not in self.definition:
            return measurements.statistic(_series(self.definition), str(self.definition["Statistic"]), begin, end)
        given = [each for each in self.definition["Metrics"] if "MetricStat" in each]
        [computed] = [each for each in self.definition["Metrics"] if "Expression" in each]
        values = {each["Id"]: _one(each["MetricStat"], measurements, begin, end) for each in given}
        return evaluate(computed["Expression"], values)


def alarms_of(resources: Iterable[Resolved]) -> list[Alarm]:
    """The alarms among the resources of the stacks."""
    return [Alarm(each.logical_id, each.properties) for each in resources if each.type == ALARM]


def _one(stat: Mapping[str, Any], measurements: Measurements, begin: float, end: float) -> float | None:
    return measurements.statistic(_series(stat["Metric"]), str(stat["Stat"]), begin, end)


def _series(metric: Mapping[str, Any]) -> Series:
    dimensions = frozenset((str(each["Name"]), str(each["Value"])) for each in metric.get("Dimensions", ()))
    return Series(str(metric["Namespace"]), str(metric["MetricName"]), dimensions)
