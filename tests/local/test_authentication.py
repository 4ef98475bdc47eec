"""Presigned requests work with curl from this machine, and any that is not as it was signed is refused."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.authentication import presigned
from infra.local.authentication.refusal import Refused
from infra.local.cloud import LocalCloud
from infra.local.identity import CredentialIssuer
from tests.local.clouds import call

CONTENT = b"the content of the object"


@pytest.fixture
def key(fixture_cloud: LocalCloud) -> str:
    fixture_cloud.client("s3").put_object(Bucket=fixture_cloud.bucket_name, Key="a/file é.txt", Body=CONTENT)
    return "a/file é.txt"


@pytest.fixture
def url(fixture_cloud: LocalCloud, key: str) -> str:
    return str(call(fixture_cloud, "TaskFunction", {"do": "presign", "operation": "get_object", "key": key}))


def curl(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_code}", *arguments], capture_output=True, text=True, check=True, timeout=20
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def status_of(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=15) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_presigned_url_works_with_curl(url: str) -> None:
    assert curl(url) == (200, CONTENT.decode())


def test_range_of_a_presigned_url_works_with_curl(url: str) -> None:
    assert curl("-r", "4-10", url) == (206, "content")


def test_presigned_put_works_with_curl(fixture_cloud: LocalCloud, tmp_path: Any) -> None:
    (tmp_path / "sent").write_bytes(b"sent by curl")
    put = call(fixture_cloud, "TaskFunction", {"do": "presign", "operation": "put_object", "key": "put"})
    assert curl("-T", str(tmp_path / "sent"), put)[0] == 200
    stored = fixture_cloud.client("s3").get_object(Bucket=fixture_cloud.bucket_name, Key="put")
    assert stored["Body"].read() == b"sent by curl"


def without(url: str, parameter: str) -> str:
    base, _, query = url.partition("?")
    return f"{base}?{'&'.join(pair for pair in query.split('&') if not pair.startswith(parameter + '='))}"


def last_digit_changed(url: str) -> str:
    return url[:-1] + ("0" if url[-1] != "0" else "1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(last_digit_changed, "SignatureDoesNotMatch", id="signature"),
        pytest.param(lambda url: url.replace("/a/file", "/a/other"), "SignatureDoesNotMatch", id="key"),
        pytest.param(
            lambda url: url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), "SignatureDoesNotMatch", id="longer"
        ),
        pytest.param(
            lambda url: url + "&response-content-type=text/html", "SignatureDoesNotMatch", id="parameter-added"
        ),
        pytest.param(
            lambda url: without(url, "X-Amz-Signature"), "AuthorizationQueryParametersError", id="no-signature"
        ),
        pytest.param(lambda url: without(url, "X-Amz-Date"), "AuthorizationQueryParametersError", id="no-date"),
        pytest.param(lambda url: without(url, "X-Amz-Security-Token"), "InvalidAccessKeyId", id="no-session-token"),
        pytest.param(lambda url: url.replace("=ASIA", "=ASIB"), "InvalidAccessKeyId", id="unknown-key"),
        pytest.param(lambda url: url.partition("?")[0], "AccessDenied", id="anonymous"),
        pytest.param(
            lambda url: url.partition("?")[0] + "?AWSAccessKeyId=a&Signature=b&Expires=9999999999",
            "AccessDenied",
            id="old-signature-version",
        ),
        pytest.param(
            lambda url: url.replace("Expires=60", "Expires=99999999999999999999"),
            "AuthorizationQueryParametersError",
            id="absurd-lifetime",
        ),
    ],
)
def test_changed_url_is_refused(change: Callable[[str], str], code: str, url: str) -> None:
    status, body = status_of(change(url))
    assert status == 403
    assert f"<Code>{code}</Code>".encode() in body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_url_is_for_the_method_it_was_signed_for(method: str, url: str) -> None:
    assert status_of(url, method=method)[0] == 403


def test_url_is_refused_once_it_has_expired(url: str, fixture_cloud: LocalCloud) -> None:
    path, _, query = url.removeprefix(fixture_cloud.endpoint_url).partition("?")
    environ = {"QUERY_STRING": query, "RAW_URI": path, "REQUEST_METHOD": "GET", "HTTP_HOST": "127.0.0.1"}
    with pytest.raises(Refused, match="expired"):
        presigned.verify(environ, CredentialIssuer(), datetime.now(UTC) + timedelta(seconds=61))
    with pytest.raises(Refused, match="not valid yet"):
        presigned.verify(environ, CredentialIssuer(), datetime.now(UTC) - timedelta(hours=1))


def test_signed_header_has_to_be_sent_as_it_was_signed(fixture_cloud: LocalCloud) -> None:
    put = call(
        fixture_cloud,
        "TaskFunction",
        {
            "do": "presign",
            "operation": "put_object",
            "key": "typed",
            "parameters": {"ContentType": "text/csv", "IfNoneMatch": "*"},
        },
    )
    assert status_of(put, "PUT", b"x", **{"Content-Type": "text/html", "If-None-Match": "*"})[0] == 403
    assert status_of(put, "PUT", b"x", **{"Content-Type": "text/csv"})[0] == 403
    assert status_of(put, "PUT", b"x", **{"Content-Type": "text/csv", "If-None-Match": "*"})[0] == 200
    assert status_of(put, "PUT", b"x", **{"Content-Type": "text/csv", "If-None-Match": "*"})[0] == 412


def form(fields: dict[str, str], content: bytes) -> tuple[bytes, str]:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    parts.append(
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + content + b"\r\n--b--\r\n"
    )
    return b"".join(parts), "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("change", "content", "status"),
    [
        pytest.param({}, b"fine", 204, id="as-signed"),
        pytest.param({}, b"far too much", 403, id="too-large"),
        pytest.param({}, b"", 403, id="too-small"),
        pytest.param({"key": "elsewhere"}, b"fine", 403, id="other-key"),
        pytest.param({"acl": "public-read"}, b"fine", 403, id="extra-field"),
        pytest.param({"x-amz-signature": "0" * 64}, b"fine", 403, id="signature"),
        pytest.param({"policy": "e30="}, b"fine", 403, id="policy"),
    ],
)
def test_post_keeps_to_its_policy(
    change: dict[str, str], content: bytes, status: int, fixture_cloud: LocalCloud
) -> None:
    post = call(fixture_cloud, "TaskFunction", {"do": "presign", "operation": "post", "key": "posted"})
    data, content_type = form({**post["fields"], **change}, content)
    assert status_of(post["url"], "POST", data, **{"Content-Type": content_type})[0] == status


def test_post_without_a_policy_is_refused(fixture_cloud: LocalCloud) -> None:
    data, content_type = form({"key": "anonymous"}, b"x")
    url = f"{fixture_cloud.endpoint_url}/{fixture_cloud.bucket_name}"
    assert status_of(url, "POST", data, **{"Content-Type": content_type})[0] == 403


def test_buckets_own_cors_rules_decide_what_a_page_may_read(url: str) -> None:
    request = urllib.request.Request(url, headers={"Origin": "https://console.example"})
    with urllib.request.urlopen(request, timeout=15) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "https://console.example"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Origin": "https://evil.example"})) as response:
        assert "Access-Control-Allow-Origin" not in response.headers
