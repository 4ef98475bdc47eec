"""Scenes in which every permission of the template is needed: each drives the deployed system, and fails without one.

A scene asserts what somebody outside sees, and waits for it at most `SECONDS`.
"""

from __future__ import annotations

import json
import re
import secrets
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from moto.s3.models import s3_backends

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead, RunStatus, TaskType
from infra.local.cloud import TENANT, LocalCloud
from infra.local.identity import ACCOUNT_ID
from infra.local.permissions.policy import Grant
from swarm.agent.slice import FINISH_FILES
from swarm.lifecycle.reconciliation import GRACE
from swarm.records.api_keys import key_hash
from swarm.records.keys import api_key_key, keys_of_tenant
from swarm.records.rates import FREE
from swarm.retention import removal
from swarm.workspace.objects import ProjectArea
from tests.local.clouds import call, eventually
from tests.webhooks.receivers import Receiver, answering, receiving

SECONDS = 60.0
PROJECT = "granted"
LOSSES = "losses"
MANY = "touch " + " ".join(f"{n:03}.md" for n in range(FINISH_FILES + 1))
HELLO = "Create a file called hello.md with a greeting"
CLOUD: dict[str, Any] = {
    "parameters": {"WebhookLoopback": "1", "CanaryMinutes": "15"},
    # It is not on the internet.
    "function_environment": {"CanaryFunction": {"API_URL": ""}},
}
"""What a laptop cloud has that has every permission."""


AnyStage = TypeVar("AnyStage", bound="Stage")


@dataclass
class Stage:
    """The system that the scenes play in, as an application and an operator see it."""

    cloud: LocalCloud
    client: CodexSwarmClient
    folder: Path

    def ended(
        self,
        run: RunRead,
        status: RunStatus = RunStatus.SUCCEEDED,
        *,
        execution: str = "SUCCEEDED",
        mended: tuple[str, ...] = (),
    ) -> RunRead:
        """The run ended so, and its execution too, with no state that mends entered but for those expected."""
        done = self.client.wait(run.run_id, timeout=SECONDS, poll=0.1)
        assert done.status is status, done.errors
        machines, arn = self.cloud.client("stepfunctions"), _execution_arn(self, run.run_id)
        eventually(lambda: machines.describe_execution(executionArn=arn)["status"] != "RUNNING", SECONDS)
        assert machines.describe_execution(executionArn=arn)["status"] == execution
        history = machines.get_execution_history(executionArn=arn, maxResults=1_000)["events"]
        states = [event["stateEnteredEventDetails"] for event in history if "stateEnteredEventDetails" in event]
        assert {state["name"] for state in states} & {"Fail", "GiveUp"} <= set(mended)
        return done

    def made(self, instructions: str, **more: Any) -> RunRead:
        return self.ended(self.client.start_run(PROJECT, instructions, TaskType.WRITING, **more))

    def runs_at(self, run: RunRead) -> None:
        eventually(lambda: self.client.get_run(run.run_id).progress >= 30, SECONDS)

    @contextmanager
    def withheld(self, function: str, action: str) -> Iterator[None]:
        """The function may not do this for a while, so that others have to mend what it left undone."""
        role = self.cloud.functions[function].specification.role
        grants = {grant for grant in self.cloud.permissions.grants() if (grant.role, grant.action) == (role, action)}
        before = self.cloud.permissions.withheld
        self.cloud.permissions.withheld = before | grants
        try:
            yield
        finally:
            self.cloud.permissions.withheld = before

    def reconcile(self) -> Mapping[str, int]:
        """The schedule's call, so much later that whatever is undone is overdue."""
        later = datetime.now(UTC) + GRACE + timedelta(seconds=5)
        event = {"detail-type": "Scheduled Event", "time": later.strftime("%Y-%m-%dT%H:%M:%SZ"), "detail": {}}
        answer: dict[str, int] = call(self.cloud, "ReconcileFunction", event)
        assert "errorType" not in answer, answer
        return answer


