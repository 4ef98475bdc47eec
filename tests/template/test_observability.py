"""Alarms and the dashboard: what they name is measured, and what rings is written down."""

from __future__ import annotations

import re
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.pages.dashboard import COLUMNS, widgets
from swarm.metrics import METRICS, NAMESPACE
from tests.support.paths import ROOT
from tests.template.conftest import Document

OBSERVED: Document = yaml_parse((ROOT / "infra" / "observability.yaml").read_text("utf-8"))
ALARMS: dict[str, Any] = {
    name: each["Properties"] for name, each in OBSERVED["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"
}
RUNBOOKS = (ROOT / "docs" / "operations" / "alarms.md").read_text("utf-8")
BY_NAME = {each.name: each for each in METRICS}


def measured(alarm: Document) -> list[Document]:
    return [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each] or [alarm]


def is_measured(name: str, dimensions: list[str]) -> bool:
    """Whether there are sums of this metric by just these dimensions."""
    by = BY_NAME[name].by
    return ["stage", *by[: len(dimensions) - 1]] == dimensions


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_what_is_measured_tells_the_topic_and_has_a_runbook(name: str) -> None:
    alarm = ALARMS[name]
    for metric in measured(alarm):
        if metric["Namespace"] == NAMESPACE:
            assert is_measured(metric["MetricName"], [each["Name"] for each in metric["Dimensions"]])
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm["TreatMissingData"] in {"breaching", "notBreaching"}
    text = alarm["AlarmDescription"]
    assert (text["Fn::Sub"] if isinstance(text, dict) else text).endswith(f"docs/operations/alarms.md#{name.lower()}")
    [runbook] = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL)
    assert [part for part in ("**Means**:", "**Look**:", "**Do**:") if part not in runbook] == []


def test_every_runbook_is_of_an_alarm() -> None:
    assert set(re.findall(r"^## (\w+)$", RUNBOOKS, re.MULTILINE)) == set(ALARMS)


def test_the_dashboard_shows_what_is_measured_and_nothing_lies_on_anything() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets({"Stage": "prod"}):
        place = {
            (column, row)
            for column in range(widget["x"], widget["x"] + widget["width"])
            for row in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not place & taken
        assert max(column for column, _ in place) < COLUMNS
        taken |= place
        for namespace, name, *rest in widget["properties"]["metrics"]:
            words = [word for word in rest if isinstance(word, str)]
            assert namespace != NAMESPACE or is_measured(name, words[0::2]), name
    assert len(taken) > 300


def test_the_parent_gives_the_stack_of_alarms_every_parameter(resources: dict[str, Document]) -> None:
    given = resources["Observability"]["Properties"]["Parameters"]
    assert set(given) == set(OBSERVED["Parameters"])


def test_calls_that_nobody_waits_for_end_in_the_queue(resources: dict[str, Document]) -> None:
    for name in ("ArchiveFunction", "JanitorFunction", "ReconcileFunction"):
        [calls] = [
            each["Properties"]
            for each in resources.values()
            if each["Type"] == "AWS::Lambda::EventInvokeConfig" and each["Properties"]["FunctionName"] == {"Ref": name}
        ]
        assert calls["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
        assert "sqs:SendMessage" in str(resources[f"{name}Role"]["Properties"]["Policies"])
