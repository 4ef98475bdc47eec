"""docs/operations.md: its commands do what it says, and what it names is in the template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from samtranslator.yaml_helper import yaml_parse

from swarm.ids import RunKey
from tests.support.paths import ROOT
from tests.support.stack import Stack
from tests.support.stack import stack as deployed

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
[CHANGES_TENANT] = re.findall(r"^codex-swarm tenants set (.*) --stack", PAGE, re.MULTILINE)
OPERATOR = {"tenant_id": "operators", "may": "operator"}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch) as fresh:
        yield fresh


def test_a_tenant_gets_quotas_of_its_own(stack: Stack) -> None:
    tenant, *settings = CHANGES_TENANT.split()
    wanted = {name: int(value) for name, _, value in (setting.partition("=") for setting in settings)}
    assert stack.request("PATCH", f"/tenants/{tenant}", wanted, authorizer=OPERATOR).status == 200
    now = datetime.now(UTC)
    keys = [RunKey(tenant_id=tenant, project_id="p", run_id=f"run-{number}") for number in range(26)]
    tenants = [stack.backend.tenants.enter(key, now) for key in keys]
    assert (len(tenants[-1].active), tenants[-1].queue) == (25, ["run-25"])
    assert tenants[-1].quotas.stored_bytes == wanted["max_stored_bytes"]


def test_what_it_names_is_in_the_template() -> None:
    metrics = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`AWS/.*?) \|", PAGE, re.MULTILINE))))
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", PAGE)) - metrics
    known = {*TEMPLATE["Parameters"], *TEMPLATE["Resources"], *TEMPLATE["Outputs"]}
    observed = yaml_parse((ROOT / "infra" / "observability.yaml").read_text(encoding="utf-8"))["Resources"]
    assert named - known - set(observed) == set()
    assert metrics & known <= set(TEMPLATE["Resources"])