@contextmanager
def told(stage: Stage) -> Iterator[tuple[Receiver, str]]:
    """A receiver and its address; in the end it has been told of one run."""
    with receiving() as receiver:
        yield receiver, f"http://127.0.0.1:{receiver.port}/"
        assert receiver.came.wait(SECONDS)


def a_run_writes_a_file_and_shows_it(stage: Stage) -> None:
    run = stage.made(HELLO)
    [file] = stage.client.list_files(run.run_id).files
    assert httpx.get(str(file.url), timeout=SECONDS).content == stage.client.get_file(run.run_id, "hello.md")
    assert stage.client.get_diff(run.run_id).summary.files
    assert stage.client.list_events(run.run_id)
    assert run.run_id in {each.run_id for each in stage.client.list_runs(PROJECT)}
    assert PROJECT in {each.id for each in stage.client.list_projects()}
    assert stage.client.get_pattern(run.run_id).id


def a_page_watches_a_run_with_a_token(stage: Stage) -> None:
    run = stage.made(HELLO)
    token = stage.client.create_run_token(run.run_id)
    answer = httpx.get(f"{stage.cloud.url}{token.path}/events", params={"token": token.token}, timeout=SECONDS)
    assert answer.json()["ended"] is True
    upload = stage.client.create_upload_token(PROJECT)
    asked = {"files": [{"path": "a.md", "size": 1}]}
    opened = httpx.post(f"{stage.cloud.url}{upload.path}", params={"token": upload.token}, json=asked, timeout=SECONDS)
    assert opened.status_code == 201


def keys_are_made_and_used_and_revoked(stage: Stage) -> None:
    made = stage.client.create_key("a scene")
    with CodexSwarmClient(stage.cloud.url, made.key) as client:
        assert PROJECT in {project.id for project in client.list_projects()}
    found = {key.id: key for key in stage.client.list_keys()}
    assert found[made.id].last_used_at is not None
    assert stage.client.rotate_key(made.id).key != made.key
    assert stage.client.revoke_key(made.id).revoked_at is not None


def a_tenant_is_looked_after_and_erased(stage: Stage) -> None:
    """Of its own, so that what is erased is nobody else's."""
    text, tenant = f"csk_{uuid.uuid4().hex[:16]}_{'t' * 43}", f"passing-{uuid.uuid4().hex[:8]}"
    made = keys_of_tenant(tenant, "2026-01-01", text.split("_")[1])
    _put(
        stage,
        {
            **api_key_key(text.split("_")[1]).attributes(),
            **made.attributes("GSI2"),
            "tenant_id": {"S": tenant},
            "hash": {"S": key_hash(text)},
            "scopes": {"SS": ["read", "run", "manage"]},
        },
    )
    with CodexSwarmClient(stage.cloud.url, text) as client:
        client.put_project("passing")
        client.wait(client.start_run("passing", "Create a file called a.md").run_id, SECONDS, check=True)
        at_work = client.start_run("passing", "touch b.md. wait 60 seconds")
        eventually(lambda: client.get_run(at_work.run_id).progress > 30, SECONDS)
    stage.client.set_tenant(tenant, {"max_active": 3, "daily_usd": 5})
    assert tenant in {each.id for each in stage.client.list_tenants()}
    of_project = stage.client.export_tenant(tenant, project_id="passing")
    assert of_project.records
    listed = stage.client.export_tenant(tenant, cursor="objects:").objects
    assert httpx.get(listed[0].url, timeout=SECONDS).status_code == 200
    deleted = {each.store: each.deleted for each in stage.client.erase_tenant(tenant).stores}
    assert min(deleted["keys"], deleted["objects"], deleted["table"]) > 0
    assert eventually(lambda: _execution(stage, at_work) == "ABORTED", SECONDS)
    assert stage.client.export_tenant(tenant, cursor="objects:").objects == []


def many_keys_are_asked_for(stage: Stage) -> None:
    """More requests than a process lets through by itself: it takes tokens from the tenant's bucket."""
    for _ in range(2 * FREE):
        stage.client.page_keys(limit=1)


