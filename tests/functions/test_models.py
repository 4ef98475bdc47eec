"""Models: what a run may name, which one it gets when it names none, and what it says that really answered."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from swarm.aws import clients
from tests.provider.script import call, calls, finishes, says
from tests.support.provider_runs import Runs
from tests.support.stack import Stack, reconfigured
from tests.support.stack import stack as deployed

LARGE = {"input": 2, "cached": 1, "output": 10, "context": 200_000, "efforts": ["low", "high"], "effort": "high"}
SMALL = {"served_as": "small-2026-01-01", "input": 1, "output": 1, "default_for": ["writing"]}
LIST = json.dumps({"large": LARGE, "small": SMALL})
WRITES = calls(call("write_file", path="a.md", content="# A"))


def used(run: Any) -> list[tuple[int, str, str | None, str | None]]:
    return [(use["turn"], use["model"], use["effort"], use["answered_as"]) for use in run["models_used"]]


def refused(stack: Stack, body: Mapping[str, Any]) -> tuple[int, str, str]:
    answer = stack.request("POST", "/projects/p1/runs", {"instructions": "Write.", **body})
    return answer.status, answer.json["code"], answer.json["detail"]


def test_a_run_names_its_model_and_pays_its_price(runs: Runs) -> None:
    provider, stack = runs.of(WRITES, finishes("done"), MODELS=LIST)
    run = stack.run(stack.finish("Write.", model="small"))
    assert [request.body["model"] for request in provider.requests] == ["small-2026-01-01"] * 2
    assert all("reasoning" not in request.body for request in provider.requests)
    assert (run["model"], run["effort"]) == ("small", None)
    assert used(run) == [(1, "small", None, "small-2026-01-01")]
    assert run["usage"]["cost_usd"] == 240 / 1_000_000


@pytest.mark.parametrize(
    ("asked", "gets"),
    [
        pytest.param({}, ("large", "high"), id="nobody says: the first of the list, with its own effort"),
        pytest.param({"task_type": "writing"}, ("small", None), id="the task type has its own"),
        pytest.param({"effort": "low"}, ("large", "low"), id="an effort alone"),
        pytest.param({"task_type": "writing", "model": "large"}, ("large", "high"), id="the caller goes first"),
    ],
)
def test_who_names_none_gets_the_operators_choice(runs: Runs, asked: dict[str, Any], gets: tuple[str, str]) -> None:
    provider, stack = runs.of(says("done"), MODELS=LIST)
    run = stack.run(stack.finish("Write.", **asked))
    assert (run["model"], run["effort"]) == gets
    assert provider.requests[0].body.get("reasoning") == (gets[1] and {"effort": gets[1]})


def test_a_projects_model_is_for_runs_that_name_none(runs: Runs) -> None:
    _, stack = runs.of(*[says("done")] * 4, MODELS=LIST)
    stack.project()
    project = stack.request("PATCH", "/projects/p1", {"model": "large", "effort": "low"}).json
    assert (project["model"], project["effort"]) == ("large", "low")

    def chosen(**asked: str) -> tuple[str, str | None]:
        run = stack.run(stack.start("Write.", task_type="writing", **asked))
        return run["model"], run["effort"]

    assert chosen() == ("large", "low")
    # The project's effort is not one that this model takes.
    assert chosen(model="small") == ("small", None)
    stack.request("PUT", "/projects/p1", {"name": "still the same model"})
    assert chosen() == ("large", "low")
    stack.request("PATCH", "/projects/p1", {"model": None, "effort": None})
    assert chosen() == ("small", None)


def test_what_is_not_in_the_list_is_refused_with_the_list(runs: Runs) -> None:
    provider, stack = runs.of(MODELS=LIST)
    stack.project()
    for method, path in (("POST", "/projects/p1/runs"), ("PATCH", "/projects/p1"), ("PUT", "/projects/p2")):
        words = {"instructions": "Write."} if method == "POST" else {}
        answer = stack.request(method, path, {**words, "model": "huge"})
        assert (answer.status, answer.json["code"]) == (400, "model_not_allowed")
        assert "use one of large, small" in answer.json["detail"]
        answer = stack.request(method, path, {**words, "model": "large", "effort": "medium"})
        assert (answer.status, answer.json["code"]) == (400, "effort_not_allowed")
        assert "large takes low, high" in answer.json["detail"]
    assert refused(stack, {"model": "small", "effort": "low"})[1:] == (
        "effort_not_allowed",
        "effort 'low' is not allowed: small takes no effort here; leave it out",
    )
    assert refused(stack, {"model": "a model"})[1] == "invalid_request"
    assert stack.request("GET", "/runs").json == []
    assert stack.request("GET", "/projects/p2").status == 404
    assert stack.request("GET", "/usage").json["active_runs"]["used"] == 0
    assert provider.requests == []


def test_the_list_can_be_read(runs: Runs) -> None:
    _, stack = runs.of(MODELS=LIST, OPENAI_MODEL="small")
    large, small = stack.request("GET", "/models").json["models"]
    assert large == {
        "name": "large",
        "provider": "openai",
        "context": 200_000,
        "efforts": ["low", "high"],
        "effort": "high",
        "default": False,
        "default_for": [],
        "hosted_tools": [],
        "priced": True,
    }
    assert (small["default"], small["default_for"]) == (True, ["writing"])


def test_without_a_list_there_is_one_model_with_the_prices_of_before(runs: Runs) -> None:
    prices = json.dumps({"test-model": {"input": 1, "output": 1, "context": 9_000}, "other": {"input": 1, "output": 1}})
    _, stack = runs.of(says("done"), MODEL_PRICES=prices)
    [model] = stack.request("GET", "/models").json["models"]
    assert (model["name"], model["context"], model["priced"], model["default"]) == ("test-model", 9_000, True, True)
    run = stack.run(stack.finish("Write."))
    assert (run["model"], run["usage"]["cost_usd"]) == ("test-model", 120 / 1_000_000)
    assert refused(stack, {"model": "other"})[1] == "model_not_allowed"


def test_prices_of_before_fill_what_the_list_leaves_out(runs: Runs) -> None:
    listed = json.dumps({"test-model": {"efforts": ["low"]}})
    prices = json.dumps({"test-model": {"input": 1, "output": 1, "context": 9_000}})
    _, stack = runs.of(MODELS=listed, MODEL_PRICES=prices)
    [model] = stack.request("GET", "/models").json["models"]
    assert (model["context"], model["priced"], model["efforts"]) == (9_000, True, ["low"])


def test_a_run_says_from_which_turn_on_another_model_answered(runs: Runs) -> None:
    """As a gateway does that falls back, or a provider that moves a name on to a newer model."""
    turns = [replace(WRITES, fields={"model": name}) for name in ("m-1", "m-1", "m-2", "m-1")]
    _, stack = runs.of(*turns, says("done"))
    run = stack.run(stack.finish("Write."))
    told = [(1, "m-1"), (3, "m-2"), (4, "m-1"), (5, "test-model")]
    assert [(turn, answered) for turn, _, _, answered in used(run)] == told


def test_a_run_whose_model_is_no_longer_allowed_goes_on_with_the_default(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, stack = runs.of(says("done"), MODELS=LIST)
    stack.project()
    run_id = stack.start("Write.", model="large", effort="low")
    reconfigured(monkeypatch, MODELS=json.dumps({"small": SMALL}))
    stack.drive(run_id)
    run = stack.run(run_id)
    assert (run["status"], run["model"]) == ("succeeded", "large")
    assert used(run) == [(1, "small", None, "small-2026-01-01")]
    assert run["usage"]["cost_usd"] == 120 / 1_000_000
    assert len(provider.requests) == 1


class Two:
    """A service with a provider of each protocol; the second has the key of a secret of its own."""

    def __init__(self, runs: Runs) -> None:
        self.second = runs.further(lambda _: says("done"), "sk-second")
        providers = {
            "other": {"base_url": self.second.base_url, "api": "chat_completions"},
            "keyless": {"base_url": self.second.base_url, "api_key": False},
        }
        listed = {"one": {}, "two": {"provider": "other", "served_as": "qwen"}, "three": {"provider": "keyless"}}
        self.first, self.stack = runs.asking(
            lambda _: says("done"), MODELS=json.dumps(listed), PROVIDERS=json.dumps(providers), SECRET_PREFIX="swarm"
        )

    def give_key(self) -> None:
        clients.secrets().create_secret(Name="swarm/providers/other", SecretString="sk-second\n")


@pytest.fixture
def two(runs: Runs) -> Two:
    return Two(runs)


def test_a_conversation_goes_on_with_a_model_of_another_provider_and_protocol(two: Two) -> None:
    two.give_key()
    begun = two.stack.finish("Write a poem.", model="one")
    run = two.stack.run(
        two.stack.finish("Another.", model="two", from_run_id=begun, keep_conversation=True),
    )
    assert (run["status"], used(run)) == ("succeeded", [(1, "two", None, "qwen")])
    assert two.first.requests[0].headers["authorization"] == f"Bearer {two.first.api_key}"
    [request] = two.second.requests
    assert request.headers["authorization"] == "Bearer sk-second"
    assert [each["content"] for each in request.body["messages"][1:]] == ["Write a poem.", "done", "Another."]
    assert two.first.faults == two.second.faults == []
    assert "sk-second" not in two.stack.request("GET", f"/runs/{run['id']}").text
    # What goes on from it stays with its model.
    said = two.stack.request("POST", f"/runs/{run['id']}/messages", {"text": "Once more."})
    assert (said.status, said.json["model"]) == (201, "two")


def test_a_provider_whose_key_is_missing_fails_the_run_and_names_the_secret(two: Two) -> None:
    [error] = two.stack.run(two.stack.finish("Write.", model="two"))["errors"]
    assert error["error_type"] == "provider_authentication"
    assert "swarm/providers/other" in error["message"]


def test_a_provider_that_wants_no_key_is_sent_none_of_the_others(two: Two) -> None:
    two.second.api_key = "no-key-is-wanted"
    assert two.stack.run(two.stack.finish("Write.", model="three"))["status"] == "succeeded"
    assert "sk-" not in str(two.second.requests)


def test_a_provider_without_a_place_for_its_key_is_not_configured(runs: Runs) -> None:
    providers = json.dumps({"other": {"base_url": "http://127.0.0.1:9/v1"}})
    _, stack = runs.of(MODELS=json.dumps({"test-model": {}, "two": {"provider": "other"}}), PROVIDERS=providers)
    stack.project()
    status, code, detail = refused(stack, {"model": "two"})
    assert (status, code) == (503, "not_configured")
    assert "SecretPrefix" in detail


def test_offline_the_list_is_the_same_and_the_run_says_who_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch, MODELS=LIST) as stack:
        run = stack.run(stack.finish("touch a.md", model="large", effort="low"))
        assert (run["model"], run["effort"], used(run)) == ("large", "low", [(1, "offline", None, None)])
        assert run["usage"]["cost_usd"] is None
        assert "offline" in run["machine_summary"]["notes"]
        assert refused(stack, {"model": "huge"})[1] == "model_not_allowed"


@pytest.mark.parametrize(
    ("variable", "text", "fault"),
    [
        pytest.param("MODELS", "{", "Models cannot be used", id="no JSON"),
        pytest.param("MODELS", '{"m": {"efort": "low"}}', "m.efort", id="misspelt"),
        pytest.param("MODELS", '{"m": {"effort": "low"}}', "none of its efforts", id="effort"),
        pytest.param("MODELS", '{"m": {"apply_patch": "yes, please"}}', "m.apply_patch", id="no yes or no"),
        pytest.param("MODELS", '{"m": {"provider": "p"}}', "Providers does not list: p", id="unknown provider"),
        pytest.param("PROVIDERS", '{"p": {"base_url": "ftp://x"}}', "used: p.base_url", id="address"),
        pytest.param("PROVIDERS", '{"P": {}}', "Providers cannot be used", id="name"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, fault: str
) -> None:
    with deployed(monkeypatch, **{variable: text}) as stack:
        answer = stack.request("GET", "/models")
        assert (answer.status, answer.json["code"]) == (503, "not_configured")
        assert fault in answer.json["detail"]


def test_a_chat_that_speaks_only_completions_does_a_whole_run(runs: Runs) -> None:
    script = [WRITES, calls(call("write_file", path="a.md", content="# B"), text="Better."), finishes("done")]
    server = runs.further(script)
    provider = {"openai": {"base_url": server.base_url, "api": "chat_completions"}}
    other, stack = runs.of(OPENAI_MODEL="m", PROVIDERS=json.dumps(provider))
    run = stack.run(stack.finish("Write.", model="m"))
    assert run["status"] == "succeeded"
    assert stack.request("GET", f"/runs/{run['id']}/workspace/files/a.md").text == "# B"
    assert (run["usage"]["input_tokens"], run["usage"]["cached_tokens"]) == (300, 120)
    assert (server.faults, other.requests) == ([], [])
    # Each request is the one before, and what is new.
    sent = [json.dumps(request.body["messages"]) for request in server.requests]
    assert all(after.startswith(before[:-1]) for before, after in itertools.pairwise(sent))
