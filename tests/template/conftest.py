"""The template as CloudFormation gets it: `template.yaml` through SAM's own translator."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]

# JSON documents of other people's shape: a type of our own would say nothing that their schemas do not.
Document = dict[str, Any]


class NoManagedPolicies:
    """The template names no managed policy by its short name, so the translator need not know any."""

    def load(self) -> dict[str, str]:
        """Policy name -> ARN."""
        return {}


@pytest.fixture(scope="session")
def source() -> Document:
    """`template.yaml` as it is written."""
    return dict(yaml_parse((ROOT / "template.yaml").read_text()))


@pytest.fixture(scope="session")
def definition() -> Document:
    """The state machine as it is written, placeholders included."""
    return dict(yaml_parse((ROOT / "infra/run.asl.yaml").read_text()))


@pytest.fixture(scope="session")
def resources(source: Document) -> dict[str, Document]:
    """Logical id -> resource, after translation."""
    template = copy.deepcopy(source)
    # Local paths mean something to `sam build` only; the translator takes where the built package lies.
    template["Globals"]["Function"]["CodeUri"] = "s3://built/functions"
    for resource in template["Resources"].values():
        for location in {"ContentUri", "DefinitionUri"} & resource["Properties"].keys():
            resource["Properties"][location] = "s3://built/there"
    parameters = {name: spec["Default"] for name, spec in template["Parameters"].items()}
    with pytest.MonkeyPatch.context() as environment:
        # The translator asks which AWS partition it works for, and knows it by the region.
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        return dict(transform(template, parameters, NoManagedPolicies())["Resources"])


def of_type(resources: dict[str, Document], kind: str) -> dict[str, Document]:
    """Logical id -> properties, of one resource type."""
    return {name: spec["Properties"] for name, spec in resources.items() if spec["Type"] == kind}