def a_watcher_waits_for_what_comes(stage: Stage) -> None:
    # What it is asked is too long for the table.
    run = stage.client.start_run(PROJECT, "wait 60 seconds. touch a.md" + "\n" * 60_000, TaskType.WRITING)

    def watch() -> None:
        address, seen = f"{stage.cloud.url}/runs/{run.run_id}/stream", ""
        while (answer := httpx.get(address, headers={"Last-Event-ID": seen}, timeout=SECONDS)).status_code != 204:
            assert (answer.status_code, answer.text.partition("\n")[0]) == (200, "retry: 1000")
            seen = [seen, *re.findall(r"^id: (.+)$", answer.text, re.MULTILINE)][-1]

    with ThreadPoolExecutor(1) as watching:
        watcher = watching.submit(watch)
        try:
            assert eventually(lambda: watcher.done() or stage.client.get_usage().watchers.used > 0, SECONDS)
        finally:
            stage.client.cancel_run(run.run_id)
        watcher.result()


def a_run_goes_on_from_another_with_uploads(stage: Stage) -> None:
    given = stage.folder / "given.md"
    given.write_text("# Given\n")
    upload = stage.client.upload_files(PROJECT, [given])
    first = stage.made(HELLO, uploads=[upload], files={"small.md": "# Small\n"})
    second = stage.made("Create a file called b.md", from_run_id=first.run_id, reference_run_id=first.run_id)
    assert {file.path for file in stage.client.iter_files(second.run_id)} >= {
        "given.md",
        "small.md",
        "hello.md",
        "b.md",
    }


def an_upload_that_never_came_is_named(stage: Stage) -> None:
    body = {"files": [{"path": "never.md", "size": 3}]}
    upload = httpx.post(f"{stage.cloud.url}/projects/{PROJECT}/uploads", json=body, timeout=SECONDS).json()["upload_id"]
    answer = httpx.post(
        f"{stage.cloud.url}/projects/{PROJECT}/runs", json={"instructions": HELLO, "uploads": [upload]}, timeout=SECONDS
    )
    if answer.status_code == 201:
        done = stage.ended(stage.client.get_run(answer.json()["id"]), RunStatus.FAILED)
        assert "never.md" in done.errors[0].message
    else:
        assert answer.status_code < 500, answer.text


def whoever_ends_a_run_lets_the_next_one_begin(stage: Stage) -> None:
    """One run at a time: each of these ends by another function, and the one behind it begins without being mended."""
    key = {"PK": {"S": f"T#{TENANT}"}, "SK": {"S": "META"}}
    tenant = {**_item(stage, key)}
    _put(stage, {**tenant, "max_active": {"N": "1"}})
    try:
        first = stage.client.start_run(PROJECT, "wait 2 seconds", TaskType.WRITING)
        upload = httpx.post(
            f"{stage.cloud.url}/projects/{PROJECT}/uploads",
            json={"files": [{"path": "never.md", "size": 3}]},
            timeout=SECONDS,
        ).json()["upload_id"]
        with told(stage) as (_, url):
            unprepared = stage.client.start_run(PROJECT, HELLO, uploads=[upload], callback_url=url)
            failing = stage.client.start_run(PROJECT, "wait 2 seconds. fail with no", TaskType.WRITING)
            stage.ended(first)
            stage.ended(unprepared, RunStatus.FAILED)
        many = stage.client.start_run(PROJECT, MANY, TaskType.WRITING)
        long = stage.client.start_run(PROJECT, "wait 60 seconds", TaskType.WRITING)
        stage.ended(failing, RunStatus.FAILED)
        stage.ended(many)
        broken = stage.client.start_run(PROJECT, MANY, TaskType.WRITING)
        last = stage.client.start_run(PROJECT, HELLO, TaskType.WRITING)
        stage.runs_at(long)
        with stage.withheld("FinishFunction", "dynamodb:PutItem"):
            stage.client.cancel_run(long.run_id)
            stage.ended(broken, RunStatus.FAILED, mended=("Fail",))
        stage.ended(last)
    finally:
        _put(stage, {name: value for name, value in _item(stage, key).items() if name != "max_active"})


