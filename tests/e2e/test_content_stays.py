"""What people wrote stands in the table, the bucket and their webhooks alone: in no log, and in no execution."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud
from tests.local.clouds import Clouds, call, eventually
from tests.webhooks.receivers import Receiver, answering, receiving

pytestmark = pytest.mark.proof

CANARY = re.compile(r"[^\s\"]*c4nary[^\s\"]*", re.IGNORECASE)
"""In everything below that a person gives, ids of their own choice but the project's among it."""


@pytest.fixture(scope="module")
def cloud(clouds: Clouds) -> Iterator[LocalCloud]:
    yield clouds.get("content", parameters={"WebhookLoopback": "1"})
    clouds.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        found.answers = [answering(503), answering(204)]
        yield found


def test_runs_that_fail_batches_schedules_and_webhooks_leave_nothing_in_logs_or_executions(
    cloud: LocalCloud, receiver: Receiver
) -> None:
    hook = f"http://127.0.0.1:{receiver.port}/c4nary-hook"
    with CodexSwarmClient(cloud.url) as client:
        client.put_project("content", name="c4nary-project")
        failed = client.start_run("content", "fail with c4nary-failure", name="c4nary-run", callback_url=hook)
        batch = client.start_batch(
            "content",
            "Create a file called {{file}} with c4nary-words.",
            [{"file": "c4nary-1.md"}, {"file": "../c4nary-2.md"}],
            name="c4nary-batch",
            callback_url=hook,
        )
        client.put_schedule(
            "content",
            "c4nary-schedule",
            {"instructions": "Create a file called c4nary.md with words."},
            rate="1 hour",
        )
        due = datetime.now(UTC) + timedelta(hours=1, minutes=1)
        assert call(cloud, "ReconcileFunction", {"time": due.isoformat(), "only": "schedules"}) == {
            "schedules": 1,
            "left": 0,
        }
        assert client.wait(failed.id, 60).status == "failed"
        client.wait_batch(batch.id, 60)
        [planned] = eventually(lambda: client.list_runs(metadata={"schedule": "c4nary-schedule"}) or None)
        assert client.wait(planned.id, 60).status == "succeeded"
        eventually(lambda: len(receiver.messages) >= 3, 40)
        eventually(lambda: {each.status for each in client.list_webhook_deliveries()} == {"delivered"}, 40)

    logs = {path.stem: path.read_text() for path in cloud.log_folder.glob("*.log")}
    assert {"AgentFunction", "WebhookFunction", "ReconcileFunction"} <= {name for name, text in logs.items() if text}
    assert {name: found for name, text in logs.items() if (found := CANARY.findall(text))} == {}

    machines = cloud.client("stepfunctions")
    executions = [
        execution
        for machine in machines.list_state_machines()["stateMachines"]
        for execution in machines.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    ]
    assert len(executions) >= 4
    for execution in executions:
        described = machines.describe_execution(executionArn=execution["executionArn"])
        history = machines.get_execution_history(executionArn=execution["executionArn"])["events"]
        assert CANARY.findall(f"{described} {history}") == [], execution["name"]
