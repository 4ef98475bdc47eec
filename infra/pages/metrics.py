"""docs/operations/metrics.md: what the service measures, as `swarm.metrics` declares it."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit

from swarm.metrics import METRICS, NAMESPACE, Metric

HEAD = f"""# What is measured

<!-- ./run.sh pages writes this page, from swarm/metrics.py -->

Functions write what they measure into their logs, in the embedded metric format, and CloudWatch makes metrics of it, in
the namespace `{NAMESPACE}`. Each has the dimension `stage`; the others are in the table, and there are sums for each of
them from the left. Nothing that a tenant chooses is a dimension. A process that is killed loses what it has not written
yet, so these are for looking: what is exact is in `GET /usage`.

On a laptop the same is at `/metrics`, for Prometheus (`codex_swarm_runs_ended_total` for RunsEnded, and so on), with
what AWS measures by itself of the API, functions, executions, table and queue (`aws_...`), and with each alarm
(`codex_swarm_alarm`, 1 while it rings). Percentiles are kept in AWS alone. The dashboard in AWS, with numbers that are
made up:

![The dashboard](dashboard.svg)

| metric | unit | dimensions | |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(map(_row, METRICS))


def _row(metric: Metric) -> str:
    unit = {MetricUnit.NoUnit: "US dollars"}.get(metric.unit, metric.unit.value.lower())
    kind = ", at the moment" if metric.gauge else ""
    by = ", ".join(f"`{name}`" for name in metric.by)
    return f"| {metric.name} | {unit}{kind} | {by} | {metric.meaning} |\n"
