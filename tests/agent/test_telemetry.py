"""Spans of a run for OpenTelemetry: as the conventions name them, without content, and never in a run's way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agent.app import _otlp
from swarm.aws import clients
from swarm.jobs.batch import CallResult
from tests.agent.collector import Collector, attributes, began
from tests.provider.script import call, calls, error, finishes
from tests.support.job_outcomes import with_jobs
from tests.support.provider_runs import Runs
from tests.support.stack import Stack

ROOT, PARENT = "1-6566a1f0-0123456789abcdef01234567", "53995c3f42cd8ad8"
CANARY = "kanarienvogel"
WRITES = calls(call("write_file", path=f"{CANARY}.md", content=CANARY), call("read_file", path="none.md"))


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as serving:
        yield serving


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    _otlp.cache_clear()
    yield
    _otlp.cache_clear()


@pytest.fixture
def traced(runs: Runs, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stack]:
    """A deployment with a collector, whose invocations are parts of a trace, and whose provider answers so."""

    def of(*script: Any, **more: str) -> Stack:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={ROOT};Parent={PARENT};Sampled=1;Lineage=25:a1b2:0")
        _, stack = runs.of(*script, **{"OTLP_ENDPOINT": collector.url, **more})
        return stack

    return of


def test_a_run_of_two_turns_and_tools_is_told_as_the_conventions_name_it(
    traced: Callable[..., Stack], collector: Collector
) -> None:
    stack = traced(WRITES, finishes("Done."))
    run = stack.run(stack.finish(f"Write {CANARY}.", task_type="writing"))
    assert run["status"] == "succeeded"
    assert collector.paths == ["/v1/traces"]
    assert "authorization" not in collector.headers[0]
    [about] = collector.resources
    assert (about["service.name"], about["deployment.environment.name"]) == ("codex-swarm", "dev")

    [agent] = collector.named("")[:1]
    chats, tools = collector.named("chat"), collector.named("execute_tool")
    names = [span.name for span in collector.named("")]
    assert names[:4] == ["invoke_agent writing", "chat test-model", "execute_tool write_file", "execute_tool read_file"]
    assert names[4:] == ["chat test-model", "execute_tool finish"]
    assert {span.trace_id.hex() for span in collector.spans} == {ROOT[2:].replace("-", "")}
    assert agent.parent_span_id.hex() == PARENT
    assert {span.parent_span_id for span in (*chats, *tools)} == {agent.span_id}
    assert ({span.kind for span in chats}, {span.kind for span in (agent, *tools)}) == ({3}, {1})

    assert attributes(agent) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "writing",
        "gen_ai.conversation.id": run["codex_thread_id"],
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "test-model",
        "codex_swarm.run.id": run["id"],
        "codex_swarm.tenant.id": "tenant-a",
    }
    assert attributes(chats[0]) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "test-model",
        "gen_ai.response.model": "test-model",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.reasoning.output_tokens": 5,
    }
    told = [attributes(span) for span in tools[:2]]
    assert [(each["gen_ai.tool.name"], each["gen_ai.tool.type"]) for each in told] == [
        ("write_file", "function"),
        ("read_file", "function"),
    ]
    assert all(each["gen_ai.tool.call.id"] for each in told)
    assert [each.get("error.type") for each in told] == [None, "tool_failed"]
    assert [span.status.code for span in tools[:2]] == [0, 2]
    assert CANARY not in str(collector.spans)


def test_calls_that_other_functions_do_and_looks_of_the_reviewer_are_told_too(
    traced: Callable[..., Stack], collector: Collector
) -> None:
    looks = calls(call("list_files"), call("read_file", path=f"{CANARY}.md"))
    judged = calls(call("judge", findings=[{"criterion": 1, "met": True, "evidence": CANARY}]))
    commands = calls(call("run_command", command=f"echo {CANARY}"), call("run_command", command="false"))
    stack = traced(commands, finishes("Done."), looks, judged)
    stack.project()
    run_id = stack.start("Write.", acceptance={"criteria": ["It is short."]})
    fine, failed = CallResult("", ok=True, output=CANARY), CallResult("", ok=False, output="", exit_code=1)
    with_jobs(stack, run_id, fine, failed)
    assert stack.run(run_id)["status"] == "succeeded"

    tools = collector.named("execute_tool")
    told = [(attributes(span)["gen_ai.tool.name"], attributes(span).get("error.type")) for span in tools]
    assert sorted(told, key=str) == sorted(
        [
            ("run_command", None),
            ("run_command", "tool_failed"),
            ("finish", None),
            ("list_files", None),
            ("read_file", "tool_failed"),
            ("judge", None),
        ],
        key=str,
    )
    agents = collector.named("invoke_agent")
    assert {span.parent_span_id for span in tools} <= {span.span_id for span in agents}
    # They lasted from when they were handed over, in an invocation before this.
    elsewhere = [span for span in tools if attributes(span)["gen_ai.tool.name"] == "run_command"]
    parents = {span.span_id: began(span) for span in agents}
    assert all(began(span) < parents[span.parent_span_id] for span in elsewhere)
    assert CANARY not in str(collector.spans)


def test_a_request_that_comes_to_nothing_says_why(traced: Callable[..., Stack], collector: Collector) -> None:
    stack = traced(error(401, "invalid_api_key", f"no {CANARY}"))
    assert stack.run(stack.finish("Write."))["status"] == "failed"
    [chat] = collector.named("chat")
    assert (attributes(chat)["error.type"], chat.status.code) == ("provider_authentication", 2)
    assert attributes(collector.named("invoke_agent")[0])["error.type"] == "provider_authentication"
    assert CANARY not in str(collector.spans)


def test_the_collector_is_sent_the_headers_of_its_secret(traced: Callable[..., Stack], collector: Collector) -> None:
    stack = traced(finishes("Done."), OTLP_HEADERS_SECRET="collector")
    clients.secrets().create_secret(Name="collector", SecretString="authorization=Bearer%20tok-1, x-team=swarm\n")
    stack.finish("Write.")
    assert (collector.headers[0]["authorization"], collector.headers[0]["x-team"]) == ("Bearer tok-1", "swarm")


@pytest.mark.parametrize("trouble", ["down", "silent", "refuses", "nonsense", "sends elsewhere", "secret missing"])
def test_a_collector_in_trouble_is_no_matter_of_the_run(
    traced: Callable[..., Stack], collector: Collector, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    more = {}
    match trouble:
        case "down":
            more["OTLP_ENDPOINT"] = "http://127.0.0.1:9"
        case "silent":
            collector.silent = True
        case "refuses":
            collector.answer = (503, b"no")
        case "nonsense":
            collector.answer = (299, b"\xff" * 100_000)
        case "sends elsewhere":
            collector.answer, collector.elsewhere = (307, b""), f"{collector.url}/elsewhere"
        case "secret missing":
            more["OTLP_HEADERS_SECRET"] = "missing"
    stack = traced(WRITES, finishes("Done."), **more)
    stack.project()
    run_id = stack.start("Write.")
    # One that is silent is so until it is closed.
    stack.drive(run_id)
    assert stack.run(run_id)["status"] == "succeeded"
    assert "/elsewhere" not in collector.paths
    if trouble != "nonsense":
        assert "spans were not taken" in caplog.text


def test_nothing_of_it_is_loaded_where_no_collector_is_named(runs: Runs) -> None:
    program = (
        "import json, sys, agent.app; from swarm.agent.spans import NO_SPANS; assert agent.app.traced() is NO_SPANS;"
        "print(json.dumps([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'requests')"
        " or name == 'swarm.agent.telemetry']))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
