"""The HTTP front makes of a request what API Gateway makes of it, and survives what is no request."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import urllib.parse
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.front.server import BODY_LIMIT


@pytest.fixture
def connection(fixture_cloud: LocalCloud) -> Any:
    opened = http.client.HTTPConnection(host(fixture_cloud), timeout=15)
    yield opened
    opened.close()


def host(cloud: LocalCloud) -> str:
    return urllib.parse.urlsplit(cloud.url).netloc


def event(connection: http.client.HTTPConnection, method: str, target: str, **options: Any) -> dict[str, Any]:
    connection.request(method, target, **options)
    answer: dict[str, Any] = json.load(connection.getresponse())
    return answer


def raw(cloud: LocalCloud, sent: bytes) -> bytes:
    """All that comes back until the connection ends."""
    name, _, port = host(cloud).partition(":")
    with socket.create_connection((name, int(port)), timeout=10) as opened:
        opened.sendall(sent)
        opened.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := opened.recv(65536):
            received += chunk
        return received


def test_event_has_the_fields_of_payload_format_two(
    connection: http.client.HTTPConnection, fixture_cloud: LocalCloud
) -> None:
    got = event(
        connection,
        "GET",
        "/a/b%20c%2Fd?x=1&x=2&y=%C3%A9&z",
        headers={"X-One": "1", "Cookie": "a=1; b=2", "User-Agent": "me"},
    )
    assert got["version"] == "2.0"
    assert got["routeKey"] == "ANY /{proxy+}"
    assert got["rawPath"] == "/a/b c/d"
    assert got["rawQueryString"] == "x=1&x=2&y=%C3%A9&z"
    assert got["queryStringParameters"] == {"x": "1,2", "y": "é", "z": ""}
    assert got["pathParameters"] == {"proxy": "a/b c/d"}
    assert got["cookies"] == ["a=1", "b=2"]
    assert got["headers"]["x-one"] == "1"
    assert "cookie" not in got["headers"]
    assert got["isBase64Encoded"] is False
    assert "body" not in got
    context = got["requestContext"]
    assert context["http"] == {
        "method": "GET",
        "path": "/a/b c/d",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "me",
    }
    assert context["authorizer"]["lambda"]["key"] == fixture_cloud.development_key
    assert context["stage"] == "$default"


def test_repeated_header_is_joined(fixture_cloud: LocalCloud) -> None:
    sent = b"GET /x HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n"
    assert json.loads(raw(fixture_cloud, sent).partition(b"\r\n\r\n")[2])["headers"]["x-a"] == "1,2"


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        pytest.param("application/json", b'{"a": 1}', False, id="json"),
        pytest.param("text/csv; charset=utf-8", "é".encode(), False, id="text"),
        pytest.param("text/csv", b"\xff\xfe", True, id="text-that-is-not-utf-8"),
        pytest.param("application/octet-stream", b"abc", True, id="binary"),
        pytest.param("application/x-www-form-urlencoded", b"a=1", True, id="form"),
        pytest.param("", b"{}", True, id="no-type"),
    ],
)
def test_body_is_text_or_base64_by_its_type(
    content_type: str, body: bytes, encoded: bool, connection: http.client.HTTPConnection
) -> None:
    got = event(connection, "POST", "/x", body=body, headers={"Content-Type": content_type} if content_type else {})
    assert got["isBase64Encoded"] is encoded
    assert (base64.b64decode(got["body"]) if encoded else got["body"].encode()) == body


def test_chunked_body_arrives_whole(connection: http.client.HTTPConnection) -> None:
    got = event(connection, "POST", "/x", body=iter([b"one ", b"two"]), headers={"Content-Type": "text/csv"})
    assert got["body"] == "one two"


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        pytest.param("GET", "/open", "GET /open", id="whole-path"),
        pytest.param("POST", "/open", "ANY /{proxy+}", id="other-method-of-a-whole-path"),
        pytest.param("GET", "/things/5", "GET /things/{id}", id="parameter"),
        pytest.param("GET", "/things/5/6", "ANY /{proxy+}", id="greedy"),
        pytest.param("OPTIONS", "/anything", "ANY /{proxy+}", id="options"),
        pytest.param("DELETE", "//", "ANY /{proxy+}", id="slashes"),
    ],
)
def test_most_specific_route_takes_the_request(
    method: str, path: str, route: str, connection: http.client.HTTPConnection
) -> None:
    assert event(connection, method, path)["routeKey"] == route


def test_path_without_a_route_is_the_gateways_own_404(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, json.load(response)) == (404, {"message": "Not Found"})


def test_head_has_the_length_and_no_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", "/open")
    response = connection.getresponse()
    assert int(response.headers["content-length"]) > 100
    assert response.read() == b""
    # The connection is still good for another.
    assert event(connection, "GET", "/open")["routeKey"] == "GET /open"


@pytest.mark.parametrize(
    ("answer", "status", "body", "headers"),
    [
        pytest.param(
            {"statusCode": 201, "body": "é"}, 201, "é", {"content-type": "text/plain; charset=utf-8"}, id="plain"
        ),
        pytest.param({"statusCode": 200, "body": "AAE=", "isBase64Encoded": True}, 200, "\0\1", {}, id="base64"),
        pytest.param({"a": 1}, 200, '{"a": 1}', {"content-type": "application/json"}, id="inferred"),
        pytest.param("text", 200, "text", {"content-type": "application/json"}, id="inferred-text"),
        pytest.param({"statusCode": 307, "headers": {"Location": "/x"}}, 307, "", {"location": "/x"}, id="redirect"),
        pytest.param({"statusCode": 200, "cookies": ["a=1"]}, 200, "", {"set-cookie": "a=1"}, id="cookies"),
        pytest.param({"statusCode": 204}, 204, "", {}, id="no-content"),
        pytest.param({"statusCode": "what"}, 500, '{"message": "Internal Server Error"}', {}, id="bad-status"),
        pytest.param({"statusCode": 700}, 500, '{"message": "Internal Server Error"}', {}, id="status-out-of-range"),
        pytest.param(
            {"statusCode": 200, "headers": {"x": "a\r\nset-cookie: b"}},
            500,
            '{"message": "Internal Server Error"}',
            {},
            id="header-injection",
        ),
    ],
)
def test_answer_of_the_function_becomes_the_response(
    answer: object, status: int, body: str, headers: dict[str, str], connection: http.client.HTTPConnection
) -> None:
    connection.request("POST", "/answer", body=json.dumps(answer), headers={"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.status == status
    assert response.read().decode() == body
    assert {name: response.headers[name] for name in headers} == headers


def test_exception_in_the_function_is_a_500(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/raise")
    response = connection.getresponse()
    assert (response.status, json.load(response)) == (500, {"message": "Internal Server Error"})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", 400, id="no-request-line"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", 505, id="version"),
        pytest.param(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414, id="long-line"),
        pytest.param(b"GET /" + b"a" * 11_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 431, id="long-path"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"a" * 11_000 + b"\r\n\r\n", 431, id="long-header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 200 + b"\r\n", 431, id="many-headers"),
        pytest.param(b"POST /x HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400, id="negative-length"),
        pytest.param(b"POST /x HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400, id="length-is-no-number"),
        pytest.param(b"POST /x HTTP/1.1\r\nContent-Length: 50\r\n\r\nshort", 400, id="body-ends-early"),
        pytest.param(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, id="bad-chunk"),
        pytest.param(b"POST /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, id="transfer-encoding"),
        pytest.param(b"GET http://other/x HTTP/1.1\r\n\r\n", 400, id="absolute-target"),
        pytest.param(
            f"POST /x HTTP/1.1\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n".encode(), 413, id="over-ten-megabytes"
        ),
    ],
)
def test_what_is_no_good_request_is_answered_and_the_front_goes_on(
    sent: bytes, status: int, fixture_cloud: LocalCloud, connection: http.client.HTTPConnection
) -> None:
    received = raw(fixture_cloud, sent)
    assert received.startswith((f"HTTP/1.1 {status} ".encode(), f"HTTP/1.0 {status} ".encode()))
    assert event(connection, "GET", "/open")["routeKey"] == "GET /open"


def test_body_over_lambdas_six_megabytes_is_a_413(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/x", body=b"a" * (7 * 1024 * 1024), headers={"Content-Type": "text/csv"})
    response = connection.getresponse()
    assert (response.status, json.load(response)) == (413, {"message": "Request Entity Too Large"})


def test_hostile_bytes_in_the_path_reach_the_function_decoded(connection: http.client.HTTPConnection) -> None:
    assert event(connection, "GET", "/%00%ff/..%2f..%2fetc")["rawPath"] == "/\0\ufffd/../../etc"


def test_connection_is_kept_alive(connection: http.client.HTTPConnection) -> None:
    event(connection, "GET", "/open")
    first = connection.sock
    event(connection, "GET", "/open")
    assert connection.sock is first
