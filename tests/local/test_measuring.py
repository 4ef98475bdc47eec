"""What the laptop cloud measures: metrics in lines of logs, by the minute, and alarms as CloudWatch has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.local.measuring.alarms import Alarm
from infra.local.measuring.exposition import text
from infra.local.measuring.expressions import evaluate
from infra.local.measuring.log_lines import LogLines
from infra.local.measuring.measurements import Measurements, Series
from swarm.metrics import METRICS, PROVIDER_CALLS, QUEUED_RUNS, RUNS_ENDED, record

AT = 1_000_000_200.0  # a moment at which a period of five minutes begins


class Watch:
    """A clock that is set by hand, and measurements that go by it."""

    def __init__(self) -> None:
        self.now = AT
        self.measurements = Measurements(lambda: self.now)

    def add(self, value: float, name: str = "m", **dimensions: str) -> None:
        self.measurements.add(Series.of("Test", name, **dimensions), value)

    def state(self, **definition: Any) -> str:
        single = {"Namespace": "Test", "MetricName": "m", "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1}
        over = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 10, "TreatMissingData": "notBreaching"}
        return Alarm("A", {**single, **over, **definition}).state(self.measurements)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_an_alarm_adds_up_what_its_period_has(watch: Watch) -> None:
    for minute in range(5):
        watch.now = AT + 60 * minute
        watch.add(2.2)
    assert (watch.state(), watch.state(Threshold=11), watch.state(Statistic="Maximum")) == ("ALARM", "OK", "OK")
    watch.now = AT + 300
    # The period before counts until something is measured in this one.
    assert watch.state() == "ALARM"
    watch.add(1)
    assert watch.state() == "OK"


def test_an_alarm_may_want_more_than_one_period(watch: Watch) -> None:
    for value in (20, 0, 20):
        watch.add(value)
        watch.now += 300
    assert watch.state(EvaluationPeriods=3, DatapointsToAlarm=2) == "ALARM"
    assert watch.state(EvaluationPeriods=3, DatapointsToAlarm=3) == "OK"
    assert watch.state(EvaluationPeriods=3) == "OK"


@pytest.mark.parametrize(
    ("missing", "state"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA")],
    ids=str,
)
def test_what_is_missing_counts_as_the_alarm_says(watch: Watch, missing: str, state: str) -> None:
    # Before the first period is over nothing is missing.
    assert watch.state(TreatMissingData=missing) != "ALARM"
    watch.now += 300
    assert watch.state(TreatMissingData=missing) == state


def test_each_set_of_dimensions_is_a_metric_of_its_own(watch: Watch) -> None:
    watch.add(20, stage="other")
    assert watch.state() == "OK"
    assert watch.state(Dimensions=[{"Name": "stage", "Value": "other"}]) == "ALARM"


def test_what_was_measured_more_than_a_day_ago_is_forgotten(watch: Watch) -> None:
    for _ in range(26 * 60):
        watch.add(1)
        watch.now += 60
    everything = Series.of("Test", "m")
    assert watch.measurements.statistic(everything, "Sum", 0, watch.now) == 25 * 60
    assert watch.measurements.ever()[everything].total == 26 * 60


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("100 * errors / asked", 25.0),
        ("IF(asked >= 5, 100 * errors / asked, 0)", 0.0),
        ("IF(asked >= 4, errors, 0)", 1.0),
        ("FILL(nothing, 7) + errors", 8.0),
        ("nothing + errors", None),
        ("SUM(METRICS())", 5.0),
    ],
)
def test_expressions_are_computed_as_cloudwatch_does(expression: str, value: float | None) -> None:
    assert evaluate(expression, {"asked": 4, "errors": 1, "nothing": None}) == value


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(asked)", "other + 1", "__import__('os')", "asked ** 2"])
def test_expressions_that_are_not_known_here_are_refused(expression: str) -> None:
    with pytest.raises(NotImplementedError):
        evaluate(expression, {"asked": 4})


def test_what_functions_write_is_found_once_and_nothing_else_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], watch: Watch
) -> None:
    log = tmp_path / "function.log"
    log.write_text("of another day\n")
    lines = LogLines([log, tmp_path / "missing.log"], watch.measurements)
    record({RUNS_ENDED: 1}, status="failed", error_type="timeout")
    record({QUEUED_RUNS: 3})
    written = capsys.readouterr().out
    noise = ['{"_aws": 1}', '{"_aws": {"Timestamp": "x"}}', "INIT_START", '{"message": "no _aws here"}']
    log.write_text("of another day\n" + "\n".join(noise) + "\n" + written[:-20])
    lines.look()
    with log.open("a") as file:
        file.write(written[-20:])
    lines.look()
    lines.look()
    told = {(series.name, series.dimensions): each.total for series, each in watch.measurements.ever().items()}
    by = {("stage", "dev"), ("status", "failed"), ("error_type", "timeout")}
    assert told == {("RunsEnded", frozenset(by)): 1.0, ("QueuedRuns", frozenset({("stage", "dev")})): 3.0}
    # The coarser sets are there for alarms.
    failed = Series.of("CodexSwarm", "RunsEnded", stage="dev", status="failed")
    assert watch.measurements.statistic(failed, "Sum", 0, 1e12) == 1
    exposed = text(watch.measurements, []).decode()
    assert 'codex_swarm_runs_ended_total{error_type="timeout",stage="dev",status="failed"} 1.0' in exposed
    assert 'codex_swarm_queued_runs{stage="dev"} 3.0' in exposed


def test_a_metric_has_its_dimensions_and_no_others() -> None:
    with pytest.raises(ValueError, match="told apart by"):
        record({RUNS_ENDED: 1}, status="failed")
    with pytest.raises(ValueError, match="told apart by"):
        record({PROVIDER_CALLS: 1}, tenant="a")
    assert len({each.name for each in METRICS}) == len(METRICS) > 20


def test_a_line_is_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    record({RUNS_ENDED: 1}, status="failed", error_type="timeout")
    line = json.loads(capsys.readouterr().out)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "CodexSwarm"
    assert directive["Dimensions"] == [["stage"], ["stage", "status"], ["stage", "status", "error_type"]]
    assert directive["Metrics"] == [{"Name": "RunsEnded", "Unit": "Count"}]
    assert (line["stage"], line["status"], line["error_type"], line["RunsEnded"]) == ("dev", "failed", "timeout", [1.0])
