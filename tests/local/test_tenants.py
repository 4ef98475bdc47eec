"""A function with a tenant isolation mode serves each tenant in environments of its own, and no two in one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.lambdas.account import Account
from infra.local.lambdas.invocation import Throttled
from tests.local.clouds import call, eventually, quotas

DESCRIBE = b'{"do": "describe"}'
SLEEP = b'{"do": "sleep", "seconds": 1}'


def describe(cloud: LocalCloud, tenant: str) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(cloud.functions["TenantFunction"].invoke(DESCRIBE, tenant=tenant).payload)
    return described


def test_one_tenant_keeps_its_environment_and_another_gets_its_own(fixture_cloud: LocalCloud) -> None:
    first, other, again = (describe(fixture_cloud, tenant) for tenant in ("run-1", "run-2", "run-1"))
    assert [each["tenant"] for each in (first, other, again)] == ["run-1", "run-2", "run-1"]
    assert again["pid"] == first["pid"] != other["pid"]
    assert (first["calls"], other["calls"], again["calls"]) == (1, 1, 2)


def test_tenants_at_once_never_meet(fixture_cloud: LocalCloud) -> None:
    with ThreadPoolExecutor(6) as at_once:
        answers = list(at_once.map(lambda n: describe(fixture_cloud, f"run-{n % 3}"), range(12)))
    whose: dict[int, set[str]] = {}
    for answer in answers:
        whose.setdefault(answer["pid"], set()).add(answer["tenant"])
    assert all(len(tenants) == 1 for tenants in whose.values())
    fixture_cloud.functions["TenantFunction"].kill_workers()


def test_one_of_our_functions_calls_on_behalf_of_a_tenant(fixture_cloud: LocalCloud) -> None:
    event = {"do": "call", "tenant": "run-7", "event": {"do": "describe"}}
    assert call(fixture_cloud, "CallingFunction", event)["tenant"] == "run-7"


@pytest.mark.parametrize(
    ("function", "tenant"),
    [
        pytest.param("TenantFunction", {}, id="none-where-one-is-needed"),
        pytest.param("TaskFunction", {"TenantId": "run-1"}, id="one-where-none-is"),
        pytest.param("TenantFunction", {"TenantId": "run#1"}, id="character-that-no-id-has"),
    ],
)
@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
def test_call_with_the_wrong_tenant_is_refused(
    function: str, tenant: dict[str, str], kind: str, fixture_cloud: LocalCloud
) -> None:
    client, name = fixture_cloud.client("lambda"), fixture_cloud.functions[function].specification.name
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.invoke(FunctionName=name, InvocationType=kind, Payload=b"{}", **tenant)


def test_idle_environment_counts_until_it_goes(fixture_cloud: LocalCloud) -> None:
    function, client = fixture_cloud.functions["TenantFunction"], fixture_cloud.client("lambda")
    with quotas(fixture_cloud, environments=2):
        described = [describe(fixture_cloud, tenant) for tenant in ("run-1", "run-2")]
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.invoke(FunctionName=function.specification.name, TenantId="run-3", Payload=DESCRIBE)
        assert describe(fixture_cloud, "run-1")["pid"] == described[0]["pid"]
        fixture_cloud.account.tenant_idle_seconds = 0.1
        assert eventually(lambda: fixture_cloud.account.environments.taken == 0)
        assert describe(fixture_cloud, "run-3")["tenant"] == "run-3"


def test_call_of_a_tenant_whose_environment_is_busy_needs_another(fixture_cloud: LocalCloud) -> None:
    function = fixture_cloud.functions["TenantFunction"]
    with quotas(fixture_cloud, environments=1):
        running = function.begin(SLEEP, tenant="run-1")
        with pytest.raises(Throttled):
            function.invoke(DESCRIBE, tenant="run-1")
        assert running.result().payload == b'"slept"'
        assert describe(fixture_cloud, "run-1")["calls"] == 2


def test_environment_that_died_leaves_its_room(fixture_cloud: LocalCloud) -> None:
    function = fixture_cloud.functions["TenantFunction"]
    with quotas(fixture_cloud, environments=1):
        assert function.invoke(b'{"do": "exit", "status": 1}', tenant="run-1").error
        assert eventually(lambda: fixture_cloud.account.environments.taken == 0)
        assert describe(fixture_cloud, "run-2")["tenant"] == "run-2"


def test_account_has_only_so_many_executions_at_a_time(fixture_cloud: LocalCloud) -> None:
    patient = fixture_cloud.functions["PatientFunction"]
    with quotas(fixture_cloud, concurrency=1):
        running = patient.begin(SLEEP)
        with pytest.raises(Throttled):
            fixture_cloud.functions["TaskFunction"].invoke(DESCRIBE)
        assert running.result().payload == b'"slept"'
        assert fixture_cloud.functions["TaskFunction"].invoke(b'{"value": 1}').payload == b"1"


def test_account_of_ten_executions_has_twenty_five_environments() -> None:
    assert Account(concurrency=10).environments.most == 25
