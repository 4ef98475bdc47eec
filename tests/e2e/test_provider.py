"""The whole laptop cloud with a provider: the key from Secrets Manager, the model behind OPENAI_BASE_URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead, RunStatus
from tests.local.clouds import Clouds
from tests.provider.script import Reply, call, calls, finishes, hangs_up, rate_limited, raw_call, refuses
from tests.provider.server import Received, ScriptedProvider


class Desk:
    """What the next runs are told, reply by reply."""

    def __init__(self) -> None:
        self.script: list[Reply] = []

    def next(self, _: Received) -> Reply:
        return self.script.pop(0)


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def provider(desk: Desk) -> Iterator[ScriptedProvider]:
    with ScriptedProvider(desk.next) as serving:
        yield serving


@pytest.fixture
def run(clouds: Clouds, desk: Desk, provider: ScriptedProvider) -> Callable[..., RunRead]:
    """A run that is answered by these replies, to its end."""
    cloud = clouds.get(
        "provider",
        offline=False,
        api_key=provider.api_key,
        parameters={"OpenAIBaseUrl": provider.base_url, "OpenAIModel": "test-model"},
    )

    def finished(*script: Reply) -> RunRead:
        desk.script[:] = script
        provider.requests.clear()
        with CodexSwarmClient(cloud.url) as client:
            started = client.start_run("provider", "Write a greeting.", "writing")
            return client.wait(started.run_id, 60, poll=0.05)

    return finished


def test_a_run_survives_what_passes_and_mends_what_the_model_got_wrong(
    run: Callable[..., RunRead], provider: ScriptedProvider
) -> None:
    done = run(
        rate_limited(retry_after="0"),
        calls(raw_call("write_file", "{"), call("no_such_tool"), text="Let me try."),
        hangs_up(),
        calls(call("write_file", path="a.md", content="# A\n"), call("write_file", path="b.md", content="# B\n")),
        finishes("Two greetings."),
    )
    assert (done.status, done.errors, done.usage.model_calls) == (RunStatus.SUCCEEDED, [], 3)
    assert done.machine_summary is not None
    assert done.machine_summary.primary_artifact == "a.md"
    assert done.machine_summary.secondary_artifacts == ["b.md"]
    assert provider.faults == []
    assert len(provider.requests) == 5
    for request in provider.requests:
        assert request.headers["authorization"] == f"Bearer {provider.api_key}"
        assert (request.body["model"], request.body["store"]) == ("test-model", False)
        assert request.body["prompt_cache_key"] == done.run_id
    last = provider.requests[-1].body["input"]
    assert [item["type"] for item in last].count("function_call_output") == 4
    assert [item["encrypted_content"] for item in last if item["type"] == "reasoning"] == ["gAAAA-2_0", "gAAAA-4_0"]


def test_a_refusal_ends_the_run_as_failed(run: Callable[..., RunRead]) -> None:
    done = run(refuses("I cannot help with that."))
    assert (done.status, done.progress) == (RunStatus.FAILED, 100)
    [error] = done.errors
    assert (error.step, error.error_type, error.retryable) == ("agent", "content_refused", False)
    assert done.machine_summary is not None
    assert done.machine_summary.reason_for_failure == "content_refused"
