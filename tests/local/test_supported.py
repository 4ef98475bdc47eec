"""Nothing of a template is dropped in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.local import template
from infra.local.cloud import REPOSITORY
from infra.local.supported import HONOURED, INERT, REASONS, UnsupportedTemplate, check, check_nested


def lines(**resources: dict[str, Any]) -> list[str]:
    return [str(each) for each in check(resources)]


def test_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedTemplate, match=r"Rocket \(AWS::Space::Rocket\)"):
        check({"Rocket": {"Type": "AWS::Space::Rocket"}, "Bucket": {"Type": "AWS::S3::Bucket"}})


def test_property_that_nobody_acts_on_is_named_with_its_reason() -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b", "LifecycleConfiguration": {}}}
    assert lines(Bucket=bucket) == ["ignored: AWS::S3::Bucket.LifecycleConfiguration of Bucket: objects never expire"]


def test_property_that_nobody_has_thought_of_is_reported_too() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"BrandNew": True}}
    assert lines(F=function) == ["ignored: AWS::Lambda::Function.BrandNew of F: nothing here acts on it"]


def test_inert_type_is_reported_once_for_all_its_resources() -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "m", "Period": 60}}
    assert lines(A=alarm, B=alarm) == [
        "ignored: AWS::CloudWatch::Alarm of A, B: it is evaluated, in /metrics, and tells nobody"
    ]


def test_nested_stack_is_taken_when_nothing_in_it_would_do_anything() -> None:
    check_nested("Network", {"Vpc": {"Type": "AWS::EC2::VPC"}})
    with pytest.raises(UnsupportedTemplate, match=r"Network\.Queue \(AWS::SQS::Queue\)"):
        check_nested("Network", {"Vpc": {"Type": "AWS::EC2::VPC"}, "Queue": {"Type": "AWS::SQS::Queue"}})


def test_reasons_are_for_types_that_are_honoured() -> None:
    assert {kind for kind, _ in REASONS} <= HONOURED.keys()
    assert not HONOURED.keys() & INERT


def test_the_repositorys_template_can_run() -> None:
    loaded = template.load(REPOSITORY / "template.yaml", {"Stage": "local"})
    assert all(folder.is_dir() for folder in loaded.folders.values())


def test_parameters_that_the_template_does_not_declare_are_left_out() -> None:
    loaded = template.load(Path(__file__).parent / "fixtures" / "template.yaml", {"Stage": "local", "Other": "x"})
    assert loaded.known({"Stage": "local", "Other": "x"}) == {"Stage": "local"}
