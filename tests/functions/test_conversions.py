"""One document made from another without an agent: a run that ends with the document, or with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from codex_swarm.models import Conversion
from dispatch.app import handler as dispatch
from swarm.agent.tools.convert_document import ConvertDocument
from swarm.jobs.batch import load_batch, result_key
from tests.jobs.conftest import delivery, result
from tests.support.driving import after, beginning, task
from tests.support.lambda_context import lambda_context
from tests.support.lambdas import answering
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed
from tests.support.story import flaws, records_of

PLAN = {"files": [{"path": "plan.md", "content": "# Plan\n"}], "source": "plan.md", "target": "plan.docx"}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A deployment in which no model is configured: a conversion needs none."""
    with deployed(monkeypatch, CROSS_RUN_FAKE_SWARM="", CONVERT_FUNCTION="convert", SANDBOX_FUNCTION="") as fresh:
        fresh.project()
        yield fresh


def convert(stack: Stack, key: str | None = None, tenant: str = "tenant-a", **asked: Any) -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    body = {**PLAN, **asked}
    return stack.request("POST", "/projects/p1/conversions", body, headers=headers, tenant=tenant)


def to_its_end(stack: Stack, run_id: str, told: Any, files: Mapping[str, bytes]) -> list[Mapping[str, Any]]:
    """Drive it; the convert function delivers this. The arguments of the calls that it was asked for."""
    asked: list[Mapping[str, Any]] = []
    state = beginning(run_id)
    name: str | None = "prepare"
    while name is not None:
        state = task(name, state)
        if state["outcome"] == "tools":
            run = stack.backend.runs.current("tenant-a", run_id)
            assert run.batch is not None
            batch = load_batch(stack.backend.objects, run.batch)
            [job] = batch.jobs
            [call] = job.calls
            asked.append(call.arguments)
            done = delivery([{**told, "call_id": call.call_id}], files)
            key = result_key(run, batch.id, job.id)

            def work(_: Any, key: str = key, done: bytes = done) -> Any:
                stack.backend.objects.put(key, done)
                return {}

            ids = {each: state[each] for each in ("tenant_id", "project_id", "run_id")}
            tenants: list[str] = []
            with answering({"convert": work}, tenants):
                dispatch({**ids, "job": state["jobs"][0]}, lambda_context())
            [environment] = tenants
            assert run_id in environment, "it is the run's own"
            name = "agent"
        else:
            name = after(state)
    return asked


CONVERTED = result("", output="Converted plan.md to plan.docx. Not taken over: 1 comment.", files=["plan.docx"])


def test_a_conversion_ends_with_the_document_and_what_it_could_not_show(stack: Stack) -> None:
    answer = convert(stack, title="The plan", table_of_contents=True, metadata={"of": "acme"})
    assert answer.status == 201, answer.text
    begun = answer.json
    assert (begun["status"], begun["conversion"]["target"]) == ("queued", "plan.docx")
    assert begun["name"] == "Convert plan.md to plan.docx"
    [asked] = to_its_end(stack, begun["id"], CONVERTED, {"plan.docx": b"PK docx"})
    assert (asked["source"], asked["title"], asked["table_of_contents"]) == ("plan.md", "The plan", True)
    run = stack.run(begun["id"])
    assert run["status"] == "succeeded", run["errors"]
    assert run["machine_summary"]["primary_artifact"] == "plan.docx"
    assert run["closing_words"] == CONVERTED["output"]
    assert run["metadata"] == {"of": "acme"}
    assert (run["usage"]["model_calls"], run["usage"]["tool_calls"], run["usage"]["cost_usd"]) == (0, 1, None)
    assert (run["system_instructions"], run["pattern_used"]) == (None, None)
    assert stack.request("GET", f"/runs/{run['id']}/workspace/file?path=plan.docx").content == b"PK docx"
    assert stack.request("GET", "/projects/p1/patterns").json == []
    assert flaws(records_of(stack), run["id"]) == []


