"""docs/operations/costs.md: what a deployment costs in a month, by the price file and by calls that were counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
PRICES = ROOT / "tests" / "benchmarks" / "prices.json"
DAYS = 30
LEVELS = (0, 1_000, 100_000)
"""Runs a day."""

# A run of five turns, two of which run a command, with the offline model, as tests/durability/test_costs.py counts it.
RUN = {
    "state transition": 13,
    "DynamoDB write request unit": 29 + 17,  # writes, and those of the indexes
    "DynamoDB read request unit": 11,
    "S3 PUT": 24,
    "S3 GET": 8,
}
# What is assumed of it: nobody has measured this in AWS.
TURN_SECONDS, COMMAND_SECONDS, WATCHES, REQUEST_SECONDS = 8.0, 5.0, 20, 0.1
STORED_MEGABYTES, ITEM_KILOBYTES, LOG_KILOBYTES = 1.0, 50.0, 20.0
KEPT_DAYS = 90
# Memory in GB, as the template has it.
API, AGENT, PREPARE, DISPATCH, UNTRUSTED, ROUND = 1.0, 1.0, 1.73, 0.2, 2.0, 0.75
CUSTOM_METRICS = 60
"""Names and dimensions that a deployment with two models comes to."""


def page() -> str:
    """The whole page."""
    prices = json.loads(PRICES.read_text("utf-8"))
    dollars = {name: each["price"] / each["per"] for name, each in prices["dollars"].items()}
    months = [month(runs) for runs in LEVELS]
    rows = [
        _row(name, [used[name] for used in months], dollars[name]) for name in dollars if any(u[name] for u in months)
    ]
    totals = [sum(used[name] * dollars[name] for name in used) for used in months]
    each = [f"{total / (runs * DAYS):.4f}" if runs else "" for total, runs in zip(totals, LEVELS, strict=True)]
    return (
        HEAD.format(region=prices["region"], looked_up=prices["looked_up"])
        + "".join(rows)
        + f"| **together** | {' | '.join(f'**{total:,.2f}**' for total in totals)} |\n"
        + f"| one run | {' | '.join(each)} |\n"
        + TAIL
    )


def month(runs_a_day: int) -> Counter[str]:
    """How much of everything is used in a month with so many runs a day, by the names of the price file."""
    used: Counter[str] = Counter(_of_runs(runs_a_day * DAYS))
    rounds, canaries = 2 * 12 * 24 * DAYS, 6 * 24 * DAYS
    used["Lambda request"] += rounds
    used["Lambda GB-second on arm64"] += round(rounds * 0.5 * ROUND)
    used["DynamoDB read request unit"] += rounds * 17
    # Each minute one query for schedules that are due; those that are start runs, which are counted as such.
    minutes = 60 * 24 * DAYS
    used["Lambda request"] += minutes
    used["Lambda GB-second on arm64"] += round(minutes * REQUEST_SECONDS * ROUND)
    used["DynamoDB read request unit"] += minutes
    # The canary's run: a conversion, which is a run with one job and no model.
    used["state transition"] += canaries * 9
    used["DynamoDB write request unit"] += canaries * 31
    used["DynamoDB read request unit"] += canaries * 20
    used["S3 PUT"] += canaries * 12
    used["Lambda request"] += canaries * 16
    used["Lambda GB-second on arm64"] += round(canaries * (6 * 0.5 + COMMAND_SECONDS * (UNTRUSTED + DISPATCH) + 2))
    used["CloudWatch metric-month"] = CUSTOM_METRICS
    used["CloudWatch alarm metric-month"] = alarm_metrics()
    used["CloudWatch Logs GB"] += round(canaries * LOG_KILOBYTES / 1e6 + 1)
    return used


def _of_runs(runs: int) -> dict[str, int]:
    used = {name: count * runs for name, count in RUN.items()}
    requests = 1 + WATCHES
    seconds = 5 * TURN_SECONDS * AGENT + 2 * COMMAND_SECONDS * (UNTRUSTED + DISPATCH) + PREPARE * 0.5
    seconds += requests * REQUEST_SECONDS * (API + 0.5)
    return {
        **used,
        "HTTP API request": requests * runs,
        "Lambda request": (2 * requests + 8) * runs,
        "Lambda GB-second on arm64": round(seconds * runs),
        "S3 GB-month": round(runs / DAYS * KEPT_DAYS * STORED_MEGABYTES / 1e3),
        "DynamoDB GB-month": round(runs / DAYS * KEPT_DAYS * ITEM_KILOBYTES / 1e6),
        "CloudWatch Logs GB": round(runs * LOG_KILOBYTES / 1e6),
    }


def alarm_metrics() -> int:
    """How many metrics the alarms of the templates watch: each is paid for."""
    files = [ROOT / "infra" / "observability.yaml", ROOT / "template.yaml"]
    resources = [each for file in files for each in yaml_parse(file.read_text("utf-8"))["Resources"].values()]
    alarms = [each["Properties"] for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    return sum(sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1 for alarm in alarms)


def _row(name: str, amounts: list[int], dollars: float) -> str:
    return f"| {name} | {' | '.join(f'{amount * dollars:,.2f}' for amount in amounts)} |\n"


HEAD = f"""# What it costs

<!-- ./run.sh pages writes this page, from infra/pages/costs.py and tests/benchmarks/prices.json -->

US dollars a month of {DAYS} days in {{region}}, by prices that were looked up on {{looked_up}} (the file names the
source of each, and which was not looked up), without free tiers. **The models' provider is not in it**, and neither
are transfer out of AWS, X-Ray, KMS and the table's restore to a moment. Nothing here was measured on a bill: calls and
states are counted on a laptop (`tests/durability/test_costs.py`), seconds are assumed.

| | idle | 1,000 runs a day | 100,000 runs a day |
|---|---|---|---|
"""

TAIL = f"""
Assumed: a run has five turns of {TURN_SECONDS:.0f} s, two commands of {COMMAND_SECONDS:.0f} s, {WATCHES} further
requests of {REQUEST_SECONDS} s, {STORED_MEGABYTES:.0f} MB of files and {ITEM_KILOBYTES:.0f} KB of records, kept for
{KEPT_DAYS} days, and {LOG_KILOBYTES:.0f} KB of log lines; {CUSTOM_METRICS} custom metrics. Idle are the rounds of
reconciliation and the janitor every five minutes, the look for due schedules each minute, and the canary every ten:
`CanaryMinutes=0` takes it out. Time in which the agent waits for a model is paid for, so slow models cost here, too.
"""
