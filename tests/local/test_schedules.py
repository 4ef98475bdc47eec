"""Schedules of the template call their functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.cron import Cron, UnreadableCron
from infra.local.moto_patches.cloudformation import Resolved
from infra.local.schedules import Schedule, Scheduler, UnsupportedSchedule, read
from tests.local.clouds import eventually, item

FRIDAY = datetime(2026, 1, 2, 10, 30, 5, tzinfo=UTC)
TARGET = {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "Input": "{}"}


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        pytest.param("* * * * ? *", datetime(2026, 1, 2, 10, 31, tzinfo=UTC), id="every-minute"),
        pytest.param("0/15 * * * ? *", datetime(2026, 1, 2, 10, 45, tzinfo=UTC), id="every-15-minutes"),
        pytest.param("0 3 * * ? *", datetime(2026, 1, 3, 3, 0, tzinfo=UTC), id="daily"),
        pytest.param("30 8 ? * MON-WED *", datetime(2026, 1, 5, 8, 30, tzinfo=UTC), id="weekdays"),
        pytest.param("0 0 29 FEB ? *", datetime(2028, 2, 29, 0, 0, tzinfo=UTC), id="leap-day"),
        pytest.param("5,50 10 1-2 1 ? 2026", datetime(2026, 1, 2, 10, 50, tzinfo=UTC), id="lists-and-ranges"),
    ],
)
def test_cron_expression_is_due_when_eventbridge_says(expression: str, due: datetime) -> None:
    assert Cron.parse(expression).next_after(FRIDAY) == due


@pytest.mark.parametrize(
    "expression", ["* * * *", "61 * * * ? *", "* * * FOO ? *", "0 0 L * ? *", "5-1 * * * ? *", "*/0 * * * ? *"]
)
def test_cron_expression_that_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(UnreadableCron):
        Cron.parse(expression)


def rule(**properties: Any) -> Resolved:
    return Resolved("Rule", "AWS::Events::Rule", "rule", {"Targets": [TARGET], **properties})


def test_rate_is_due_after_its_period() -> None:
    [schedule] = read([rule(ScheduleExpression="rate(5 minutes)")])
    assert schedule.next_after(FRIDAY) == FRIDAY + timedelta(minutes=5)


def test_scheduler_schedule_is_read_like_a_rule() -> None:
    properties = {"ScheduleExpression": "cron(0 3 * * ? *)", "Target": TARGET}
    [schedule] = read([Resolved("S", "AWS::Scheduler::Schedule", "s", properties)])
    assert schedule.payload == b"{}"


def test_disabled_schedule_is_left_out() -> None:
    assert read([rule(ScheduleExpression="rate(1 minute)", State="DISABLED")]) == []


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"ScheduleExpression": "at(2026-01-01T00:00:00)"}, id="expression"),
        pytest.param({"ScheduleExpression": "rate(1 day)", "Targets": [{"Arn": "arn:aws:sqs:r:1:q"}]}, id="target"),
    ],
)
def test_schedule_that_cannot_be_kept_stops_the_start(properties: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedSchedule):
        read([rule(**properties)])


def test_schedule_of_the_template_calls_its_function(fixture_cloud: LocalCloud) -> None:
    [schedule] = read(fixture_cloud.resources.values())
    assert schedule.payload == b'{"tick": true}'
    soon = Schedule(schedule.source, schedule.function_arn, schedule.payload, timedelta(milliseconds=50), None)
    scheduler = Scheduler([soon], fixture_cloud.functions)
    try:
        assert eventually(lambda: item(fixture_cloud, "event#tick"))
    finally:
        scheduler.stop()
