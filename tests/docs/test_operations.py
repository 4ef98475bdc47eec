"""docs/operations.md: its commands do what it says, and what it names is in the template."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from swarm.aws import clients
from swarm.ids import RunKey
from swarm.runs.limits import Limits
from tests.support.paths import ROOT
from tests.support.stack import Stack
from tests.support.stack import stack as deployed

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
[CHANGES_TENANT] = re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

# An `aws` that writes down what it is asked.
RECORDER = 'aws() { printf "%s\\0" "$@" >"$ASKED"; }\n'


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch) as fresh:
        yield fresh


def run(script: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """What a script prints, and the options that it gives to `aws`, those that are JSON read."""
    asked = folder / "asked"
    done = subprocess.run(
        ["bash", "-euc", RECORDER + script],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "ASKED": str(asked)},
        capture_output=True,
        text=True,
        check=True,
    )
    words = asked.read_text().split("\0")[2:-1]
    values = [json.loads(value) if value.startswith("{") else value for value in words[1::2]]
    return done.stdout.strip(), dict(zip(words[::2], values, strict=True))


def test_a_tenant_gets_limits_of_its_own(stack: Stack, tmp_path: Path) -> None:
    _, options = run('TABLE=table TENANT="draftpunk"\n' + CHANGES_TENANT, tmp_path)
    clients.dynamodb().update_item(
        TableName="table",
        Key=options["--key"],
        UpdateExpression=options["--update-expression"],
        ExpressionAttributeValues=options["--expression-attribute-values"],
    )
    now = datetime.now(UTC)
    keys = [RunKey(tenant_id="draftpunk", project_id="p", run_id=f"run-{number}") for number in range(26)]
    tenants = [stack.backend.tenants.enter(key, now) for key in keys]
    assert tenants[0].allowance is not None
    assert tenants[0].allowance.defaults == Limits(max_turns=30)
    assert (len(tenants[-1].active), tenants[-1].queue) == (25, ["run-25"])


def test_what_it_names_is_in_the_template() -> None:
    metrics = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`AWS/.*?) \|", PAGE, re.MULTILINE))))
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", PAGE)) - metrics
    known = {*TEMPLATE["Parameters"], *TEMPLATE["Resources"], *TEMPLATE["Outputs"]}
    observed = yaml_parse((ROOT / "infra" / "observability.yaml").read_text(encoding="utf-8"))["Resources"]
    assert named - known - set(observed) == set()
    assert metrics & known <= set(TEMPLATE["Resources"])