def test_what_cannot_be_converted_fails_the_run_with_the_reason(stack: Stack) -> None:
    run_id = convert(stack).json["id"]
    to_its_end(stack, run_id, result("", ok=False, output="error: plan.md has no text"), {})
    run = stack.run(run_id)
    [error] = run["errors"]
    assert (run["status"], error["error_type"], error["tool"]) == ("failed", "tool_failure", "convert_document")
    assert error["message"] == "plan.md has no text"
    assert error["suggestion"]
    assert flaws(records_of(stack), run_id) == []


def test_the_document_comes_from_a_run_or_its_turn_too(stack: Stack) -> None:
    first = convert(stack).json["id"]
    to_its_end(stack, first, CONVERTED, {"plan.docx": b"PK docx"})
    second = convert(stack, from_run_id=first, files=[], source="plan.docx", target="مخطط.pdf")
    assert second.status == 201, second.text
    told = result("", output="Converted.", files=["مخطط.pdf"])
    to_its_end(stack, second.json["id"], told, {"مخطط.pdf": b"%PDF"})
    run = stack.run(second.json["id"])
    assert (run["workspace_from_run_id"], run["machine_summary"]["primary_artifact"]) == (first, "مخطط.pdf")
    assert convert(stack, from_run_id=first, from_turn=0, files=[], source="plan.docx").status == 400


def test_one_key_is_one_conversion(stack: Stack) -> None:
    first, again = convert(stack, "k"), convert(stack, "k")
    assert first.json["id"] == again.json["id"]
    assert again.headers["idempotent-replay"] == "true"
    other = convert(stack, "k", target="plan.pdf")
    assert (other.status, other.json["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        pytest.param({"source": "other.md"}, 400, "source_not_given", id="a source that nobody sent"),
        pytest.param({"bibliography": "refs.bib"}, 400, "source_not_given", id="a bibliography that nobody sent"),
        pytest.param({"source": "../plan.md"}, 403, "invalid_path", id="a source outside"),
        pytest.param({"target": ".git/hooks/x.md"}, 403, "invalid_path", id="a target that is nobody's"),
        pytest.param({"target": ""}, 422, "invalid_request", id="no target"),
        pytest.param({"changes": "maybe"}, 422, "invalid_request", id="no such choice"),
        pytest.param({"titel": "x"}, 422, "invalid_request", id="a typo"),
        pytest.param({"from_run_id": "0" * 32}, 404, "run_not_found", id="no such run"),
        pytest.param({"uploads": ["0" * 32]}, 404, "upload_not_found", id="no such upload"),
    ],
)
def test_what_is_wrong_with_a_conversion_is_said_and_leaves_nothing(
    stack: Stack, asked: Mapping[str, Any], status: int, code: str
) -> None:
    refused = convert(stack, **asked)
    assert (refused.status, refused.json["code"]) == (status, code), refused.text
    assert stack.request("GET", "/runs").json == []


def test_lists_tell_conversions_from_runs_of_agents(stack: Stack) -> None:
    run_id = convert(stack).json["id"]
    for asked, found in (("true", [run_id]), ("false", [])):
        listed = stack.request("GET", f"/runs?conversions={asked}").json
        assert [each["id"] for each in listed] == found


def test_another_tenant_converts_none_of_these_files(stack: Stack) -> None:
    run_id = convert(stack).json["id"]
    stack.project(tenant="tenant-b")
    theirs = convert(stack, tenant="tenant-b", from_run_id=run_id, files=[])
    assert (theirs.status, theirs.json["code"]) == (404, "run_not_found")


def test_nobody_reads_messages_to_a_conversion(stack: Stack) -> None:
    run_id = convert(stack).json["id"]
    refused = stack.request("POST", f"/runs/{run_id}/messages", {"text": "in blue"})
    assert (refused.status, refused.json["code"]) == (409, "takes_no_messages")
    assert stack.run(run_id)["messages"] == []


def test_a_conversion_takes_what_the_agents_tool_takes() -> None:
    assert Conversion.model_fields.keys() == ConvertDocument.model_fields.keys()
