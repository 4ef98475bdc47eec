"""The whole laptop cloud with a collector: the template's parameters, the secret with the headers, and one trace."""

from __future__ import annotations

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunStatus
from tests.agent.collector import Collector, attributes
from tests.local.clouds import Clouds, eventually

pytestmark = pytest.mark.proof


def test_a_run_is_seen_by_a_collector_that_wants_a_header(clouds: Clouds) -> None:
    with Collector() as collector:
        cloud = clouds.get("telemetry", parameters={"OtlpEndpoint": collector.url}, otlp_headers="authorization=tok-1")
        with CodexSwarmClient(cloud.url) as client:
            done = client.wait(client.start_run("told", "touch a.md", "writing").run_id, 60, poll=0.05)
        assert done.status is RunStatus.SUCCEEDED
        eventually(lambda: collector.named("invoke_agent"))
        assert {each["authorization"] for each in collector.headers} == {"tok-1"}
        [agent] = collector.named("invoke_agent")
        assert attributes(agent)["codex_swarm.run.id"] == done.run_id
        assert [span.name for span in collector.named("execute_tool")][:1] == ["execute_tool write_file"]
        # The trace that the logs name, so that both are found by one id.
        lines = (cloud.log_folder / "AgentFunction.log").read_text("utf-8")
        trace = agent.trace_id.hex()
        assert f'"xray_trace_id":"1-{trace[:8]}-{trace[8:]}"' in lines
        assert "tok-1" not in lines
        clouds.stop()
