"""Many clients at one moment: one run for each key, and no more runs at a time than the quota allows."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.durability.world import World

pytestmark = pytest.mark.proof

CLIENTS = 50


def test_fifty_requests_with_one_key_are_one_run(world: World) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: world.post("the one", "wait 3600 seconds"), range(CLIENTS)))
    assert Counter(answer.status_code for answer in answers) == {201: CLIENTS}
    assert Counter(answer.headers.get("idempotent-replay") for answer in answers) == {None: 1, "true": CLIENTS - 1}
    (run_id,) = {answer.json()["id"] for answer in answers}
    assert world.records.counted() == {run_id}
    executions = world.cloud.client("stepfunctions").list_executions(stateMachineArn=world.cloud.state_machine_arn)
    assert [each["name"] for each in executions["executions"]].count(run_id) == 1
    assert world.post("the one", "something else").status_code == 409
    assert world.http.post(f"/runs/{run_id}/cancel").status_code == 200
    assert world.end_of(run_id) == "cancelled"


def test_a_quota_holds_under_racing_requests(world: World) -> None:
    tenant, key, quota, clients = "few", "key of few", 3, 20
    digest = hashlib.sha256(key.encode()).hexdigest()
    for item in (
        {"PK": {"S": f"KEY#{digest}"}, "SK": {"S": "META"}, "tenant_id": {"S": tenant}},
        {"PK": {"S": f"T#{tenant}"}, "SK": {"S": "META"}, "max_active": {"N": str(quota)}},
    ):
        world.records.dynamodb.put_item(TableName=world.records.table, Item=item)
    with httpx.Client(base_url=world.cloud.url, timeout=60, headers={"Authorization": f"Bearer {key}"}) as http:
        http.put("/projects/theirs", json={"name": "theirs"}).raise_for_status()
        body = {"instructions": "wait 30 seconds"}
        with ThreadPoolExecutor(clients) as pool:
            answers = list(pool.map(lambda _: http.post("/projects/theirs/runs", json=body), range(clients)))
        assert Counter(answer.status_code for answer in answers) == {201: clients}
        runs = http.get("/runs").json()
        waiting = [run for run in runs if run["queue_position"] is not None]
        assert (len(runs), len(runs) - len(waiting)) == (clients, quota)
        for run in reversed(runs):
            assert http.post(f"/runs/{run['id']}/cancel").status_code == 200
        one_more = http.post("/projects/theirs/runs", json=body)
        assert one_more.status_code == 201
        assert http.post(f"/runs/{one_more.json()['id']}/cancel").status_code == 200
