"""Tenants as operators look after them: what one may have, a hold on deletion, export, and erasure without a trace."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.app import NO_KEY
from swarm.aws import clients
from swarm.lifecycle.erasing import erase
from swarm.retention.cleaning import clean
from swarm.retention.removal import GRACE
from tests.provider.script import call, calls, error, finishes
from tests.support.provider_runs import Runs
from tests.support.stack import Answer, Stack, declared
from tests.support.stack import stack as deployed

OPERATOR = {"tenant_id": "operators", "may": "operator read run manage import admin"}
OWN_KEY = "sk-own-of-the-tenant-71c3"
CANARY = "kanarienvogel-قناری"
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
MODELS = json.dumps({"large": {}, "fast": {"input": 1, "output": 2}})


def operate(stack: Stack, method: str, path: str, body: object = None) -> Answer:
    return stack.request(method, path, body, authorizer=OPERATOR)


def settings(stack: Stack, tenant: str = "tenant-a", **wanted: object) -> Any:
    answer = operate(stack, "PATCH", f"/tenants/{tenant}", wanted)
    assert answer.status == 200, answer.text
    return answer.json


def in_the_table() -> str:
    return json.dumps(clients.dynamodb().scan(TableName="table")["Items"], ensure_ascii=False)


def versions() -> list[dict[str, Any]]:
    listed: dict[str, Any] = dict(clients.s3().list_object_versions(Bucket="bucket"))
    return [each for kind in ("Versions", "DeleteMarkers") for each in listed.get(kind, [])]


def in_the_bucket(tenant: str) -> list[str]:
    return [each["Key"] for each in versions() if each["Key"].startswith(f"t/{tenant}/")]


def forever() -> bool:
    return False


@pytest.fixture
def versioned(stack: Stack) -> Stack:
    clients.s3().put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    return stack


def lives(stack: Stack, tenant: str, words: str) -> str:
    """What a tenant leaves in every store that it can reach; its run."""
    stack.project(words, tenant=tenant)
    stack.request("PATCH", f"/projects/{words}", {"name": words, "domain_config": {"terms": words}}, tenant=tenant)
    skill = {"files": [{"path": "SKILL.md", "content": f"---\nname: a\ndescription: {words}\n---\n{words}\n"}]}
    assert stack.request("PUT", f"/projects/{words}/skills/a", skill, tenant=tenant).status in (200, 201)
    weekly = {"rate": "7 days", "run": {"instructions": words}}
    assert stack.request("PUT", f"/projects/{words}/schedules/weekly", weekly, tenant=tenant).status == 200
    more: dict[str, Any] = {
        "metadata": {"who": words},
        "callback_url": f"https://example.com/{tenant}",
        "files": [{"path": f"{words}.md", "content": words}],
    }
    run_id = stack.start(f"touch {words}2.md", words, tenant=tenant, **more)
    stack.drive(run_id, words, tenant=tenant)
    assert stack.run(run_id, tenant=tenant)["status"] == "succeeded"
    stack.request("GET", "/webhooks/secret", tenant=tenant)
    stack.request("POST", "/keys", {"name": words}, authorizer={"tenant_id": tenant, "may": "read run manage admin"})
    stack.request(
        "PUT",
        "/budget",
        {"callback_url": f"https://example.com/{tenant}"},
        authorizer={"tenant_id": tenant, "may": "read run manage admin"},
    )
    return run_id


def test_no_store_has_anything_of_a_tenant_that_was_erased(
    monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    with deployed(monkeypatch, USAGE_METADATA="who") as stack:
        clients.s3().put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
        lives(stack, "tenant-a", CANARY)
        asks = stack.start("wait 5 seconds", CANARY, tenant="tenant-a")
        gone = stack.finish("touch b.md", CANARY, tenant="tenant-a")
        assert stack.request("DELETE", f"/runs/{gone}", tenant="tenant-a").status == 204
        other = lives(stack, "tenant-ab", "neighbour")
        others = (len(in_the_bucket("tenant-ab")), in_the_table().count("tenant-ab"))
        assert CANARY in in_the_table()

        first = operate(stack, "POST", "/tenants/tenant-a/erase", {"confirm": "tenant-a"})
        assert (first.status, first.json["done"]) == (200, False)
        deleted = {each["store"]: each["deleted"] for each in first.json["stores"]}
        assert deleted["keys"] == 1
        assert deleted["objects"] > 5
        assert deleted["table"] > 10
        assert stack.request("GET", f"/runs/{asks}", tenant="tenant-a").status == 404

        receipt = erase(stack.backend, "tenant-a", NOW + GRACE + timedelta(minutes=5), forever)
        assert receipt.done
        with subtests.test("table"):
            left = [item for item in clients.dynamodb().scan(TableName="table")["Items"] if "tenant-a#" in f"{item}#"]
            assert {item["PK"]["S"].split("#")[2] for item in left} == {"USAGE"}
            assert CANARY not in in_the_table()
        with subtests.test("objects and versions"):
            assert in_the_bucket("tenant-a") == []
        with subtests.test("what it cost is kept"):
            report = stack.request("GET", "/usage?group_by=project_id,metadata.who", tenant="tenant-a").json["report"]
            assert report["total"]["runs"] == 3
            [row] = report["rows"]
            assert row["project_id"].startswith("erased-")
            assert row["metadata"] == {"who": ""}
        with subtests.test("the neighbour has everything"):
            assert (len(in_the_bucket("tenant-ab")), in_the_table().count("tenant-ab")) == others
            assert stack.run(other, tenant="tenant-ab")["status"] == "succeeded"


def test_an_erasure_is_confirmed_and_lets_nothing_begin(stack: Stack) -> None:
    stack.project()
    stack.finish("touch a.md")
    wrong = operate(stack, "POST", "/tenants/tenant-a/erase", {"confirm": "tenant-b"})
    assert (wrong.status, wrong.json["code"]) == (400, "id_mismatch")
    assert stack.request("GET", "/runs").json != []
    assert operate(stack, "POST", "/tenants/tenant-a/erase", {"confirm": "tenant-a"}).json["done"] is False
    stack.project()
    refused = stack.request("POST", "/projects/p1/runs", {"project_id": "p1", "instructions": "x"})
    assert (refused.status, refused.json["code"]) == (429, "too_many_active_runs")
    assert erase(stack.backend, "tenant-a", NOW + DAY, forever).done is False
    assert erase(stack.backend, "tenant-a", NOW + DAY, forever).done
    again = operate(stack, "POST", "/tenants/tenant-a/erase", {"confirm": "tenant-a"})
    assert (again.status, again.json["code"]) == (404, "tenant_not_found")


def test_the_receipt_says_by_when_goes_what_nothing_deletes(stack: Stack) -> None:
    settings(stack, max_active=1)
    stores = erase(stack.backend, "tenant-a", NOW, forever).stores
    days = {each.store: (each.gone_by - NOW).days for each in stores if each.gone_by}
    assert days == {
        "tokens": 3,
        "backups of the table": 35,
        "logs": 30,
        "traces": 30,
        "dead letters": declared("DeadLetterQueue")["MessageRetentionPeriod"] / DAY.total_seconds(),
        "executions": 90,
    }


def test_a_tenant_that_has_only_a_key_is_a_tenant(stack: Stack) -> None:
    stack.request(
        "POST", "/keys", {"name": "first"}, authorizer={"tenant_id": "tenant-a", "may": "read run manage admin"}
    )
    assert operate(stack, "GET", "/tenants/tenant-a").json["max_active"] == 10
    erased = operate(stack, "POST", "/tenants/tenant-a/erase", {"confirm": "tenant-a"}).json
    assert {each["store"]: each["deleted"] for each in erased["stores"]}["keys"] == 1


def test_an_erasure_that_broke_off_goes_on(versioned: Stack) -> None:
    lives(versioned, "tenant-a", "project")
    budget = 3
    for number in range(50):
        left = iter(range(budget))
        late = NOW + GRACE + (number + 1) * DAY
        if erase(versioned.backend, "tenant-a", late, lambda: next(left, None) is None).done:  # noqa: B023
            break
        budget += 3
    # Two times would be enough for one that does not break off.
    assert number > 1
    assert in_the_bucket("tenant-a") == []
    assert "T#tenant-a#R" not in in_the_table()
    assert versioned.backend.tenants.known("tenant-a") is False


def test_everything_of_a_tenant_can_be_taken_along_but_its_secrets(versioned: Stack) -> None:
    run_id = lives(versioned, "tenant-a", CANARY)
    versioned.finish("touch c.md", "second")
    lives(versioned, "tenant-ab", "neighbour")
    secret = versioned.request("GET", "/webhooks/secret", tenant="tenant-a").json["secret"]
    records, objects = exported(versioned, "/tenants/tenant-a/export")
    told = json.dumps(records, ensure_ascii=False)
    assert CANARY in told
    assert run_id in told
    assert secret not in told
    assert "neighbour" not in told
    assert {record["SK"] for record in records} >= {"META", "SKILL#a", "SCHEDULE#weekly", "BUDGET", "L#00000000"}
    assert {each["key"] for each in objects} == set(in_the_bucket("tenant-a"))
    _, of_project = exported(versioned, f"/tenants/tenant-a/export?project_id={CANARY}")
    assert {each["key"] for each in of_project} < {each["key"] for each in objects}
    assert operate(versioned, "GET", "/tenants/tenant-a/export?project_id=none").status == 404
    assert operate(versioned, "GET", "/tenants/tenant-a/export?cursor=objects:t/tenant-ab/").status == 400


def exported(stack: Stack, path: str) -> tuple[list[Any], list[Any]]:
    records: list[Any] = []
    objects: list[Any] = []
    more = ""
    while True:
        page = operate(stack, "GET", f"{path}{more}").json
        records, objects = records + page["records"], objects + page["objects"]
        if page["next_cursor"] is None:
            return records, objects
        more = f"{'&' if '?' in path else '?'}cursor={page['next_cursor']}"


def test_a_hold_stops_retention_sweeping_deletion_and_erasure(versioned: Stack) -> None:
    stack = versioned
    run_id = lives(stack, "tenant-a", "project")
    assert settings(stack, hold="case 7", retention_days=1)["hold"] == "case 7"
    before = (in_the_bucket("tenant-a"), in_the_table().count("tenant-a"))
    weekly = "/projects/project/schedules/weekly"
    for path in (f"/runs/{run_id}", "/projects/project", weekly):
        refused = stack.request("DELETE", path, tenant="tenant-a")
        assert (refused.status, refused.json["code"]) == (409, "legal_hold")
    asked = stack.request("GET", weekly, tenant="tenant-a").json
    put = {key: asked[key] for key in ("cron", "rate", "timezone", "run", "overlap", "continue_workspace")}
    replaced = stack.request("PUT", weekly, {**put, "run": {"instructions": "touch b.md"}}, tenant="tenant-a")
    assert (replaced.json["code"], "another name" in replaced.json["detail"]) == ("legal_hold", True)
    assert stack.request("PUT", weekly, put, tenant="tenant-a").json == asked
    assert operate(stack, "POST", "/tenants/tenant-a/erase", {"confirm": "tenant-a"}).json["code"] == "legal_hold"
    for days in (2, 4, 400):
        clean(stack.backend, NOW + days * DAY, lambda: 600.0)
    assert (in_the_bucket("tenant-a"), in_the_table().count("tenant-a")) == before
    settings(stack, hold=None)
    for days in (401, 402):
        clean(stack.backend, NOW + days * DAY, lambda: 600.0)
    assert stack.request("GET", f"/runs/{run_id}", tenant="tenant-a").status == 404


def test_a_hold_keeps_skills_and_what_runs_taught(stack: Stack) -> None:
    stack.project()
    text = "---\nname: letters\ndescription: How letters are written.\n---\nShort.\n"
    paths = ("/skills/letters", "/projects/p1/skills/letters")
    body = {"files": [{"path": "SKILL.md", "content": text}]}
    for path in paths:
        assert stack.request("PUT", path, body).status == 200
    run_id = stack.finish("touch a.md")
    settings(stack, hold="case 7")
    before = in_the_table()
    for path in (*paths, f"/patterns/{run_id}"):
        refused = stack.request("DELETE", path)
        assert (refused.status, refused.json["code"]) == (409, "legal_hold")
    assert in_the_table() == before
    settings(stack, hold=None)
    assert [stack.request("DELETE", path).status for path in (*paths, f"/patterns/{run_id}")] == [204] * 3


def test_runs_are_kept_as_long_as_their_tenant_says(versioned: Stack) -> None:
    stack = versioned
    short, long = lives(stack, "tenant-a", "project"), lives(stack, "tenant-b", "project")
    settings(stack, retention_days=5)
    for days in (6, 7):
        clean(stack.backend, NOW + days * DAY, lambda: 600.0)
    assert stack.request("GET", f"/runs/{short}", tenant="tenant-a").status == 404
    assert stack.request("GET", f"/runs/{long}", tenant="tenant-b").status == 200


def test_a_tenant_uses_the_models_that_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch, MODELS=MODELS, OPENAI_MODEL="large") as stack:
        stack.project()
        stack.project(tenant="tenant-b")
        settings(stack, models=["fast"])
        body = {"project_id": "p1", "instructions": "touch a.md"}
        refused = stack.request("POST", "/projects/p1/runs", {**body, "model": "large"})
        assert (refused.status, refused.json["code"], "fast" in refused.json["detail"]) == (
            400,
            "model_not_allowed",
            True,
        )
        assert stack.backend.tenants.get("tenant-a").active == frozenset()
        assert stack.request("POST", "/projects/p1/runs", body).json["model"] == "fast"
        assert stack.request("POST", "/projects/p1/runs", body, tenant="tenant-b").json["model"] == "large"
        assert [each["name"] for each in stack.request("GET", "/models").json["models"]] == ["fast"]
        unknown = operate(stack, "PATCH", "/tenants/tenant-a", {"models": ["none"]})
        assert (unknown.status, unknown.json["code"]) == (400, "model_not_allowed")


def test_a_tenant_of_a_model_without_a_key_needs_none_of_the_provider_of_others(runs: Runs) -> None:
    _, stack = runs.of(
        finishes("done"),
        key=NO_KEY,
        OPENAI_SECRET_NAME="",
        MODELS=json.dumps({"large": {}, "here": {"provider": "near"}}),
        PROVIDERS=lambda url: json.dumps({"near": {"base_url": url, "api_key": False}}),
    )
    stack.project()
    asked = {"project_id": "p1", "instructions": "Write."}
    refused = stack.request("POST", "/projects/p1/runs", asked)
    assert (refused.status, refused.json["code"]) == (503, "not_configured")
    assert stack.backend.tenants.get("tenant-a").active == frozenset()
    settings(stack, models=["here"])
    run = stack.run(stack.finish("Write."))
    assert (run["status"], run["model"]) == ("succeeded", "here")
    schedule = stack.request(
        "PUT", "/projects/p1/schedules/daily", {"rate": "1 day", "run": {"instructions": "Write."}}
    )
    batch = stack.request(
        "POST", "/projects/p1/batches", {"items": [{"n": "1"}], "template": {"instructions": "{{n}}"}}
    )
    assert (schedule.status, batch.status) == (200, 201)


def test_a_hosted_tool_that_a_tenants_model_cannot_use_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    models = json.dumps({"large": {}, "fast": {"hosted_tools": []}})
    tools = json.dumps({"web_search": {}})
    with deployed(monkeypatch, MODELS=models, OPENAI_MODEL="large", HOSTED_TOOLS=tools) as stack:
        stack.project()
        settings(stack, models=["fast"])
        asked = {"project_id": "p1", "instructions": "touch a.md", "hosted_tools": ["web_search"]}
        refused = stack.request("POST", "/projects/p1/runs", asked)
        assert (refused.status, refused.json["code"]) == (400, "hosted_tool_not_allowed")
        assert stack.backend.tenants.get("tenant-a").active == frozenset()


@pytest.mark.parametrize("model", ["one", "two"])
def test_a_tenant_is_asked_for_with_its_own_key_where_the_deployment_has_none(
    runs: Runs, caplog: pytest.LogCaptureFixture, model: str
) -> None:
    """The second model is of a provider that the operator lists, over chat completions, which quotes the key."""
    quoted = error(400, "invalid_value", f"the key {OWN_KEY} may not do this")
    done = calls(call("write_file", path="a.md", content="x")), finishes("done"), quoted
    provider, stack = runs.of(
        *done,
        key=OWN_KEY,
        OPENAI_SECRET_NAME="",
        SECRET_PREFIX="swarm",
        MODELS=json.dumps({"one": {}, "two": {"provider": "other"}}),
        PROVIDERS=lambda url: json.dumps({"other": {"base_url": url, "api": "chat_completions"}}),
    )
    name = {"one": "openai", "two": "other"}[model]
    clients.secrets().create_secret(Name=f"swarm/tenants/tenant-b/{name}", SecretString=f"{OWN_KEY}\n")
    settings(stack, "tenant-b", own_keys=[name])

    own = [stack.run(stack.finish("Write.", tenant="tenant-b", model=model), tenant="tenant-b")]
    own.append(stack.run(stack.start("Again.", tenant="tenant-b", model=model), tenant="tenant-b"))
    stack.drive(own[1]["id"], tenant="tenant-b")
    refused = stack.run(own[1]["id"], tenant="tenant-b")
    assert (own[0]["status"], refused["status"], provider.faults) == ("succeeded", "failed", [])
    assert [request.headers["authorization"] for request in provider.requests] == [f"Bearer {OWN_KEY}"] * 3

    [missing] = stack.run(stack.finish("Write.", model=model))["errors"]
    assert (missing["error_type"], f"swarm/providers/{name}" in missing["message"]) == ("provider_authentication", True)
    assert len(provider.requests) == 3
    kept = [clients.s3().get_object(Bucket="bucket", Key=each["Key"])["Body"].read() for each in versions()]
    assert OWN_KEY not in in_the_table() + caplog.text + json.dumps(refused) + str(kept)


def test_a_tenants_own_key_is_asked_with_alone_though_the_deployment_has_one(runs: Runs) -> None:
    provider, stack = runs.of(
        calls(call("write_file", path="a.md", content="x")), finishes("done"), SECRET_PREFIX="swarm"
    )
    clients.secrets().create_secret(Name="swarm/tenants/tenant-b/openai", SecretString=OWN_KEY)
    settings(stack, "tenant-b", own_keys=["openai"])
    own = stack.finish("Write.", tenant="tenant-b")
    assert stack.run(own, tenant="tenant-b")["errors"][0]["error_type"] == "provider_authentication"
    assert {request.headers["authorization"] for request in provider.requests} == {f"Bearer {OWN_KEY}"}
    settings(stack, "tenant-b", own_keys=None)
    assert stack.run(stack.finish("Write.", tenant="tenant-b"), tenant="tenant-b")["status"] == "succeeded"


def test_the_own_keys_of_a_tenant_are_erased_with_it_and_those_of_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with deployed(monkeypatch, SECRET_PREFIX="swarm") as stack:
        for name in ("tenant-a/openai", "tenant-a/formerly-listed", "tenant-ab/openai"):
            clients.secrets().create_secret(Name=f"swarm/tenants/{name}", SecretString=OWN_KEY)
        settings(stack, own_keys=["formerly-listed"])
        receipt = operate(stack, "POST", "/tenants/tenant-a/erase", {"confirm": "tenant-a"}).json
        assert {each["store"]: each["deleted"] for each in receipt["stores"]}["secrets"] == 2
        left = [each["Name"] for each in clients.secrets().list_secrets(IncludePlannedDeletion=True)["SecretList"]]
        assert left == ["swarm/tenants/tenant-ab/openai"]
        assert erase(stack.backend, "tenant-a", NOW + DAY, forever).done


def test_settings_are_set_one_by_one_and_set_back(stack: Stack) -> None:
    fresh = settings(stack, "tenant-new", max_active=25, limits={"ceilings": {"max_turns": 30}}, daily_usd=3.5)
    assert (fresh["max_active"], fresh["daily_usd"], fresh["own"]) == (25, 3.5, ["daily_usd", "limits", "max_active"])
    assert stack.request("GET", "/usage", tenant="tenant-new").json["active_runs"]["limit"] == 25
    assert stack.request("GET", "/budget", tenant="tenant-new").json["granted_daily_usd"] == 3.5
    back = settings(stack, "tenant-new", max_active=None, daily_usd=None)
    assert (back["max_active"], back["daily_usd"], back["own"]) == (10, None, ["limits"])
    listed = operate(stack, "GET", "/tenants").json
    assert [(each["id"], each["own"]) for each in listed] == [("tenant-new", ["limits"])]
    assert operate(stack, "GET", "/tenants/nobody").json["code"] == "tenant_not_found"
    run = stack.run(stack.finish("touch a.md", tenant="tenant-new", limits={"max_turns": 100}), tenant="tenant-new")
    assert run["limits"]["max_turns"] == 30


def test_what_a_tenant_has_otherwise_than_the_deployment_names_models_keys_and_tools(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tools = json.dumps({"web_search": {}})
    with deployed(monkeypatch, MODELS=MODELS, OPENAI_MODEL="large", SECRET_PREFIX="swarm", HOSTED_TOOLS=tools) as stack:
        assert settings(stack, models=["fast"], own_keys=["openai"], hosted_tools=[])["own"] == [
            "hosted_tools",
            "models",
            "own_keys",
        ]
        assert settings(stack, models=None, own_keys=None, hosted_tools=None)["own"] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"max_active": -1}, id="less than none"),
        pytest.param({"max_activ": 1}, id="misspelt"),
        pytest.param({"hold": ""}, id="a hold for no reason"),
        pytest.param({"own_keys": ["openai"]}, id="keys that are nowhere"),
        pytest.param({"retention_days": 0}, id="kept for no day"),
    ],
)
def test_a_setting_that_is_none_changes_nothing(stack: Stack, body: object) -> None:
    assert operate(stack, "PATCH", "/tenants/tenant-a", body).status in (400, 422)
    assert "tenant-a" not in in_the_table()


@pytest.mark.parametrize("may", ["read", "run", "manage", "admin"])
def test_no_key_of_a_tenant_looks_after_tenants(stack: Stack, may: str) -> None:
    for method, path in (("GET", "/tenants"), ("PATCH", "/tenants/tenant-a"), ("POST", "/tenants/tenant-a/erase")):
        answer = stack.request(method, path, {}, authorizer={"tenant_id": "tenant-a", "may": may})
        assert (answer.status, answer.json["code"]) == (403, "scope_missing")