def commands_and_conversions_run_elsewhere(stage: Stage) -> None:
    run = stage.made("Create a file called a.md with a greeting. run `echo 1 > b.txt`. convert a.md to a.docx")
    assert {file.path for file in stage.client.iter_files(run.run_id)} >= {"a.md", "a.docx", "b.txt"}
    assert stage.client.get_preview(run.run_id, "a.docx").content
    assert stage.client.read_texts(run.run_id).read == ["a.docx"]
    assert stage.client.search_run(run.run_id, "a.md").not_searched == []


def a_command_that_cannot_be_run_is_a_result_too(stage: Stage) -> None:
    with stage.withheld("DispatchFunction", "lambda:InvokeFunction"):
        stage.ended(stage.client.start_run(PROJECT, "run `echo 1`"), mended=("GiveUp",))


def a_failure_is_told_to_the_receiver(stage: Stage) -> None:
    with told(stage) as (_, url):
        stage.ended(stage.client.start_run(PROJECT, "fail with no", callback_url=url), RunStatus.FAILED)


def a_success_with_many_files_is_told_to_the_receiver(stage: Stage) -> None:
    with told(stage) as (_, url):
        run = stage.made(MANY, callback_url=url)
    assert stage.client.get_pattern(run.run_id).id


def a_success_is_told_to_the_receiver(stage: Stage) -> None:
    with told(stage) as (_, url):
        run = stage.made(HELLO, callback_url=url)
    delivery = eventually(lambda: _delivery(stage, run, "delivered"), SECONDS)
    assert delivery["status"] == "delivered"


def a_run_that_is_not_yet_shown_as_ended_is_told_by_its_long_log(stage: Stage) -> None:
    with told(stage) as (receiver, url):
        receiver.answers[:] = [answering(410), answering(204)]
        # Twice as long where it is written down, and so too long for the table.
        run = stage.made(HELLO + "\n" * 60_000, callback_url=url)
        eventually(lambda: _delivery(stage, run, "dead"), SECONDS)
        key = {"PK": {"S": f"T#{TENANT}#R#{run.run_id}"}, "SK": {"S": "META"}}
        item = _item(stage, key)
        behind = json.loads(item["body"]["S"]) | {"version": 0, "status": "running"}
        _put(stage, {**item, "body": {"S": json.dumps(behind)}, "version": {"N": "0"}, "status": {"S": "running"}})
        _redeliver(stage, run)
        eventually(lambda: _delivery(stage, run, "delivered"), SECONDS)
        _put(stage, item)


def a_dead_delivery_begins_again(stage: Stage) -> None:
    with told(stage) as (receiver, url):
        receiver.answers[:] = [answering(410), answering(204)]
        run = stage.made(HELLO, callback_url=url)
        eventually(lambda: _delivery(stage, run, "dead"), SECONDS)
        _redeliver(stage, run)
        eventually(lambda: _delivery(stage, run, "delivered"), SECONDS)


def _redeliver(stage: Stage, run: RunRead) -> None:
    again = httpx.post(f"{stage.cloud.url}/webhooks/deliveries/msg_{run.run_id}/redeliver", timeout=SECONDS)
    assert again.status_code < 300, again.text


def _delivery(stage: Stage, run: RunRead, status: str) -> dict[str, Any] | None:
    answer = httpx.get(f"{stage.cloud.url}/webhooks/deliveries/msg_{run.run_id}", timeout=SECONDS)
    delivery: dict[str, Any] = answer.json()
    return delivery if delivery.get("status") == status else None


