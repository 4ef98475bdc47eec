"""The template as it is written, and as CloudFormation gets it: through SAM's own translator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.local import template

ROOT = Path(__file__).resolve().parents[2]

# JSON documents of other people's shape: a type of our own would say nothing that their schemas do not.
Document = dict[str, Any]


@pytest.fixture(scope="session")
def source() -> Document:
    """`template.yaml` as it is written."""
    return dict(yaml_parse((ROOT / "template.yaml").read_text()))


@pytest.fixture(scope="session")
def definition() -> Document:
    """The state machine as it is written, placeholders included."""
    return dict(yaml_parse((ROOT / "infra/run.asl.yaml").read_text()))


@pytest.fixture(scope="session")
def resources() -> dict[str, Document]:
    """Logical id -> resource, after translation."""
    with pytest.MonkeyPatch.context() as environment:
        # The translator asks which AWS partition it works for, and knows it by the region.
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        return dict(template.load(ROOT / "template.yaml", {}).document["Resources"])


def of_type(resources: dict[str, Document], kind: str) -> dict[str, Document]:
    """Logical id -> properties, of one resource type."""
    return {name: spec["Properties"] for name, spec in resources.items() if spec["Type"] == kind}
