"""Our own rules of the templates: each says so when it is broken."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.paths import ROOT

RULES = ROOT / "infra" / "template.rules"


class Rule(NamedTuple):
    """A line of the file; its number is in the id that cfn-lint gives to what it finds."""

    id: str
    resource: str
    path: list[str]
    operator: str


def rules() -> list[Rule]:
    found = []
    for number, line in enumerate(RULES.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            resource, path, operator, *_ = line.split()
            found.append(Rule(f"E{9000 + number}", resource, path.split("."), operator))
    return found


def properties(broken: list[Rule]) -> dict[str, Any]:
    """What breaks these rules of one resource: another value where one is asked for, and nothing where any will do."""
    made: dict[str, Any] = {}
    for rule in broken:
        at = made
        for name in rule.path[:-1]:
            at = at.setdefault(name, {})
        at[rule.path[-1]] = "something else"
    return made


@pytest.mark.proof
def test_each_rule_is_heard_when_it_is_broken(tmp_path: Path) -> None:
    resources: dict[str, Any] = {}
    for kind in {rule.resource for rule in rules()}:
        wrong = [rule for rule in rules() if rule.resource == kind and rule.operator == "EQUALS"]
        name = re.sub(r"\W", "", kind)
        resources[f"{name}Bare"] = {"Type": kind, "Properties": {}}
        resources[f"{name}Wrong"] = {"Type": kind, "Properties": properties(wrong)}
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": resources}))
    linter = str(Path(sys.executable).with_name("cfn-lint"))
    command = [linter, "--custom-rules", str(RULES), "--format", "json", "--", str(template)]
    said = json.loads(subprocess.run(command, capture_output=True, check=False, timeout=120).stdout)
    heard = {each["Rule"]["Id"] for each in said}
    assert len(rules()) > 30
    assert [rule for rule in rules() if rule.id not in heard] == []


def test_a_default_of_aws_that_is_not_ours_is_no_way_around_a_rule() -> None:
    """`EQUALS` is silent where there is no such property. AWS's own default is ours for these, or nothing is made."""
    same = {"Runtime", "StateMachineType", "IncludeExecutionData", "MapPublicIpOnLaunch"}
    asked = {(rule.resource, *rule.path) for rule in rules() if rule.operator == "EQUALS" and rule.path[-1] not in same}
    assert asked - {(rule.resource, *rule.path) for rule in rules() if rule.operator == "IS"} == set()
