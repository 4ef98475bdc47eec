"""Pages of other origins: those that the operator names may call the API with a key, and read what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack
from tests.support.stack import stack as deployed

ALLOWED, OTHER = "https://app.example.org", "https://evil.example.org"
ASKS = {"access-control-request-method": "PUT", "access-control-request-headers": "authorization,content-type"}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch, CORS_ORIGINS=f"{ALLOWED}, https://second.example.org:8443") as fresh:
        yield fresh


def test_a_browser_is_told_what_a_page_of_a_named_origin_may_ask(stack: Stack) -> None:
    answer = stack.request("OPTIONS", "/projects/p1", headers={"origin": ALLOWED, **ASKS}, tenant=None)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert {"Authorization", "Content-Type"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_an_answer_is_readable_for_a_named_origin_whatever_it_says(stack: Stack) -> None:
    for path, status in (("/projects", 200), ("/projects/missing", 404), ("/runs?limit=x", 422)):
        answer = stack.request("GET", path, headers={"origin": ALLOWED})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, ALLOWED)
        assert "X-Next-Cursor" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin",
    [
        OTHER,
        "null",
        f"{ALLOWED}.evil.example.org",
        ALLOWED.replace("https", "http"),
        f"{ALLOWED}:444",
        ALLOWED.upper(),
        "",
    ],
)
def test_no_other_origin_is_told_anything(stack: Stack, origin: str) -> None:
    asked = stack.request("OPTIONS", "/projects", headers={"origin": origin, **ASKS}, tenant=None)
    read = stack.request("GET", "/projects", headers={"origin": origin})
    for answer in (asked, read):
        assert [name for name in answer.headers if name.startswith("access-control")] == []
    assert (asked.content, read.status) == (b"", 200)


def test_without_origins_nothing_is_different(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch) as stack:
        answer = stack.request("GET", "/projects", headers={"origin": ALLOWED})
        assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_asking_without_being_a_browser_opens_nothing(stack: Stack) -> None:
    assert stack.request("OPTIONS", "/projects", tenant=None).status in {404, 405}


def test_whose_pages_read_what_a_token_opens_is_for_the_token_to_say(stack: Stack) -> None:
    token = {"tenant_id": "tenant-a", "run_id": "r", "scope": "watch", "origins": OTHER}
    answer = stack.request("GET", "/shared/runs/r/events", headers={"origin": ALLOWED}, authorizer=token)
    assert "access-control-allow-origin" not in answer.headers
