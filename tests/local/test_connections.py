"""A connection to AWS on a laptop is kept for the calls that follow, whatever became of the one before."""

from __future__ import annotations

import http.client
import socket
import urllib.parse
from collections.abc import Iterator

import pytest

from infra.local.cloud import LocalCloud
from infra.local.identity import CredentialIssuer
from infra.local.permissions.enforcement import Permissions
from infra.local.server import AwsServer
from tests.local.clouds import call


@pytest.fixture
def connection(fixture_cloud: LocalCloud) -> Iterator[http.client.HTTPConnection]:
    kept = http.client.HTTPConnection(fixture_cloud.endpoint_url.removeprefix("http://"), timeout=10)
    yield kept
    kept.close()


def presigned(cloud: LocalCloud, operation: str, key: str) -> str:
    parts = urllib.parse.urlsplit(call(cloud, "TaskFunction", {"do": "presign", "operation": operation, "key": key}))
    return f"{parts.path}?{parts.query}"


def test_calls_of_all_kinds_follow_each_other_on_one_connection(
    fixture_cloud: LocalCloud, connection: http.client.HTTPConnection
) -> None:
    put, get = (presigned(fixture_cloud, operation, "kept") for operation in ("put_object", "get_object"))
    connection.connect()
    first = connection.sock
    found = []
    for method, target, body in (
        ("PUT", put, b"the body"),
        ("PUT", put + "0", b"of a refused call, which is not the next request"),
        ("HEAD", get, None),
        ("GET", get, None),
        ("GET", "/nobody/signed/this", None),
        ("OPTIONS", get, None),
        ("GET", get, None),
    ):
        connection.request(method, target, body, {"Origin": "http://localhost"} if method == "OPTIONS" else {})
        answer = connection.getresponse()
        found.append((answer.status, answer.read() if answer.status == 200 and method == "GET" else answer.read()[:0]))
    assert connection.sock is first
    assert [status for status, _ in found] == [200, 403, 403, 200, 403, 403, 200]
    assert found[3] == found[6] == (200, b"the body")


def test_body_is_sent_when_the_server_says_that_it_may_be(
    fixture_cloud: LocalCloud, connection: http.client.HTTPConnection
) -> None:
    place = connection.host, connection.port
    head = f"PUT {presigned(fixture_cloud, 'put_object', 'asked')} HTTP/1.1\r\nHost: {place[0]}:{place[1]}\r\n"
    with socket.create_connection(place, timeout=10) as raw, raw.makefile("rb") as answers:
        raw.sendall(f"{head}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n".encode())
        assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert answers.readline() == b"\r\n"
        raw.sendall(b"body")
        assert answers.readline().startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("length", ["-1", "four", "1e3"])
def test_length_that_is_no_number_is_refused(
    fixture_cloud: LocalCloud, connection: http.client.HTTPConnection, length: str
) -> None:
    connection.putrequest("PUT", presigned(fixture_cloud, "put_object", "none"))
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 400


def test_kept_connection_ends_with_the_server() -> None:
    credentials = CredentialIssuer()
    server = AwsServer(credentials, Permissions())
    kept = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    kept.request("OPTIONS", "/")
    kept.getresponse().read()
    server.close()
    assert kept.sock.recv(1) == b""
    kept.close()


def test_client_of_this_process_stores_what_is_there_over_http(
    fixture_cloud: LocalCloud, connection: http.client.HTTPConnection
) -> None:
    key, body = "ä/b c+d.txt", bytes(range(256))
    fixture_cloud.client("s3").put_object(
        Bucket=fixture_cloud.bucket_name, Key=key, Body=body, Metadata={"with_underscore": "1"}
    )
    connection.request("GET", presigned(fixture_cloud, "get_object", key))
    answer = connection.getresponse()
    assert (answer.read(), answer.headers["x-amz-meta-with_underscore"]) == (body, "1")
    stored = fixture_cloud.client("s3").get_object(Bucket=fixture_cloud.bucket_name, Key=key)
    assert (stored["Body"].read(), stored["Metadata"]) == (body, {"with_underscore": "1"})
