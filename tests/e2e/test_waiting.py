"""An account has so many environments, idle ones too: runs with commands wait their turn for one, and say so."""

from __future__ import annotations

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import ProgressEvent, RunStatus
from infra.local.cloud import LocalCloud
from tests.local.clouds import eventually, quotas

pytestmark = pytest.mark.proof

WAITING = "Waiting for a free environment"


def test_a_run_with_commands_waits_for_an_environment_and_says_so_once(
    cloud: LocalCloud, client: CodexSwarmClient
) -> None:
    def waits(run_id: str) -> int:
        events = client.list_events(run_id)
        return sum(isinstance(event, ProgressEvent) and event.message == WAITING for event in events)

    with quotas(cloud, environments=1):
        # Idle ones go soon here, so that the second run has its turn, too.
        cloud.account.tenant_idle_seconds = 0.2
        assert cloud.account.add_environment(), "somebody else's"
        runs = [client.start_run("turns", f"run `echo {number} > made.txt`", "code").run_id for number in range(2)]
        assert eventually(lambda: all(waits(run_id) for run_id in runs), 60)
        cloud.account.remove_environment()
        ended = [client.wait(run_id, 150, poll=0.1) for run_id in runs]
    assert [run.status for run in ended] == [RunStatus.SUCCEEDED] * 2
    assert [client.get_file_text(run_id, "made.txt") for run_id in runs] == ["0\n", "1\n"]
    assert [waits(run_id) for run_id in runs] == [1, 1]
