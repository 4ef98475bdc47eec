"""`codex-swarm` as an operator has it: with AWS credentials and without a key, against a whole stack."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_swarm.cli import main
from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import REPOSITORY, STACK_NAME, LocalCloud
from tests.local.clouds import Clouds

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

Operator = Callable[..., Any]


@pytest.fixture
def cloud(clouds: Clouds) -> LocalCloud:
    return clouds.get(
        "keys", template=REPOSITORY / "template.yaml", require_key=True, parameters={"WebhookLoopback": "1"}
    )


@pytest.fixture
def operator(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Operator:
    """What a command prints as JSON; an error's JSON where it fails."""
    for name, value in cloud.operator_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CODEX_SWARM_CONFIG", str(tmp_path / "none.toml"))

    def call(*words: str) -> Any:
        code = main([*words, "--json"])
        out, err = capfd.readouterr()
        return json.loads(out if code == 0 else err)

    return call


def opens(cloud: LocalCloud, key: str) -> int:
    answer = httpx.get(f"{cloud.url}/projects", headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60)
    return answer.status_code


def test_an_operator_makes_the_first_key_of_a_tenant_and_takes_it_back(cloud: LocalCloud, operator: Operator) -> None:
    of = ("--stack", STACK_NAME, "--tenant", "newcomer")
    made = operator("keys", "create", "first", *of)
    assert "key" in made, made
    assert opens(cloud, made["key"]) == 200
    [listed] = operator("keys", "list", *of)
    assert (listed["id"], listed["name"]) == (made["id"], "first")
    rotated = operator("keys", "rotate", "first", "--overlap", "0m", *of)
    assert opens(cloud, rotated["key"]) == 200
    assert operator("keys", "revoke", made["key"], *of)["revoked_at"] is not None
    assert operator("keys", "list", "--stack", STACK_NAME, "--tenant", "another") == []
    assert operator("keys", "show", made["id"], "--stack", STACK_NAME, "--tenant", "another")["error"]["code"] == (
        "key_not_found"
    )


def test_what_is_missing_is_said(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--tenant" in operator("keys", "list", "--stack", STACK_NAME)["error"]["detail"]
    assert "--stack" in operator("keys", "list", "--tenant", "newcomer")["error"]["detail"]
    assert "AWS refused" in operator("keys", "list", "--stack", "none", "--tenant", "newcomer")["error"]["detail"]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    refused = operator("keys", "list", "--stack", STACK_NAME, "--tenant", "newcomer")
    assert "credentials" in refused["error"]["detail"].lower()


def test_an_operator_looks_after_a_tenant_and_takes_its_data_along(
    cloud: LocalCloud, operator: Operator, tmp_path: Path
) -> None:
    stack = ("--stack", STACK_NAME)
    key = operator("keys", "create", "first", *stack, "--tenant", "leaving")["key"]
    with CodexSwarmClient(cloud.url, key) as client:
        client.wait(client.start_run("letters", "Create a file called a.md with a greeting").run_id, 90, check=True)
    found = operator("tenants", "set", "leaving", "max_active=3", "hold=case 7", *stack)
    assert (found["max_active"], found["hold"]) == (3, "case 7")
    assert "leaving" in {each["id"] for each in operator("tenants", "list", *stack)}
    target = tmp_path / "leaving.zip"
    saved = operator("tenants", "export", "leaving", "--to", str(target), *stack)
    with zipfile.ZipFile(target) as archive:
        records = [json.loads(line) for line in archive.read("records.jsonl").splitlines()]
        contents = [archive.read(name) for name in archive.namelist() if "/blobs/" in name]
    assert (saved["records"], saved["objects"]) == (len(records), len(archive.namelist()) - 1)
    assert any(b"#" in content for content in contents)
    assert {"leaving", "letters"} <= set(json.dumps(records).replace("#", '"').split('"'))
    assert operator("tenants", "erase", "leaving", "--yes", "--no-wait", *stack)["error"]["code"] == "legal_hold"
    operator("tenants", "set", "leaving", "hold=default", *stack)
    receipt = operator("tenants", "erase", "leaving", "--yes", "--no-wait", *stack)
    deleted = {each["store"]: each["deleted"] for each in receipt["stores"]}
    assert (receipt["done"], deleted["keys"]) == (False, 1)
    assert min(deleted["objects"], deleted["table"]) > 3
    assert operator("tenants", "show", "never", *stack)["error"]["code"] == "tenant_not_found"
    assert "there are" in operator("tenants", "set", "leaving", "colour=red", *stack)["error"]["detail"]
