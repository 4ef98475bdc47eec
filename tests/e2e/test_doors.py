"""Who is let in and what is missing: keys, other tenants, and a service without a model."""

from __future__ import annotations

import subprocess

import httpx
import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import ApiError, AuthError, Unavailable
from infra.local.cloud import LocalCloud
from swarm.records.api_keys import key_hash
from tests.local.clouds import Clouds
from tests.support.issuer import AUDIENCE, OpenIdIssuer
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof

MISSING = "OPENAI_API_KEY is not set; set it, or set CROSS_RUN_FAKE_SWARM=1 for the deterministic offline model"
OTHER_KEY = "the-key-of-another-tenant"


@pytest.fixture
def locked(clouds: Clouds) -> LocalCloud:
    """A laptop cloud that wants a key, as a deployed service does, with a second tenant."""
    cloud = clouds.get("locked", require_key=True)
    item = {"PK": {"S": f"KEY#{key_hash(OTHER_KEY)}"}, "SK": {"S": "META"}, "tenant_id": {"S": "other"}}
    cloud.client("dynamodb").put_item(TableName=cloud.table_name, Item=item)
    return cloud


def test_without_a_key_nothing_but_health_the_description_and_pages_without_data_is_answered(
    locked: LocalCloud,
) -> None:
    with CodexSwarmClient(locked.url) as client:
        assert client.health().status == "ok"
        with pytest.raises(AuthError) as refused:
            client.list_projects()
    assert refused.value.status == 401
    assert httpx.get(f"{locked.url}/openapi.json").status_code == 200
    assert httpx.get(f"{locked.url}/ui/runs/x").status_code == 200
    assert httpx.get(f"{locked.url}/runs/x").status_code == 401


def test_a_wrong_key_is_refused_and_the_right_one_works(locked: LocalCloud) -> None:
    with CodexSwarmClient(locked.url, "wrong") as client, pytest.raises(AuthError):
        client.list_projects()
    with CodexSwarmClient(locked.url, locked.development_key) as client:
        started = client.start_run("ours", "touch a.md")
        assert client.wait(started.run_id, 60, poll=0.05).status == "succeeded"


def test_a_token_of_the_operators_issuer_starts_a_run_of_its_tenant(clouds: Clouds) -> None:
    with OpenIdIssuer() as issuer:
        named = {"JwtIssuer": issuer.address, "JwtAudience": AUDIENCE, "JwtScopePrefix": "codex-swarm/"}
        cloud = clouds.get("issuer", parameters=named, require_key=True)
        scope = "openid codex-swarm/read codex-swarm/run codex-swarm/manage"
        with CodexSwarmClient(cloud.url, issuer.token(tenant_id="acme", scope=scope)) as client:
            started = client.start_run("theirs", "touch a.md")
            assert client.wait(started.run_id, 60, poll=0.05).status == "succeeded"
        with CodexSwarmClient(cloud.url, issuer.token(tenant_id="other", scope=scope)) as client:
            assert client.list_runs() == []
        with CodexSwarmClient(cloud.url, issuer.token(aud="other")) as client, pytest.raises(AuthError):
            client.list_runs()
        clouds.stop()


@pytest.mark.parametrize("rest", ["", "/workspace/files", "/workspace/files/a.md", "/stream", "/artifacts"])
def test_another_tenants_run_is_the_same_as_none(locked: LocalCloud, rest: str) -> None:
    with CodexSwarmClient(locked.url, locked.development_key) as client:
        ours = client.wait(client.start_run("ours", "touch a.md").run_id, 60, poll=0.05).run_id
    never = "0" * len(ours)
    theirs = {"Authorization": f"Bearer {OTHER_KEY}"}
    hidden = httpx.get(f"{locked.url}/runs/{ours}{rest}", headers=theirs)
    unknown = httpx.get(f"{locked.url}/runs/{never}{rest}", headers=theirs)
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.content == unknown.content.replace(never.encode(), ours.encode())


def test_without_a_model_a_run_is_refused_by_the_name_of_what_is_missing(clouds: Clouds) -> None:
    cloud = clouds.get("unconfigured", offline=False, api_key=None)
    with CodexSwarmClient(cloud.url, retries=0) as client:
        client.put_project("p")
        with pytest.raises(Unavailable) as refused:
            client.start_run("p", "touch a.md")
        assert (refused.value.status, refused.value.code) == (503, "not_configured")
        assert refused.value.detail == MISSING
        assert client.list_runs() == []
        with pytest.raises(ApiError):
            client.get_run("0" * 32)


def test_services_without_a_model_and_without_a_terminal_say_the_same() -> None:
    done = subprocess.run(
        [str(ROOT / "run.sh"), "services", "--port", "0"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == MISSING
