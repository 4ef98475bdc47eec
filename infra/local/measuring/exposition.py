"""`/metrics` of the laptop cloud, in the text format of Prometheus."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from infra.local.measuring.alarms import Alarm
from infra.local.measuring.measurements import Measurements, Series, Statistics
from swarm import metrics

NOW = {each.name for each in metrics.METRICS if each.gauge} | {"CanarySucceeded", "ApproximateNumberOfMessagesVisible"}
"""What says how much there is; everything else happens, and is added up."""
LASTING = re.compile(r"Seconds$|^Latency$|^Duration$|^ExecutionTime$")
MEANINGS = {each.name: each.meaning for each in metrics.METRICS}
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def text(measurements: Measurements, alarms: Iterable[Alarm]) -> bytes:
    """All metrics since the start, and the alarms: 1 for one that rings."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(measurements, list(alarms)))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, measurements: Measurements, alarms: list[Alarm]) -> None:
        self._measurements = measurements
        self._alarms = alarms

    def collect(self) -> Iterator[Metric]:
        """One family for each metric."""
        ringing = GaugeMetricFamily("codex_swarm_alarm", "1 where the alarm rings", labels=["alarm"])
        for alarm in self._alarms:
            ringing.add_metric([alarm.name], float(alarm.state(self._measurements) == "ALARM"))
        yield ringing
        families: dict[tuple[str, str], dict[Series, Statistics]] = defaultdict(dict)
        for series, found in self._measurements.ever().items():
            families[series.namespace, series.name][series] = found
        for (namespace, name), members in sorted(families.items()):
            yield _family(namespace, name, members)


def _family(namespace: str, name: str, members: Mapping[Series, Statistics]) -> Metric:
    labels = sorted({label for series in members for label, _ in series.dimensions})
    names = [_snake(label) for label in labels]
    full, meaning = f"{_snake(namespace)}_{_snake(name)}", MEANINGS.get(name, f"{name} of {namespace}")
    counter, gauge = CounterMetricFamily(full, meaning, labels=names), GaugeMetricFamily(full, meaning, labels=names)
    summary = SummaryMetricFamily(full, meaning, labels=names)
    for series, found in sorted(members.items(), key=lambda member: sorted(member[0].dimensions)):
        values = [dict(series.dimensions).get(label, "") for label in labels]
        if name in NOW:
            gauge.add_metric(values, found.latest)
        elif LASTING.search(name):
            summary.add_metric(values, count_value=int(found.count), sum_value=found.total)
        else:
            counter.add_metric(values, found.total)
    return gauge if name in NOW else summary if LASTING.search(name) else counter


def _snake(name: str) -> str:
    """`AWS/ApiGateway` is aws_api_gateway, `5xx` is 5xx."""
    return re.sub(r"\W+", "_", _WORD.sub("_", name.replace("AWS/", "aws_"))).lower()
