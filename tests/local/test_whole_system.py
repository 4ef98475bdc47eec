"""The repository's own template: a run from POST to files that can be downloaded, also when a function is killed."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from typing import Any

import pytest

from codex_swarm import CodexSwarmClient
from infra.local.cloud import LocalCloud
from swarm.agent.slice import FINISH_FILES
from tests.local.clouds import eventually

pytestmark = pytest.mark.proof

HELLO = "Create a simple markdown file called hello.md with a greeting"


def request(cloud: LocalCloud, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    sent = urllib.request.Request(cloud.url + path, data=data, method=method)
    with urllib.request.urlopen(sent, timeout=30) as response:
        content = response.read()
        return json.loads(content) if "json" in response.headers["content-type"] else content


def start(cloud: LocalCloud, instructions: str, **more: object) -> str:
    request(cloud, "PUT", "/projects/whole", {"id": "whole", "name": "Whole"})
    body = {"project_id": "whole", "name": "run", "instructions": instructions, **more}
    return str(request(cloud, "POST", "/projects/whole/runs", body)["run_id"])


def ended(cloud: LocalCloud, run_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        run: dict[str, Any] = request(cloud, "GET", f"/runs/{run_id}")
        return run if run["status"] in ("succeeded", "failed", "cancelled") else None

    return eventually(look, seconds=60)


def test_run_ends_with_its_file_behind_the_api_and_behind_a_presigned_url(cloud: LocalCloud) -> None:
    run_id = start(cloud, HELLO, files=[{"path": "why? how?.md", "content": "so"}])
    run = ended(cloud, run_id)
    assert (run["status"], run["progress"], run["machine_summary"]["primary_artifact"]) == (
        "succeeded",
        100,
        "hello.md",
    )
    listed, odd = request(cloud, "GET", f"/runs/{run_id}/workspace/files")["files"]
    with urllib.request.urlopen(listed["url"], timeout=15) as response:
        presigned = response.read()
    assert presigned == request(cloud, "GET", f"/runs/{run_id}/workspace/files/hello.md")
    assert len(presigned) == listed["size_bytes"]
    # The gateway would end an address at the question mark.
    with CodexSwarmClient(cloud.url) as client:
        assert client.get_file(run_id, odd["path"]) == b"so"
        assert b"so" in client.get_preview(run_id, odd["path"]).content
    # One request of ten takes the tokens of the next ones from the table, too.
    made = []
    for _ in range(2):
        with cloud.recorded_calls() as calls:
            request(cloud, "GET", f"/runs/{run_id}")
        made.append([(call.service, call.operation) for call in calls if call.function == "ApiFunction"])
    assert [("dynamodb", "GetItem")] in made


# More than the agent ends a run with, so that Finish does it.
MANY_FILES = "touch " + " ".join(f"{number}.md" for number in range(FINISH_FILES + 1))


@pytest.mark.parametrize(
    "function, work",
    [("PrepareFunction", HELLO), ("AgentFunction", f"{HELLO}. wait 1 seconds"), ("FinishFunction", MANY_FILES)],
    ids=["PrepareFunction", "AgentFunction", "FinishFunction"],
)
def test_run_survives_the_death_of_a_function(function: str, work: str, cloud: LocalCloud) -> None:
    run_id = start(cloud, work)
    [pid] = eventually(cloud.functions[function].busy_pids, longest_pause=0.01)
    os.kill(pid, signal.SIGKILL)
    assert ended(cloud, run_id)["status"] == "succeeded"