def a_cancelled_run_stops_and_is_told(stage: Stage) -> None:
    with told(stage) as (_, url):
        run = stage.client.start_run(PROJECT, "wait 60 seconds", callback_url=url)
        stage.runs_at(run)
        stage.client.cancel_run(run.run_id)
        assert stage.client.get_run(run.run_id).status is RunStatus.CANCELLED
    assert eventually(lambda: _execution(stage, run) == "ABORTED", SECONDS)


def _execution(stage: Stage, run: RunRead) -> str:
    states = stage.cloud.client("stepfunctions")
    status: str = states.describe_execution(executionArn=_execution_arn(stage, run.run_id))["status"]
    return status


def _execution_arn(stage: Stage, name: str) -> str:
    return f"{stage.cloud.state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def a_run_that_lost_a_file_says_so(stage: Stage) -> None:
    """Of many files Finish makes the difference; of few the agent, which has not seen what the run began with."""
    many = stage.client.start_run(LOSSES, f"{MANY}. wait 3 seconds", TaskType.WRITING)
    _ends_without_its_files(stage, many, FINISH_FILES + 1)
    given = {"given.md": f"# {secrets.token_hex(8)}"}
    few = stage.client.start_run(LOSSES, "wait 3 seconds. delete given.md", TaskType.WRITING, files=given)
    _ends_without_its_files(stage, few, 1)


def _ends_without_its_files(stage: Stage, run: RunRead, files: int) -> None:
    eventually(lambda: stage.client.list_files(run.run_id).total_files == files, SECONDS)
    _lose_its_files(stage)
    [error] = stage.ended(run, RunStatus.FAILED, mended=("Fail",)).errors
    # It is known to be lost, and not taken for something that the service may not read.
    assert "ObjectMissing" in error.message


def a_broken_task_fails_its_run_and_is_told(stage: Stage) -> None:
    with told(stage) as (_, url), stage.withheld("AgentFunction", "dynamodb:PutItem"):
        run = stage.client.start_run(PROJECT, HELLO, files={"given.md": "# Given"}, callback_url=url)
        stage.ended(run, RunStatus.FAILED, mended=("Fail",))


def a_broken_task_of_a_run_that_lost_a_file_fails_it(stage: Stage) -> None:
    run = _waiting(stage, seconds=60)
    _lose_its_files(stage)
    with stage.withheld("AgentFunction", "dynamodb:PutItem"):
        stage.ended(run, RunStatus.FAILED, mended=("Fail",))


def an_execution_that_was_stopped_ends_its_run(stage: Stage) -> None:
    """Once with its files, once without."""
    for lose in (lambda _: None, _lose_its_files):
        with told(stage) as (_, url):
            run = _waiting(stage, seconds=60, callback_url=url)
            lose(stage)
            stage.cloud.client("stepfunctions").stop_execution(executionArn=_execution_arn(stage, run.run_id))
            stage.ended(run, RunStatus.FAILED, execution="ABORTED")


def _waiting(stage: Stage, seconds: int, **more: Any) -> RunRead:
    """A run that has written two files, and does nothing for so long."""
    text = f"Create a file called kept.md with a greeting. Create a file called lost.md. wait {seconds} seconds"
    run = stage.client.start_run(LOSSES, text, TaskType.WRITING, **more)
    eventually(lambda: len(stage.client.list_files(run.run_id).files) == 2, SECONDS)
    return run


def _lose_its_files(stage: Stage) -> None:
    for blob in _stored(stage, ProjectArea(TENANT, LOSSES).blobs):
        stage.cloud.client("s3").delete_object(Bucket=stage.cloud.bucket_name, Key=blob)


def a_run_that_was_never_started_is_started(stage: Stage) -> None:
    before = {run.run_id for run in stage.client.list_runs(PROJECT)}
    with stage.withheld("ApiFunction", "states:StartExecution"):
        httpx.post(f"{stage.cloud.url}/projects/{PROJECT}/runs", json={"instructions": HELLO}, timeout=SECONDS)
    stage.reconcile()
    [run] = [run for run in stage.client.list_runs(PROJECT) if run.run_id not in before]
    stage.ended(run)


