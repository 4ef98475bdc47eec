"""Previews as the API gives them: of which files, made once, and under a policy that lets nothing run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from swarm.outputs.previews import LARGEST
from tests.outputs.runs import holding
from tests.support.lambdas import Failed, Refused, answering
from tests.support.stack import CACHED, Answer, Stack
from tests.support.stack import stack as deployed

PAGE = {
    "media_type": "text/html; charset=utf-8",
    "content": base64.b64encode("<h1>\u00fc</h1>".encode()).decode(),
}


class Previews:
    """A deployment, the events that its preview function gets, and what it answers."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.asked: list[Any] = []
        self.answer: Any = PAGE
        self.tenants: list[str] = []

    def draw(self, event: Any) -> Any:
        self.asked.append(event)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def of(self, run_id: str, path: str) -> Answer:
        return self.stack.request("GET", f"/runs/{run_id}/workspace/preview/{path}")


@pytest.fixture
def previews(monkeypatch: pytest.MonkeyPatch) -> Iterator[Previews]:
    with deployed(monkeypatch, PREVIEW_FUNCTION="preview") as stack:
        found = Previews(stack)
        with answering({"preview": found.draw}, found.tenants):
            yield found


def test_the_function_gets_one_address_and_nothing_else(previews: Previews) -> None:
    run_id = holding(previews.stack, {"docs/a b.md": b"# text"})
    answer = previews.of(run_id, "docs/a b.md")
    assert (answer.status, answer.text) == (200, "<h1>\u00fc</h1>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    (event,) = previews.asked
    assert event.keys() == {"kind", "url", "sha256", "size", "page"}
    assert (event["kind"], event["size"]) == ("markdown", 6)
    assert event["sha256"] == hashlib.sha256(b"# text").hexdigest()
    blob = unquote(urlsplit(event["url"]).path).removeprefix("/bucket/")
    assert previews.stack.backend.objects.get(blob) == b"# text"


@pytest.mark.parametrize("isolate_by", ["run", "tenant"])
def test_a_document_is_drawn_in_an_environment_of_its_run_or_its_tenant(
    isolate_by: str, previews: Previews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISOLATE_BY", isolate_by)
    for cached in CACHED:
        cached.cache_clear()
    first, second = (holding(previews.stack, {}) for _ in range(2))
    for run_id in (first, second):
        assert previews.of(run_id, "main.md").status == 200
    assert len(set(previews.tenants)) == (2 if isolate_by == "run" else 1)
    assert all(re.fullmatch(r"[a-zA-Z0-9._:/=+\-@ ]{1,256}", tenant) for tenant in previews.tenants)


def test_where_no_environment_is_free_the_preview_comes_later(previews: Previews) -> None:
    previews.answer = Refused("TooManyRequestsException")
    run_id = holding(previews.stack, {})
    answer = previews.of(run_id, "main.md")
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (429, "previews_busy", "5")
    previews.answer = PAGE
    assert previews.of(run_id, "main.md").status == 200


def test_nothing_in_a_preview_can_run(previews: Previews) -> None:
    headers = previews.of(holding(previews.stack, {}), "main.md").headers
    policy = headers["content-security-policy"].split("; ")
    assert policy[:2] == ["sandbox", "default-src 'none'"]
    assert not [rule for rule in policy if rule.startswith(("script-src", "connect-src"))]
    assert headers["x-content-type-options"] == "nosniff"


def test_it_is_drawn_once(previews: Previews) -> None:
    run_id = holding(previews.stack, {})
    previews.of(run_id, "main.md")
    with previews.stack.recorded() as calls:
        assert previews.of(run_id, "main.md").status == 200
    assert Counter(calls) == Counter({"dynamodb.GetItem": 1, "s3.GetObject": 2})
    assert len(previews.asked) == 1


def test_a_document_that_cannot_be_shown_says_why_and_is_not_asked_for_again(previews: Previews) -> None:
    previews.answer = {"problem": "it is damaged"}
    run_id = holding(previews.stack, {"a.pdf": b"x"})
    for _ in range(2):
        answer = previews.of(run_id, "a.pdf")
        assert (answer.status, answer.json["code"]) == (422, "preview_failed")
        assert "it is damaged" in answer.json["detail"]
    assert len(previews.asked) == 1


def test_a_function_that_fails_is_asked_again_the_next_time(previews: Previews) -> None:
    run_id = holding(previews.stack, {})
    for trouble in (Failed("out of memory"), {"media_type": 7}, "text"):
        previews.answer = trouble
        answer = previews.of(run_id, "main.md")
        assert (answer.status, answer.json["code"]) == (422, "preview_failed"), trouble
        assert "memory" not in answer.text
    previews.answer = PAGE
    assert previews.of(run_id, "main.md").status == 200


def test_only_pages_and_pictures_are_passed_on(previews: Previews) -> None:
    previews.answer = {**PAGE, "media_type": "text/javascript"}
    assert previews.of(holding(previews.stack, {}), "main.md").status == 422


WITHOUT_PREVIEW = {
    "a.zip": (415, "no_preview"),
    "drawing.svg": (415, "no_preview"),
    "book.ipynb": (415, "no_preview"),
    "large.csv": (413, "preview_too_large"),
    "missing.md": (404, "file_not_found"),
    "../secret.md": (403, "invalid_path"),
    "%2e%2e/secret.md": (403, "invalid_path"),
}


def test_what_has_no_preview_says_so(previews: Previews, subtests: pytest.Subtests) -> None:
    files = {"a.zip": b"PK", "drawing.svg": b"<svg/>", "book.ipynb": b"{}", "large.csv": b"x" * (LARGEST["csv"] + 1)}
    run_id = holding(previews.stack, files)
    for path, expected in WITHOUT_PREVIEW.items():
        with subtests.test(path):
            answer = previews.of(run_id, path)
            assert (answer.status, answer.json["code"]) == expected
    assert previews.asked == []


def test_of_a_pdf_there_is_every_page_and_no_other(previews: Previews) -> None:
    picture = {"media_type": "image/png", "content": base64.b64encode(b"PNG").decode(), "pages": 2}
    run_id = holding(previews.stack, {"a.pdf": b"%PDF"})
    for page in (1, 2):
        previews.answer = picture
        for _ in range(2):
            answer = previews.of(run_id, f"a.pdf?page={page}")
            assert (answer.status, answer.content, answer.headers["x-page-count"]) == (200, b"PNG", "2")
    assert [event["page"] for event in previews.asked] == [1, 2]
    previews.answer = {"pages": 2}
    for wanted, expected in (("3", (404, "page_not_found")), ("0", (422, "invalid_request"))):
        answer = previews.of(run_id, f"a.pdf?page={wanted}")
        assert (answer.status, answer.json["code"]) == expected
    answer = previews.of(run_id, "main.md?page=2")
    assert (answer.status, answer.json["code"]) == (404, "page_not_found")


def test_a_file_at_an_earlier_turn_has_a_preview_too(previews: Previews) -> None:
    run_id = holding(previews.stack, {})
    assert previews.of(run_id, "main.md?turn=0").json["code"] == "file_not_found"
    assert previews.of(run_id, "main.md?turn=1").status == 200
