"""What AWS would not take is not taken here: signatures, sizes, paths, rates and memory."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from infra.local.cloud import LocalCloud
from infra.local.front.throttle import Throttle, TokenBucket
from infra.local.identity import REGION
from infra.local.lambdas import memory
from tests.local.clouds import call, eventually

KEY = {"PK": {"S": "large"}, "SK": {"S": "META"}}


def send(url: str, method: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def signed(cloud: LocalCloud, service: str, method: str, path: str, body: bytes, **headers: str) -> dict[str, str]:
    """The headers of a request that a function signed."""
    environment = cloud.functions["TaskFunction"].environment
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    request = AWSRequest(method, cloud.endpoint_url + path, data=body, headers=headers)
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(Credentials(*(environment[name] for name in names)), service, REGION).add_auth(request)
    return dict(request.headers.items())


CHANGES: dict[str, dict[str, Any]] = {
    "method": {"method": "DELETE"},
    "path": {"path": "other"},
    "query": {"path": "key?versionId=1"},
    "header": {"X-Amz-Meta-Owner": "you"},
    "date": {"X-Amz-Date": "20200101T000000Z"},
    "token": {"X-Amz-Security-Token": "another"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_request_that_is_not_as_it_was_signed_is_refused(change: dict[str, str], fixture_cloud: LocalCloud) -> None:
    bucket, more = f"/{fixture_cloud.bucket_name}/", dict(change)
    headers = signed(fixture_cloud, "s3", "PUT", f"{bucket}key", b"x", **{"X-Amz-Meta-Owner": "me"})
    url = fixture_cloud.endpoint_url + bucket
    assert send(f"{url}key", "PUT", headers, b"x")[0] == 200
    method, path = more.pop("method", "PUT"), more.pop("path", "key")
    status, told = send(url + path, method, {**headers, **more}, b"x")
    assert status == 403
    assert b"<Code>" in told


def test_body_that_is_not_the_one_that_was_signed_is_refused(fixture_cloud: LocalCloud) -> None:
    path = f"/{fixture_cloud.bucket_name}/key"
    headers = signed(fixture_cloud, "s3", "PUT", path, b"x")
    status, told = send(fixture_cloud.endpoint_url + path, "PUT", headers, b"y")
    assert (status, b"XAmzContentSHA256Mismatch" in told) == (400, True)
    asked = {"TableName": fixture_cloud.table_name, "Item": KEY}
    kind = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-json-1.0"}
    headers = signed(fixture_cloud, "dynamodb", "POST", "/", json.dumps(asked).encode(), **kind)
    status, told = send(fixture_cloud.endpoint_url, "POST", headers, json.dumps({**asked, "Item": {}}).encode())
    assert (status, b"InvalidSignatureException" in told) == (400, True)


def test_presigned_request_takes_no_second_authorization(fixture_cloud: LocalCloud) -> None:
    fixture_cloud.client("s3").put_object(Bucket=fixture_cloud.bucket_name, Key="key", Body=b"x")
    url = call(fixture_cloud, "TaskFunction", {"do": "presign", "operation": "get_object", "key": "key"})
    assert send(url, "GET", {}) == (200, b"x")
    status, told = send(url, "GET", {"Authorization": "Bearer of-the-api"})
    assert status == 400
    assert b"<Code>InvalidArgument</Code>" in told
    assert b"Only one auth mechanism allowed" in told


def test_key_has_at_most_1024_bytes(fixture_cloud: LocalCloud) -> None:
    s3, bucket = fixture_cloud.client("s3"), fixture_cloud.bucket_name
    s3.put_object(Bucket=bucket, Key="\u00e9" * 512, Body=b"x")
    for asked in (s3.put_object, s3.get_object):
        with pytest.raises(ClientError, match="Your key is too long") as caught:
            asked(Bucket=bucket, Key="\u00e9" * 512 + "x")
        assert caught.value.response["Error"]["Code"] == "KeyTooLongError"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_item_has_at_most_400_kilobytes(fixture_cloud: LocalCloud) -> None:
    dynamodb, table = fixture_cloud.client("dynamodb"), fixture_cloud.table_name
    dynamodb.put_item(TableName=table, Item={**KEY, "value": {"S": "\u00e9" * 200_000}})
    with pytest.raises(ClientError, match="Item size has exceeded the maximum allowed size"):
        dynamodb.put_item(TableName=table, Item={**KEY, "value": {"S": "\u00e9" * 205_000}})
    with pytest.raises(ClientError, match="Item size to update has exceeded the maximum allowed size"):
        dynamodb.update_item(
            TableName=table,
            Key=KEY,
            UpdateExpression="SET more = :more",
            ExpressionAttributeValues={":more": {"S": "x" * 10_000}},
        )


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "in a transaction"])
def test_expression_has_at_most_4_kilobytes(whole: bool, fixture_cloud: LocalCloud) -> None:
    dynamodb = fixture_cloud.client("dynamodb")

    def put(size: int) -> None:
        condition = "attribute_not_exists(PK)".ljust(size)
        asked = {"TableName": fixture_cloud.table_name, "Item": {**KEY, "PK": {"S": f"{size} {whole}"}}}
        if whole:
            dynamodb.transact_write_items(TransactItems=[{"Put": {**asked, "ConditionExpression": condition}}])
        else:
            dynamodb.put_item(**asked, ConditionExpression=condition)

    put(4_096)
    with pytest.raises(ClientError, match=r"Invalid ConditionExpression.*expression size: 4097"):
        put(4_097)


def test_path_is_cut_at_a_question_mark_that_was_encoded(fixture_cloud: LocalCloud) -> None:
    status, told = send(f"{fixture_cloud.url}/files/what%3F.md?x=1%3F", "GET", {})
    event = json.loads(told)
    assert (status, event["rawPath"], event["requestContext"]["http"]["path"]) == (200, "/files/what", "/files/what")
    assert event["pathParameters"] == {"proxy": "files/what"}
    assert event["queryStringParameters"] == {"x": "1?"}


def test_route_that_is_asked_too_often_answers_429_as_the_gateway_does(fixture_cloud: LocalCloud) -> None:
    answers = [send(f"{fixture_cloud.url}/rare", "GET", {}) for _ in range(3)]
    assert [status for status, _ in answers] == [200, 200, 429]
    assert json.loads(answers[2][1]) == {"message": "Too Many Requests"}
    assert send(f"{fixture_cloud.url}/open", "GET", {})[0] == 200


def test_stage_takes_a_burst_and_then_a_rate() -> None:
    now = 0.0
    bucket = TokenBucket(rate=2, burst=3, clock=lambda: now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    stage = Throttle({"DefaultRouteSettings": {"ThrottlingRateLimit": "0.001", "ThrottlingBurstLimit": "1"}})
    assert [stage.admits("GET /a"), stage.admits("GET /b")] == [True, False]


def test_template_of_the_service_says_how_much_its_api_takes(cloud: LocalCloud) -> None:
    settings = cloud.resources["HttpApiApiGatewayDefaultStage"].properties["DefaultRouteSettings"]
    assert {name: float(value) for name, value in settings.items()} == {
        "ThrottlingRateLimit": 400,
        "ThrottlingBurstLimit": 800,
    }


@pytest.mark.skipif(not memory.PROC.exists(), reason="only Linux tells what processes use")
def test_function_that_uses_more_than_its_memory_is_ended_with_all_it_started(fixture_cloud: LocalCloud) -> None:
    function, name = fixture_cloud.functions["PatientFunction"], uuid.uuid4().hex
    asked = {"do": "hold", "bytes": 200 << 20, "name": name}
    told = json.loads(function.invoke(json.dumps(asked).encode()).payload)
    assert told["errorType"] == "Runtime.OutOfMemory"
    assert told["errorMessage"].endswith("Runtime exited with error: signal: killed")
    eventually(lambda: not runs(name))
    assert call(fixture_cloud, "PatientFunction", {"value": 1}) == 1


def runs(program: str) -> bool:
    """Whether there is a process with this in its command line."""
    for told in memory.PROC.glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if program.encode() in told.read_bytes():
                return True
    return False
