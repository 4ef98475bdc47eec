"""The whole laptop cloud with a provider: the key from Secrets Manager, the model behind OPENAI_BASE_URL."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead, RunStatus
from infra.local.cloud import SECRET_PREFIX, TENANT, LocalCloud
from tests.local.clouds import Clouds
from tests.provider.script import (
    Reply,
    asks_server,
    call,
    calls,
    cites,
    error,
    finishes,
    hangs_up,
    rate_limited,
    raw_call,
    refuses,
    searches,
)
from tests.provider.server import Received, ScriptedProvider

pytestmark = pytest.mark.proof

SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" height="20" fill="red"/></svg>'
)


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
def cloud(clouds: Clouds, provider: ScriptedProvider) -> LocalCloud:
    return clouds.get(
        "provider",
        offline=False,
        api_key=provider.api_key,
        provider_keys={"chat": provider.api_key},
        tool_tokens={"tickets": "tok-1"},
        parameters={
            "OpenAIBaseUrl": provider.base_url,
            "OpenAIModel": "test-model",
            "Models": json.dumps({"test-model": {}, "chatty": {"provider": "chat"}}),
            "Providers": json.dumps({"chat": {"base_url": provider.base_url, "api": "chat_completions"}}),
            "HostedTools": json.dumps({"web_search": {}, "tickets": {"server_url": "https://tickets.example/mcp"}}),
        },
    )


@pytest.fixture
def run(cloud: LocalCloud, desk: Desk, provider: ScriptedProvider) -> Callable[..., RunRead]:
    """A run that is answered by these replies, to its end."""

    def finished(*script: Reply, model: str | None = None, hosted_tools: tuple[str, ...] = ()) -> RunRead:
        desk.script[:] = script
        provider.requests.clear()
        with CodexSwarmClient(cloud.url) as client:
            started = client.start_run(
                "provider", "Write a greeting.", "writing", model=model, hosted_tools=hosted_tools
            )
            return client.wait(started.run_id, 120, poll=0.05)

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


def test_a_model_of_another_provider_is_asked_with_the_key_of_its_own_secret(
    run: Callable[..., RunRead], provider: ScriptedProvider
) -> None:
    done = run(calls(call("write_file", path="a.md", content="# A\n")), finishes("Done."), model="chatty")
    assert (done.status, done.model, done.models_used[0].answered_as) == (RunStatus.SUCCEEDED, "chatty", "chatty")
    assert provider.faults == []
    assert ["messages" in request.body for request in provider.requests] == [True, True]


def test_a_tenants_own_key_is_read_by_the_agent_and_deleted_with_the_tenant(
    run: Callable[..., RunRead], provider: ScriptedProvider, cloud: LocalCloud
) -> None:
    secrets = cloud.client("secretsmanager")
    for tenant in (TENANT, "passing"):
        secrets.create_secret(Name=f"{SECRET_PREFIX}/tenants/{tenant}/openai", SecretString="sk-own")
    with CodexSwarmClient(cloud.url) as client:
        client.set_tenant(TENANT, {"own_keys": ["openai"]})
        done = run(finishes("Done."))
        client.set_tenant(TENANT, {"own_keys": None})
        assert (done.status, done.errors[0].error_type) == (RunStatus.FAILED, "provider_authentication")
        assert {request.headers["authorization"] for request in provider.requests} == {"Bearer sk-own"}
        client.set_tenant("passing", {"own_keys": ["openai"]})
        receipt = {each.store: each.deleted for each in client.erase_tenant("passing").stores}
    assert receipt["secrets"] == 1
    left = {each["Name"] for each in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]}
    assert f"{SECRET_PREFIX}/tenants/passing/openai" not in left


def test_what_the_provider_looks_up_is_seen_and_a_server_is_sent_the_token_of_its_own_secret(
    run: Callable[..., RunRead], provider: ScriptedProvider
) -> None:
    said = cites("Greetings are short ", ("https://greetings.example/how", "How to greet"))
    asked = asks_server("tickets", "search", "none", query="greetings")
    done = run(
        calls(searches("greetings"), asked, said, call("write_file", path="a.md", content="Hi")),
        finishes("Done."),
        hosted_tools=("web_search", "tickets"),
    )
    assert (done.status, done.errors, provider.faults) == (RunStatus.SUCCEEDED, [], [])
    assert [(source.url, source.words) for source in done.sources] == [
        ("https://greetings.example/how", "Greetings are short")
    ]
    assert done.usage.hosted_tool_calls == 2
    [sent] = [tool for tool in provider.requests[0].body["tools"] if tool["type"] == "mcp"]
    assert sent["authorization"] == "tok-1"


def test_a_refusal_ends_the_run_as_failed(run: Callable[..., RunRead]) -> None:
    done = run(refuses("I cannot help with that."))
    assert (done.status, done.progress) == (RunStatus.FAILED, 100)
    [found] = done.errors
    assert (found.step, found.error_type, found.retryable) == ("agent", "content_refused", False)
    assert done.machine_summary is not None
    assert done.machine_summary.reason_for_failure == "content_refused"


def test_a_model_looks_at_the_pages_that_it_made_and_pays_for_them_once(
    run: Callable[..., RunRead], provider: ScriptedProvider
) -> None:
    done = run(
        calls(call("write_file", path="a.md", content="# Head\n\nWords.\n\n![red](red.svg)\n"),
              call("write_file", path="red.svg", content=SQUARE)),
        calls(call("convert_document", source="a.md", target="a.pdf")),
        calls(call("view_pages", path="a.pdf", pages=None), call("view_image", path="red.svg"),
              call("view_pages", path="a.pdf", pages=[7]), call("view_pages", path="a.md", pages=None)),
        calls(call("view_image", path="red.svg")),
        error(400, "invalid_value", "This model does not take images."),
        finishes("A red square."),
    )  # fmt: skip
    assert (done.status, done.errors) == (RunStatus.SUCCEEDED, [])
    assert provider.faults == []
    asked, later = provider.requests[3].body["input"], provider.requests[4].body["input"]
    shown = {output[0]["text"].split(" ")[0]: output[1:] for output in map(outputs, asked) if isinstance(output, list)}
    assert set(shown) == {"a.pdf", "red.svg:"}
    for parts in shown.values():
        [picture] = parts
        assert picture["type"] == "input_image"
        head, _, data = picture["image_url"].partition(",")
        assert head == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as opened:
            assert max(opened.size) <= 1_400
            assert (255, 0, 0) in {colour for _, colour in opened.convert("RGB").getcolors(1 << 24) or ()}
    refused = [output for output in map(outputs, asked) if str(output).startswith("error:")]
    assert "there is no page 7" in refused[0]
    assert "only pages of a pdf and images" in refused[1]
    assert json.dumps(later).count("input_image") == 1
    assert json.dumps(later).count("the pictures were shown once") == 2
    blind = json.dumps(provider.requests[5].body["input"])
    assert "input_image" not in blind
    assert blind.count("the pictures could not be shown") == 1


def outputs(item: Any) -> Any:
    """What answers a call; nothing for other items."""
    return item.get("output") if item.get("type") == "function_call_output" else None