def a_delivery_that_was_never_begun_is_begun(stage: Stage) -> None:
    with told(stage) as (_, url):
        with stage.withheld("AgentFunction", "states:StartExecution"):
            stage.made(HELLO, callback_url=url)
        stage.reconcile()


def a_large_workspace_is_packed(stage: Stage) -> None:
    # More than is packed while the caller waits.
    large = [stage.folder / name for name in ("large-1.bin", "large-2.bin")]
    for file in large:
        file.write_bytes(bytes(33 * 1024 * 1024))
    run = stage.made(HELLO, uploads=[stage.client.upload_files(PROJECT, large)])
    packed = stage.client.download_archive(run.run_id, stage.folder, timeout=SECONDS)
    with zipfile.ZipFile(packed) as archive:
        assert {"large-1.bin", "large-2.bin", "hello.md"} == set(archive.namelist())
    packed.unlink()
    assert eventually(lambda: stage.client.get_usage().archives.used == 0, SECONDS)


def a_deleted_project_is_cleared_away(stage: Stage) -> None:
    stage.ended(stage.client.start_run("doomed", HELLO))
    stage.client.delete_project("doomed")
    area = ProjectArea(TENANT, "doomed")
    assert eventually(lambda: not _stored(stage, area.everything), SECONDS)
    _make_older(stage, "hidden_at", removal.GRACE, {"PK": {"S": f"T#{TENANT}#P#doomed"}, "SK": {"S": "META"}})
    assert eventually(lambda: call(stage.cloud, "JanitorFunction", {})["projects"] == 1, SECONDS)
    stage.client.put_project("doomed")


def an_old_run_is_cleared_away_with_its_files(stage: Stage) -> None:
    # Of its own each time: what another play left there could refer to the same files.
    area = ProjectArea(TENANT, f"aged-{secrets.token_hex(4)}")
    run = stage.ended(stage.client.start_run(area.project_id, HELLO))
    unused = _stored(stage, area.blobs)
    stage.ended(stage.client.start_run(area.project_id, "Create a file called b.csv with three rows"))
    key = {"PK": {"S": f"T#{TENANT}#R#{run.run_id}"}, "SK": {"S": "META"}}
    _age(stage, key)
    call(stage.cloud, "JanitorFunction", {})
    _make_older(stage, "hidden_at", timedelta(hours=2), key)
    assert call(stage.cloud, "JanitorFunction", {})["runs"] == 1
    assert not _stored(stage, area.run(run.run_id))
    _due_now(stage, {"PK": {"S": f"T#{TENANT}#P#{area.project_id}"}, "SK": {"S": "META"}})
    objects = s3_backends[ACCOUNT_ID]["aws"].buckets[stage.cloud.bucket_name].keys
    kept = set(_stored(stage, area.blobs)) - set(unused)
    for each in (version for blob in (*unused, *kept) for version in objects.getlist(blob)):
        each.last_modified -= timedelta(days=2)
    assert call(stage.cloud, "JanitorFunction", {})["files"] == len(unused)
    assert kept
    assert set(_stored(stage, area.blobs)) == kept


def _stored(stage: Stage, prefix: str) -> list[str]:
    found = stage.cloud.client("s3").list_objects_v2(Bucket=stage.cloud.bucket_name, Prefix=prefix)
    return [each["Key"] for each in found.get("Contents", [])]


def _item(stage: Stage, key: Mapping[str, Any]) -> dict[str, Any]:
    found = stage.cloud.client("dynamodb").get_item(TableName=stage.cloud.table_name, Key=key, ConsistentRead=True)
    item: dict[str, Any] = found["Item"]
    return item


def _put(stage: Stage, item: Mapping[str, Any]) -> None:
    stage.cloud.client("dynamodb").put_item(TableName=stage.cloud.table_name, Item=item)


def _make_older(stage: Stage, attribute: str, by: timedelta, key: Mapping[str, Any]) -> None:
    item = _item(stage, key)
    moment = datetime.fromisoformat(item[attribute]["S"]) - by - timedelta(minutes=1)
    _put(stage, {**item, attribute: {"S": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}})


