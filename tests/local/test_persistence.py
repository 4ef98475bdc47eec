"""What the laptop cloud has acknowledged is there again after it was stopped, and nothing else.

`tests/durability/test_killed_servers.py` kills it, `tests/local/test_data_folder.py` is about the folder alone.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from swarm.aws.clients import ClientError
from tests.local.clouds import FIXTURES, Clouds, eventually, item, no_room
from tests.local.test_state_machines import Execution

pytestmark = pytest.mark.proof

LARGE = bytes(range(256)) * 40_000
RICH: dict[str, Any] = {
    "PK": {"S": "rich"},
    "SK": {"S": "META"},
    "n": {"N": "1.5"},
    "s": {"SS": ["x", "ü"]},
    "m": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}, {"M": {"n": {"N": "2"}}}]}}},
    "b": {"B": b"\0\xff"},
}


@dataclass
class Before:
    """What the first server said before it was stopped."""

    etag: str = ""
    first_version: str = ""
    waiting: str = ""
    ended: str = ""
    left_by: str = ""
    key: str = ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "data"


@pytest.fixture(scope="module")
def restarted(clouds: Clouds, folder: Path) -> Iterator[tuple[Before, LocalCloud]]:
    """A laptop cloud on a folder that another had filled."""
    clouds.stop()
    before = Before()
    with LocalCloud(FIXTURES / "template.yaml", data=folder, log_folder=folder.parent / "logs") as cloud:
        before.key = cloud.development_key
        _fill_table(cloud)
        _fill_bucket(cloud, before)
        secrets = cloud.client("secretsmanager")
        secrets.create_secret(Name="changed", SecretString="old")
        secrets.put_secret_value(SecretId="changed", SecretString="new")
        secrets.create_secret(Name="binary", SecretBinary=b"\0\xff")
        _leave_work(cloud, before)
    with LocalCloud(FIXTURES / "template.yaml", data=folder, log_folder=folder.parent / "logs") as cloud:
        yield before, cloud


def _fill_table(cloud: LocalCloud) -> None:
    table, dynamodb = cloud.table_name, cloud.client("dynamodb")
    dynamodb.put_item(TableName=table, Item=RICH)
    for key in ("gone", "many"):
        dynamodb.put_item(TableName=table, Item={"PK": {"S": key}, "SK": {"S": "META"}})
    dynamodb.delete_item(TableName=table, Key={"PK": {"S": "gone"}, "SK": {"S": "META"}})
    many = {"DeleteRequest": {"Key": {"PK": {"S": "many"}, "SK": {"S": "META"}}}}
    batch = {"PutRequest": {"Item": {"PK": {"S": "batch"}, "SK": {"S": "META"}}}}
    dynamodb.batch_write_item(RequestItems={table: [many, batch]})
    for _ in range(2):
        _count(cloud)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(
            TableName=table, Item={**RICH, "n": {"N": "2"}}, ConditionExpression="attribute_not_exists(PK)"
        )


def _count(cloud: LocalCloud) -> None:
    cloud.client("dynamodb").update_item(
        TableName=cloud.table_name,
        Key={"PK": {"S": "counted"}, "SK": {"S": "META"}},
        UpdateExpression="ADD calls :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def _fill_bucket(cloud: LocalCloud, before: Before) -> None:
    bucket, s3 = cloud.bucket_name, cloud.client("s3")
    put = s3.put_object(Bucket=bucket, Key="a/é b", Body=b"one", ContentType="text/markdown", Metadata={"by": "me"})
    before.first_version = put["VersionId"]
    s3.put_object(Bucket=bucket, Key="a/é b", Body=LARGE)
    s3.put_object(Bucket=bucket, Key="marked", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="marked")
    gone = s3.put_object(Bucket=bucket, Key="gone", Body=b"y")["VersionId"]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "gone", "VersionId": gone}]})
    s3.copy_object(Bucket=bucket, Key="copied", CopySource={"Bucket": bucket, "Key": "a/é b"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
    parts = {"Parts": [{"ETag": part, "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    before.etag = s3.head_object(Bucket=bucket, Key="a/é b")["ETag"]


def _leave_work(cloud: LocalCloud, before: Before) -> None:
    """An execution that has ended and one that has not, and an asynchronous call that is at work."""
    ended = Execution(cloud, way="task", do="return")
    ended.end()
    waiting = Execution(cloud, way="wait")
    eventually(lambda: "Wait" in waiting.states())
    before.ended, before.waiting = ended.name, waiting.name
    event = json.dumps({"do": "leave", "key": "left"})
    name = cloud.functions["OneAtATimeFunction"].specification.name
    cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=event)
    before.left_by = eventually(lambda: item(cloud, "left"))["value"]["S"]


# ---- after a restart -------------------------------------------------------------------------------------------------


def test_items_are_there_again(restarted: tuple[Before, LocalCloud]) -> None:
    _, cloud = restarted
    dynamodb = cloud.client("dynamodb")
    found = dynamodb.scan(TableName=cloud.table_name)["Items"]
    items = {each["PK"]["S"]: each for each in found if each["PK"]["S"] in ("rich", "counted", "batch", "gone", "many")}
    assert items == {
        "rich": RICH,
        "counted": {"PK": {"S": "counted"}, "SK": {"S": "META"}, "calls": {"N": "2"}},
        "batch": {"PK": {"S": "batch"}, "SK": {"S": "META"}},
    }
    one = dynamodb.query(
        TableName=cloud.table_name,
        KeyConditionExpression="PK = :pk AND begins_with(SK, :m)",
        ExpressionAttributeValues={":pk": {"S": "rich"}, ":m": {"S": "ME"}},
    )
    assert one["Items"] == [RICH]


def test_objects_are_there_again_with_their_versions(restarted: tuple[Before, LocalCloud], folder: Path) -> None:
    before, cloud = restarted
    bucket, s3 = cloud.bucket_name, cloud.client("s3")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/é b", "copied", "parts"]
    for key in ("a/é b", "copied"):
        newest = s3.get_object(Bucket=bucket, Key=key)
        assert (newest["ETag"], newest["Body"].read()) == (before.etag, LARGE)
    assert s3.get_object(Bucket=bucket, Key="parts")["Body"].read() == b"part"
    oldest = s3.get_object(Bucket=bucket, Key="a/é b", VersionId=before.first_version)
    assert (oldest["ContentType"], oldest["Metadata"], oldest["Body"].read()) == (
        "text/markdown",
        {"by": "me"},
        b"one",
    )
    listed = s3.list_object_versions(Bucket=bucket)
    assert [each["Key"] for each in listed["DeleteMarkers"]] == ["marked"]
    assert [each["Key"] for each in listed["Versions"]].count("a/é b") == 2
    # Only what is there: three versions, the marked one, the copy and what the parts became.
    assert eventually(lambda: len(list((folder / "objects").glob("*/*"))) == 5)


def test_secrets_are_there_again(restarted: tuple[Before, LocalCloud]) -> None:
    _, cloud = restarted
    secrets = cloud.client("secretsmanager")
    assert secrets.get_secret_value(SecretId="changed")["SecretString"] == "new"
    assert secrets.get_secret_value(SecretId="changed", VersionStage="AWSPREVIOUS")["SecretString"] == "old"
    assert secrets.get_secret_value(SecretId="binary")["SecretBinary"] == b"\0\xff"


def test_execution_that_was_under_way_is_started_again_and_an_ended_one_is_not(
    restarted: tuple[Before, LocalCloud], folder: Path
) -> None:
    before, cloud = restarted
    states = cloud.client("stepfunctions")
    running = states.list_executions(stateMachineArn=cloud.state_machine_arn)["executions"]
    assert [(each["name"], each["status"]) for each in running] == [(before.waiting, "RUNNING")]
    described = states.describe_execution(executionArn=running[0]["executionArn"])
    assert json.loads(described["input"]) == {"way": "wait"}


def test_asynchronous_call_that_was_at_work_is_made_again(restarted: tuple[Before, LocalCloud]) -> None:
    before, cloud = restarted
    assert eventually(lambda: (found := item(cloud, "left")) and found["value"]["S"] != before.left_by)


def test_key_of_requests_without_one_stays(restarted: tuple[Before, LocalCloud]) -> None:
    before, cloud = restarted
    assert cloud.development_key == before.key


def test_nothing_of_the_folder_is_for_others_to_read(restarted: tuple[Before, LocalCloud], folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    assert [each.name for each in folder.iterdir() if each.is_file() and each.stat().st_mode & 0o044] == []


def test_bytes_of_objects_are_on_disk_and_not_in_memory(restarted: tuple[Before, LocalCloud]) -> None:
    _, cloud = restarted
    before = _resident()
    for number in range(12):
        cloud.client("s3").put_object(Bucket=cloud.bucket_name, Key=f"large/{number}", Body=bytes(8 * 1024 * 1024))
    # 96 MiB have come by. What waits for the collector is not kept, some buffers of the way here are.
    gc.collect()
    assert _resident() - before < 64 * 1024 * 1024


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# ---- a disk that is full ---------------------------------------------------------------------------------------------


def _make_item(cloud: LocalCloud) -> None:
    cloud.client("dynamodb").put_item(TableName=cloud.table_name, Item={"PK": {"S": "full"}, "SK": {"S": "META"}})


def _delete_item(cloud: LocalCloud) -> None:
    key = {"PK": {"S": "rich"}, "SK": {"S": "META"}}
    cloud.client("dynamodb").delete_item(TableName=cloud.table_name, Key=key)


def _overwrite_object(cloud: LocalCloud) -> None:
    cloud.client("s3").put_object(Bucket=cloud.bucket_name, Key="parts", Body=b"full")


def _make_object(cloud: LocalCloud) -> None:
    # A file of no bytes has room everywhere; that it is there has not.
    cloud.client("s3").put_object(Bucket=cloud.bucket_name, Key="full", Body=b"")


def _mark_object(cloud: LocalCloud) -> None:
    cloud.client("s3").delete_object(Bucket=cloud.bucket_name, Key="parts")


def _delete_version(cloud: LocalCloud) -> None:
    s3, place = cloud.client("s3"), {"Bucket": cloud.bucket_name, "Key": "parts"}
    s3.delete_object(**place, VersionId=s3.head_object(**place)["VersionId"])


def _start_execution(cloud: LocalCloud) -> None:
    cloud.client("stepfunctions").start_execution(stateMachineArn=cloud.state_machine_arn, name="full", input="{}")


def _call_asynchronously(cloud: LocalCloud) -> None:
    name = cloud.functions["TaskFunction"].specification.name
    event = json.dumps({"do": "note", "key": "full"})
    cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=event)


CHANGES: dict[str, Callable[[LocalCloud], None]] = {
    "change-item": _count,
    "make-item": _make_item,
    "delete-item": _delete_item,
    "overwrite-object": _overwrite_object,
    "make-object": _make_object,
    "delete-version": _delete_version,
    "mark-object": _mark_object,
    "start-execution": _start_execution,
    "call-asynchronously": _call_asynchronously,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_change_that_has_no_room_is_refused_and_has_not_happened(
    change: Callable[[LocalCloud], None], restarted: tuple[Before, LocalCloud]
) -> None:
    _, cloud = restarted
    before = _everything(cloud)
    with no_room(), pytest.raises(ClientError) as refused:
        change(cloud)
    assert refused.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert _everything(cloud) == before
    change(cloud)


def _everything(cloud: LocalCloud) -> tuple[Any, ...]:
    """All that a client can see, but for what functions write meanwhile."""
    found = cloud.client("dynamodb").scan(TableName=cloud.table_name)["Items"]
    listed = cloud.client("s3").list_object_versions(Bucket=cloud.bucket_name)
    executions = cloud.client("stepfunctions").list_executions(stateMachineArn=cloud.state_machine_arn)["executions"]
    return (
        [each for each in found if not each["PK"]["S"].startswith(("event#", "left", "after#"))],
        [[(one["Key"], one["VersionId"]) for one in listed.get(kind, [])] for kind in ("Versions", "DeleteMarkers")],
        [each["name"] for each in executions],
    )
