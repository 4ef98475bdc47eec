"""How a new version comes: what is new before it is asked, and what takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.conftest import Document, of_type

ALIAS = "ApiFunctionAliaslive"
OF_A_RUN = {
    "RunStateMachine",
    *(f"{name}Function" for name in "Prepare Agent Dispatch Finish Fail Sandbox Convert".split()),
}


def referred_to(value: Any) -> Iterator[str]:
    """Logical ids, as CloudFormation finds them to know what comes first."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [name, *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
        case dict():
            for each in value.values():
                yield from referred_to(each)
        case list():
            for each in value:
                yield from referred_to(each)


def before(name: str, resources: dict[str, Document]) -> set[str]:
    """What is made or changed before this resource."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        after = {each for each in referred_to(resources[one]) if each in resources}
        after |= {resources[one]["DependsOn"]} if isinstance(resources[one].get("DependsOn"), str) else set()
        after |= set(resources[one]["DependsOn"]) if isinstance(resources[one].get("DependsOn"), list) else set()
        waiting += after - found
        found |= after
    return found


def test_all_that_a_run_goes_through_is_new_before_the_new_version_is_asked_to_make_one(
    resources: dict[str, Document],
) -> None:
    assert before(ALIAS, resources) >= {*OF_A_RUN, "SmokeFunction"}


def test_errors_of_requests_and_of_tasks_take_a_new_version_back(resources: dict[str, Document]) -> None:
    [group] = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    assert group["AutoRollbackConfiguration"]["Enabled"]
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    watched = [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    assert watched == ["NewVersionErrors", "NewVersionTaskErrors"]
    tasks = set(referred_to(resources["NewVersionTaskErrors"]["Properties"]["Metrics"]))
    assert tasks == {each for each in OF_A_RUN if each.endswith("Function")} - {"SandboxFunction", "ConvertFunction"}
