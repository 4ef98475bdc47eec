"""A port of this machine is within reach of every web page; the laptop cloud answers programs and its own pages."""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.parse
from collections.abc import Mapping

import pytest

from infra.local.cloud import LocalCloud
from infra.local.front.request import Request
from infra.local.front.visitors import refusal
from infra.local.loopback import is_loopback
from tests.local.clouds import call

PORT = "PORT"
PAGE = {"origin": "https://evil.example", "referer": "https://evil.example/", "sec-fetch-mode": "no-cors"}
TEXT = {"content-type": "text/plain;charset=UTF-8"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
FRAME = LINK | {"sec-fetch-dest": "iframe"}


def answer(url: str, method: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, bytes]:
    port = urllib.parse.urlsplit(url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    connection.putrequest(method, "/x", skip_host=True, skip_accept_encoding=True)
    for name, value in ({"host": f"127.0.0.1:{PORT}"} | dict(headers)).items():
        connection.putheader(name, value.replace(PORT, str(port)))
    if body is not None:
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    try:
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "headers", "code"),
    [
        pytest.param("POST", PAGE | TEXT | {"sec-fetch-site": "cross-site"}, "foreign_origin", id="simple-post"),
        pytest.param("POST", PAGE | FORM, "foreign_origin", id="form-of-a-browser-without-fetch-metadata"),
        pytest.param("POST", {"origin": "null"} | TEXT, "foreign_origin", id="sandboxed-frame"),
        pytest.param("POST", {"origin": "http://127.0.0.1:1"}, "foreign_origin", id="page-of-another-port"),
        pytest.param("POST", {"origin": f"https://127.0.0.1:{PORT}"}, "foreign_origin", id="other-scheme"),
        pytest.param("POST", {"sec-fetch-site": "same-site"}, "foreign_origin", id="same-site"),
        pytest.param("POST", LINK | {"content-type": "application/json"}, "foreign_origin", id="navigating-post"),
        pytest.param(
            "GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, "foreign_origin", id="image"
        ),
        pytest.param("GET", FRAME, "foreign_origin", id="frame"),
        pytest.param("OPTIONS", {"origin": "https://evil.example"}, "foreign_origin", id="preflight"),
        pytest.param("DELETE", {"origin": "https://evil.example"}, "foreign_origin", id="delete"),
        pytest.param("GET", {"host": f"attacker.example:{PORT}"}, "foreign_host", id="rebound-name"),
        pytest.param(
            "PUT",
            {"host": f"a.example:{PORT}", "origin": f"http://a.example:{PORT}", "sec-fetch-site": "same-origin"},
            "foreign_host",
            id="rebound-name-of-one-origin",
        ),
        pytest.param("GET", {"host": ""}, "foreign_host", id="no-name"),
        pytest.param("POST", TEXT, "unsupported_media_type", id="text-without-a-browsers-headers"),
        pytest.param("POST", {"content-type": "multipart/form-data; boundary=x"}, "unsupported_media_type", id="parts"),
        pytest.param(
            "POST", {"origin": f"http://127.0.0.1:{PORT}"} | FORM, "unsupported_media_type", id="own-page-with-a-form"
        ),
        pytest.param("POST", {"referer": "https://evil.example/"}, "unsupported_media_type", id="page-without-a-type"),
    ],
)
def test_what_a_foreign_page_can_send_is_refused(
    method: str, headers: Mapping[str, str], code: str, fixture_cloud: LocalCloud
) -> None:
    body = b'{"instructions": "run `id`"}' if method in ("POST", "PUT") else None
    status, told = answer(fixture_cloud.url, method, headers, body)
    refused = json.loads(told)
    assert (status, refused["code"]) == (415 if code == "unsupported_media_type" else 403, code)
    assert refused["detail"]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        pytest.param("POST", {"content-type": "application/json; charset=utf-8"}, id="program"),
        pytest.param("POST", {}, id="program-that-names-no-type"),
        pytest.param("POST", FORM, id="curl-with-data-and-nothing-else"),
        pytest.param("GET", LINK, id="link-that-somebody-follows"),
        pytest.param("GET", {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, id="typed-address"),
        pytest.param("GET", {"host": f"localhost:{PORT}", "sec-fetch-site": "same-origin"}, id="own-page"),
        pytest.param(
            "POST",
            {"host": f"localhost:{PORT}", "origin": f"http://LOCALHOST:{PORT}", "content-type": "application/json"},
            id="own-page-that-posts",
        ),
    ],
)
def test_programs_and_own_pages_are_answered(
    method: str, headers: Mapping[str, str], fixture_cloud: LocalCloud
) -> None:
    status, body = answer(fixture_cloud.url, method, headers, b"{}" if method == "POST" else None)
    assert (status, json.loads(body)["routeKey"]) == (200, "ANY /{proxy+}")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:80", "127.9.9.9", "[::1]:5050", "LocalHost", "a.localhost"])
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "10.0.0.1", "example.com", "localhost.example.com", "127.0.0.1.nip.io", "127.0.0.1,evil", "[::1"],
)
def test_names_that_may_lead_here_and_are_not_of_this_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["attacker.example", "s3.amazonaws.com", ""])
def test_moto_answers_names_of_this_machine_only(host: str, fixture_cloud: LocalCloud) -> None:
    assert answer(fixture_cloud.endpoint_url, "GET", {"host": host})[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"host": "attacker.example"}, id="rebound-name"),
        pytest.param({"origin": "https://evil.example"}, id="foreign-origin"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="image"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_page_takes_no_work_from_a_worker(method: str, headers: Mapping[str, str], fixture_cloud: LocalCloud) -> None:
    address = call(fixture_cloud, "TaskFunction", {"do": "describe"})["environment"]["AWS_LAMBDA_RUNTIME_API"]
    port = re.fullmatch(r"127\.0\.0\.1:(\d+)", address)
    assert port
    assert answer(f"http://{address}", method, headers)[0] == 403
    assert call(fixture_cloud, "TaskFunction", {"do": "describe"})["pid"] != os.getpid()


def test_a_foreign_page_may_ask_with_a_token() -> None:
    asked = Request("GET", "/shared/runs/1/stream?token=x", {"host": "127.0.0.1:5050", **PAGE})
    assert refusal(asked) is None
    posted = Request("POST", "/shared/runs/1/stream?token=x", {"host": "127.0.0.1:5050", **PAGE})
    assert refusal(posted) is not None
    for method in ("POST", "OPTIONS"):
        assert refusal(Request(method, "/shared/uploads/1?token=x", {"host": "127.0.0.1:5050", **PAGE})) is None
    renamed = Request("GET", "/shared/runs/1/stream?token=x", {"host": "evil.example", **PAGE})
    assert refusal(renamed) is not None
