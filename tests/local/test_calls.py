"""Tests can see which AWS calls were made, and by which function."""

from __future__ import annotations

import urllib.request

import pytest

from infra.local.calls import Call, describe
from infra.local.cloud import LocalCloud
from infra.local.identity import CredentialIssuer
from infra.local.wsgi import SIGNER
from tests.local.clouds import call


def test_calls_of_a_function_carry_its_name(fixture_cloud: LocalCloud) -> None:
    call(fixture_cloud, "TaskFunction", {})
    with fixture_cloud.recorded_calls() as calls:
        call(fixture_cloud, "TaskFunction", {"do": "note", "key": "counted"})
        fixture_cloud.client("s3").put_object(Bucket=fixture_cloud.bucket_name, Key="k", Body=b"")
    assert [(each.service, each.operation, each.function) for each in calls] == [
        ("dynamodb", "PutItem", "TaskFunction"),
        ("s3", "PutObject", None),
    ]
    call(fixture_cloud, "TaskFunction", {"do": "note", "key": "not counted"})
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "more", "operation"),
    [
        pytest.param("s3", "GET", "/b/k", "", {}, "GetObject", id="get"),
        pytest.param("s3", "PUT", "/b/k", "", {"HTTP_X_AMZ_COPY_SOURCE": "/b/o"}, "CopyObject", id="copy"),
        pytest.param("s3", "GET", "/b", "list-type=2&prefix=a", {}, "ListObjectsV2", id="list"),
        pytest.param("s3", "POST", "/b", "delete", {}, "DeleteObjects", id="delete-many"),
        pytest.param("s3", "PUT", "/b/k", "partNumber=1&uploadId=u", {}, "UploadPart", id="part"),
        pytest.param("s3", "HEAD", "/b", "", {}, "HeadBucket", id="head-bucket"),
        pytest.param(
            "states",
            "POST",
            "/",
            "",
            {"HTTP_X_AMZ_TARGET": "AWSStepFunctions.StartExecution"},
            "StartExecution",
            id="json",
        ),
        pytest.param("lambda", "POST", "/2015-03-31/functions/f/invocations", "", {}, "Invoke", id="invoke"),
    ],
)
def test_operation_is_called_what_aws_calls_it(
    service: str, method: str, path: str, query: str, more: dict[str, str], operation: str
) -> None:
    signed = f"AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host"
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_AUTHORIZATION": signed, **more}
    signer = CredentialIssuer().issue("SomeFunction")
    assert describe({**environ, SIGNER: signer}) == Call(service, operation, "SomeFunction", path)


def test_presigned_request_is_its_signers(fixture_cloud: LocalCloud) -> None:
    url = call(fixture_cloud, "TaskFunction", {"do": "presign", "operation": "put_object", "key": "signed"})
    with fixture_cloud.recorded_calls() as calls:
        request = urllib.request.Request(url, data=b"x", method="PUT")
        urllib.request.urlopen(request, timeout=15).close()
    assert calls == [Call("s3", "PutObject", "TaskFunction", f"/{fixture_cloud.bucket_name}/signed", presigned=True)]