def _age(stage: Stage, key: Mapping[str, Any]) -> None:
    """The run began and ended a hundred years ago."""
    item, year = _item(stage, key), f"{datetime.now(UTC).year}-"
    sorted_by = {name: {"S": item[name]["S"].replace(year, "1926-")} for name in ("GSI1SK", "GSI2SK")}
    body = json.loads(item["body"]["S"])
    old = {name: text.replace(year, "1926-") for name, text in body.items() if name in ("created_at", "ended_at")}
    _put(stage, {**item, **sorted_by, "body": {"S": json.dumps(body | old)}})


def _due_now(stage: Stage, key: Mapping[str, Any]) -> None:
    item = _item(stage, key)
    _put(stage, {**item, "GSI3SK": {"S": "1926" + item["GSI3SK"]["S"][4:]}})


def a_schedule_that_is_due_begins_its_run(stage: Stage) -> None:
    stage.client.put_schedule(PROJECT, "hourly", HELLO, rate="1 hour")
    later = datetime.now(UTC) + timedelta(minutes=61)
    call(stage.cloud, "ReconcileFunction", {"only": "schedules", "time": later.strftime("%Y-%m-%dT%H:%M:%SZ")})
    schedule = stage.client.get_schedule(PROJECT, "hourly")
    assert schedule.last_run_id is not None, schedule.last_error
    assert stage.client.wait(schedule.last_run_id, timeout=SECONDS).status is RunStatus.SUCCEEDED
    stage.client.delete_schedule(PROJECT, "hourly")


def the_canary_sings(stage: Stage) -> None:
    assert call(stage.cloud, "CanaryFunction", {})["succeeded"] is True


def a_new_version_is_asked_first(stage: Stage) -> None:
    # Nobody is there to be told the verdict, but it is in the log.
    call(stage.cloud, "SmokeFunction", {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"})
    log = stage.cloud.functions["SmokeFunction"].log_path.read_text().splitlines()
    [*_, verdict] = [json.loads(line) for line in log if "a new version was asked" in line]
    assert verdict["status"] == "Succeeded", verdict["reason"]


SCENES: tuple[Callable[[Stage], None], ...] = (
    a_run_writes_a_file_and_shows_it,
    a_page_watches_a_run_with_a_token,
    keys_are_made_and_used_and_revoked,
    a_tenant_is_looked_after_and_erased,
    many_keys_are_asked_for,
    a_watcher_waits_for_what_comes,
    a_run_goes_on_from_another_with_uploads,
    an_upload_that_never_came_is_named,
    whoever_ends_a_run_lets_the_next_one_begin,
    commands_and_conversions_run_elsewhere,
    a_command_that_cannot_be_run_is_a_result_too,
    a_failure_is_told_to_the_receiver,
    a_success_with_many_files_is_told_to_the_receiver,
    a_success_is_told_to_the_receiver,
    a_run_that_is_not_yet_shown_as_ended_is_told_by_its_long_log,
    a_dead_delivery_begins_again,
    a_cancelled_run_stops_and_is_told,
    a_run_that_lost_a_file_says_so,
    a_broken_task_fails_its_run_and_is_told,
    a_broken_task_of_a_run_that_lost_a_file_fails_it,
    an_execution_that_was_stopped_ends_its_run,
    a_run_that_was_never_started_is_started,
    a_delivery_that_was_never_begun_is_begun,
    a_large_workspace_is_packed,
    a_deleted_project_is_cleared_away,
    an_old_run_is_cleared_away_with_its_files,
    a_schedule_that_is_due_begins_its_run,
    the_canary_sings,
    a_new_version_is_asked_first,
)


def needed(stage: AnyStage, scene: Callable[[AnyStage], None]) -> set[Grant]:
    """The grants that the scene made use of."""
    stage.cloud.permissions.used.clear()
    scene(stage)
    return set(stage.cloud.permissions.used)
