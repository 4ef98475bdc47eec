"""One trace from a request to the provider, found in every function's log; and nothing in any log that people wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud
from tests.local.clouds import Clouds
from tests.provider.script import call as asks
from tests.provider.script import calls, error, finishes
from tests.provider.server import ScriptedProvider

pytestmark = pytest.mark.proof

ROOT = "1-67891233-abcdef012345678912345678"
INSTRUCTIONS, ANSWER, CONTENT, HEADER = "c4nary-asked", "c4nary-said", "c4nary-written", "c4nary-header"
API_KEY = "sk-c4nary-of-the-provider"


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    script = [
        calls(
            asks("write_file", path="c4nary-path.md", content=f"# {CONTENT}\n"),
            asks("run_command", command="echo c4nary-printed; exit 3"),
        ),
        error(500, message="c4nary-of-the-provider"),
        finishes(ANSWER),
    ]
    with ScriptedProvider(script, api_key=API_KEY) as serving:
        yield serving


@pytest.fixture(scope="module")
def watched(clouds: Clouds, provider: ScriptedProvider) -> Iterator[LocalCloud]:
    parameters = {"OpenAIBaseUrl": provider.base_url, "OpenAIModel": "m"}
    yield clouds.get("traced", offline=False, api_key=API_KEY, parameters=parameters)
    clouds.stop()


def test_a_run_is_one_trace_and_its_logs_say_nothing_that_people_wrote(
    watched: LocalCloud, provider: ScriptedProvider
) -> None:
    with CodexSwarmClient(watched.url) as client:
        body = {"project_id": "traced", "name": "c4nary-name", "instructions": INSTRUCTIONS}
        httpx.put(f"{watched.url}/projects/traced", json={"name": "c4nary-project", "task_type": "code"})
        started = httpx.post(
            f"{watched.url}/projects/traced/runs",
            json={**body, "metadata": {"c4nary-key": "c4nary-value"}},
            headers={"X-Amzn-Trace-Id": f"Root={ROOT}", "X-Secret": HEADER},
            timeout=60,
        )
        run_id = started.json()["id"]
        done = client.wait(run_id, 120, poll=0.1)
        assert done.status == "succeeded", done.errors
        httpx.get(f"{watched.url}/runs/{run_id}/search?q=c4nary-query")
        watched.functions["ReconcileFunction"].invoke(b"{}")
        watched.functions["JanitorFunction"].invoke(b"{}")

    lines = [line for log in watched.log_folder.glob("*.log") for line in log.read_text().splitlines()]
    records = [json.loads(line) for line in lines if line.startswith("{")]
    of_run = [each for each in records if each.get("run_id") == run_id]
    assert {each.get("xray_trace_id") for each in of_run} == {ROOT}
    traced = {log.stem for log in watched.log_folder.glob("*.log") if ROOT in log.read_text()}
    assert traced >= {"PrepareFunction", "AgentFunction"}
    asked_as = [request.headers["x-client-request-id"] for request in provider.requests]
    assert asked_as == [f"{run_id}.{ROOT}"] * 3

    # Nothing of it: not what was asked, said, written, printed or sent, and no key.
    said = re.findall(r"[^\s\"]*c4nary[^\s\"]*", "\n".join(lines), re.IGNORECASE)
    assert said == []
    assert not [line for line in lines if watched.development_key in line or API_KEY in line]
