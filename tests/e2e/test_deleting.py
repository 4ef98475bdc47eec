"""A project from its deletion to a new one of the same name, through the laptop cloud."""

from __future__ import annotations

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import Conflict, NotFound
from infra.local.cloud import LocalCloud
from tests.local.clouds import call, eventually


@pytest.mark.proof
def test_a_deleted_project_is_gone_at_once_and_cleared_away(cloud: LocalCloud, client: CodexSwarmClient) -> None:
    run = client.start_run("short-lived", "Create a file called a.md with a greeting")
    with pytest.raises(Conflict, match="active"):
        client.delete_project("short-lived")
    client.wait(run.run_id, timeout=60, check=True)
    client.delete_project("short-lived")
    with pytest.raises(NotFound):
        client.get_run(run.run_id)
    with pytest.raises(Conflict, match="cleared away"):
        client.put_project("short-lived")
    assert client.list_runs("short-lived") == []
    # The request called the janitor, who comes by himself every few minutes too.
    eventually(lambda: not stored(cloud, "short-lived"), 30)
    assert call(cloud, "JanitorFunction", {})["failed"] == 0


def stored(cloud: LocalCloud, project: str) -> list[str]:
    """The keys of what is stored for a project."""
    found = cloud.client("s3").list_objects_v2(Bucket=cloud.bucket_name, Prefix=f"t/local/p/{project}/")
    return [each["Key"] for each in found.get("Contents", [])]
