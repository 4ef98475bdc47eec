"""Tools that the provider runs: who may choose them, what is sent, and what people see of what came back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.app import token
from swarm.aws import clients
from tests.provider.script import (
    Reply,
    asks_server,
    call,
    calls,
    cites,
    error,
    finishes,
    outputs,
    says,
    searches,
)
from tests.provider.server import Received, ScriptedProvider
from tests.support.driving import dying_at_each_call
from tests.support.moments import Moment, When
from tests.support.provider_runs import Runs
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed
from tests.support.story import flaws, records_of, story_of_work

SERVER = {"server_url": "https://tickets.example.com/mcp", "description": "Our tickets", "allowed_tools": ["search"]}
TOOLS = json.dumps({"web_search": {"price": 0.01}, "tickets": SERVER})
PRICED = json.dumps({"test-model": {"input": 1, "output": 1}})
TOKEN = "tok-5e1f9"
PAGE = ("https://pumps.example.org/2026", "Heat pumps in 2026")
FOUND = cites("Sales doubled in 2026 ", PAGE)
INSTRUCTIONS = "How do heat pumps sell?"
SEARCHED = calls(searches("heat pump sales", "Wärmepumpen Absatz"), FOUND, call("write_file", path="a.md", content="x"))


def with_token(runs: Runs, *script: Reply, **environment: str) -> tuple[ScriptedProvider, Stack]:
    provider, stack = runs.of(*script, HOSTED_TOOLS=TOOLS, SECRET_PREFIX="swarm", **environment)
    clients.secrets().create_secret(Name="swarm/hosted-tools/tickets", SecretString=f"{TOKEN}\n")
    token.cache_clear()
    return provider, stack


def refused(stack: Stack, **body: object) -> tuple[int, str, str]:
    answer = stack.request("POST", "/projects/p1/runs", {"instructions": INSTRUCTIONS, **body})
    return answer.status, answer.json["code"], answer.json["detail"]


def steps(stack: Stack, run_id: str) -> list[Any]:
    return [each for each in stack.request("GET", f"/runs/{run_id}/steps").json if each["role"] != "user"]


def test_a_search_is_a_step_and_what_is_cited_a_source_of_the_run(runs: Runs) -> None:
    provider, stack = runs.of(SEARCHED, finishes("Sales doubled."), HOSTED_TOOLS=TOOLS, MODELS=PRICED)
    run = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))
    assert (run["status"], run["errors"], provider.faults) == ("succeeded", [], [])
    assert all({"type": "web_search"} in request.body["tools"] for request in provider.requests)
    searched, said, wrote, _ = steps(stack, run["id"])
    assert (searched["tool_name"], searched["outcome_ok"]) == ("web_search", True)
    assert searched["content"] == "searched the web for heat pump sales; Wärmepumpen Absatz"
    assert json.loads(searched["tool_args_json"])["queries"] == ["heat pump sales", "Wärmepumpen Absatz"]
    assert (said["role"], wrote["tool_name"]) == ("assistant", "write_file")
    [source] = run["sources"]
    words = "Sales doubled in 2026 "
    assert source == {
        "url": PAGE[0],
        "title": PAGE[1],
        "turn": 1,
        "start": len(words),
        "end": len(words) + len(PAGE[0]) + 2,
        "words": words.strip(),
        "cited": 1,
    }
    assert run["machine_summary"]["sources"] == [source]
    usage = run["usage"]
    assert (usage["hosted_tool_calls"], usage["tool_calls"]) == (1, 2)
    assert usage["cost_usd"] == pytest.approx(240 / 1_000_000 + 0.01)
    # Each search is paid for like tokens: in the report, and of the budget.
    [row] = stack.request("GET", "/usage?group_by=day").json["report"]["rows"]
    assert row["cost_usd"] == pytest.approx(usage["cost_usd"])
    assert stack.request("GET", "/budget").json["spent_today_usd"] == pytest.approx(usage["cost_usd"])
    # What the provider gave is carried as it came.
    carried = provider.requests[1].body["input"]
    assert [item for item in carried if item["type"] == "web_search_call"] == [
        {"id": "item_1_1", **searches("heat pump sales", "Wärmepumpen Absatz")}
    ]
    assert "written by strangers" in run["system_instructions"]
    assert run["hosted_tools"] == ["web_search"]


def test_a_run_that_names_none_has_none(runs: Runs) -> None:
    provider, stack = runs.of(finishes("Done."), HOSTED_TOOLS=TOOLS)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert {tool["type"] for tool in provider.requests[0].body["tools"]} == {"function"}
    assert (run["hosted_tools"], run["sources"]) == ([], [])
    assert "strangers" not in run["system_instructions"].partition("Besides")[2]


def test_a_server_is_called_with_its_token_which_is_nowhere_else(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    asked = asks_server("tickets", "search", f"3 open bugs; you came with {TOKEN}", query="bugs")
    failed = asks_server("tickets", "search", None, {"type": "http_error", "code": 500}, query="more")
    broke = error(400, None, f"The server does not take {TOKEN}")
    provider, stack = with_token(runs, calls(asked, failed, call("list_files", prefix=None)), broke)
    run = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["tickets"]))
    assert (run["status"], provider.faults) == ("failed", [])
    assert [tool for tool in provider.requests[0].body["tools"] if tool["type"] == "mcp"] == [
        {
            "type": "mcp",
            "server_label": "tickets",
            "server_url": SERVER["server_url"],
            "server_description": "Our tickets",
            "allowed_tools": ["search"],
            "require_approval": "never",
            "authorization": TOKEN,
        }
    ]
    well, badly, _ = steps(stack, run["id"])
    assert (well["tool_name"], well["outcome_ok"]) == ("tickets.search", True)
    assert json.loads(well["tool_args_json"]) == {"query": "bugs"}
    assert well["content"] == "3 open bugs; you came with [key]"
    assert (badly["outcome_ok"], "http_error" in badly["content"]) == (False, True)
    stored = [
        clients.s3().get_object(Bucket="bucket", Key=each["Key"])["Body"].read()
        for each in clients.s3().list_objects_v2(Bucket="bucket")["Contents"]
    ]
    seen = [json.dumps(run), caplog.text, *(each.decode(errors="replace") for each in stored)]
    assert not any(TOKEN in text for text in seen)
    assert "[key]" in run["errors"][0]["message"]


def test_a_server_whose_token_is_missing_fails_the_run_and_names_the_secret(runs: Runs) -> None:
    _, stack = runs.of(HOSTED_TOOLS=TOOLS, SECRET_PREFIX="swarm")
    token.cache_clear()
    [told] = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["tickets"]))["errors"]
    assert told["error_type"] == "provider_authentication"
    assert "swarm/hosted-tools/tickets" in told["message"]


def test_a_server_without_a_place_for_its_token_is_not_configured(runs: Runs) -> None:
    _, stack = runs.of(HOSTED_TOOLS=TOOLS)
    stack.project()
    status, code, detail = refused(stack, hosted_tools=["tickets"])
    assert (status, code) == (503, "not_configured")
    assert "SecretPrefix" in detail


def test_what_is_not_allowed_is_refused_with_what_is(runs: Runs) -> None:
    models = json.dumps({"test-model": {}, "chat": {"provider": "rack"}, "plain": {"hosted_tools": ["web_search"]}})
    providers = json.dumps({"rack": {"base_url": "http://127.0.0.1:9/v1", "api": "chat_completions", "api_key": False}})
    _, stack = with_token(runs, MODELS=models, PROVIDERS=providers)
    stack.project()
    code = "hosted_tool_not_allowed"
    unknown = refused(stack, hosted_tools=["web_search", "code_interpreter"])
    assert unknown[:2] == (400, code)
    assert "the operator does not have it; use web_search, tickets" in unknown[2]
    assert refused(stack, hosted_tools=["tickets"], model="plain")[2].endswith("use web_search")
    assert "chat completions; leave it out" in refused(stack, hosted_tools=["web_search"], model="chat")[2]
    assert refused(stack, hosted_tools=["a tool"])[1] == "invalid_request"
    own = [{"name": "web_search", "description": "Ours.", "parameters": {"type": "object"}}]
    assert "'web_search' is taken" in refused(stack, hosted_tools=["web_search"], tools=own)[2]
    listed = {each["name"]: each["hosted_tools"] for each in stack.request("GET", "/models").json["models"]}
    assert listed == {"test-model": ["web_search", "tickets"], "chat": [], "plain": ["web_search"]}
    assert stack.request("GET", "/runs").json == []


def test_where_the_operator_has_none_there_is_none(runs: Runs) -> None:
    _, stack = runs.of()
    stack.project()
    assert "there is none" in refused(stack, hosted_tools=["web_search"])[2]


def test_a_project_forbids_them_and_allows_them_again(runs: Runs) -> None:
    _, stack = with_token(runs, *[finishes("Done.")] * 3)
    stack.project()
    changed = stack.request("PATCH", "/projects/p1", {"hosted_tools": ["tickets"]}).json
    assert changed["hosted_tools"] == ["tickets"]
    assert "project p1 forbids it; use tickets" in refused(stack, hosted_tools=["web_search"])[2]
    assert stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["tickets"]))["status"] == "succeeded"
    stack.request("PATCH", "/projects/p1", {"hosted_tools": []})
    assert "there is none" in refused(stack, hosted_tools=["tickets"])[2]
    assert stack.request("PATCH", "/projects/p1", {"hosted_tools": ["x"]}).json["code"] == "hosted_tool_not_allowed"
    stack.request("PUT", "/projects/p1", {"name": "still none"})
    assert stack.request("GET", "/projects/p1").json["hosted_tools"] == []
    stack.request("PATCH", "/projects/p1", {"hosted_tools": None})
    assert stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))["status"] == "succeeded"


def test_an_operator_forbids_them_to_a_tenant_and_to_no_other(runs: Runs) -> None:
    _, stack = runs.of(finishes("Done."), HOSTED_TOOLS="web_search")
    stack.project()
    operator = {"tenant_id": "operators", "may": "operator"}

    def let(tools: list[str] | None) -> Answer:
        return stack.request("PATCH", "/tenants/tenant-a", {"hosted_tools": tools}, authorizer=operator)

    assert let([]).json["hosted_tools"] == []
    assert "forbidden here" in refused(stack, hosted_tools=["web_search"])[2]
    other = stack.finish(INSTRUCTIONS, "p2", tenant="tenant-b", hosted_tools=["web_search"])
    assert stack.run(other, tenant="tenant-b")["status"] == "succeeded"
    assert (let(["web_serch"]).status, let(["web_serch"]).json["code"]) == (400, "hosted_tool_not_allowed")
    assert "forbidden here" in refused(stack, hosted_tools=["web_search"])[2]
    assert let(["web_search"]).json["hosted_tools"] == ["web_search"]
    assert stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))["hosted_tools"] == ["web_search"]
    assert let(None).json["hosted_tools"] is None


def test_what_goes_on_from_a_run_has_its_tools_unless_they_were_forbidden_since(runs: Runs) -> None:
    provider, stack = runs.of(*[finishes("Done.")] * 3, HOSTED_TOOLS="web_search")
    first = stack.finish(INSTRUCTIONS, hosted_tools=["web_search"])

    def said(text: str) -> Any:
        answer = stack.request("POST", f"/runs/{first}/messages", {"text": text}).json
        stack.drive(answer["id"])
        return answer

    assert said("More.")["hosted_tools"] == ["web_search"]
    stack.request("PATCH", "/projects/p1", {"hosted_tools": []})
    assert said("Still more.")["hosted_tools"] == []
    has_search = [{"type": "web_search"} in request.body["tools"] for request in provider.requests]
    assert has_search == [True, True, False]


def test_a_provider_that_does_not_take_its_calls_back_is_asked_once_more_without_them(runs: Runs) -> None:
    def answer(received: Received) -> Reply:
        if not any("output" in item for item in received.body["input"]):
            return SEARCHED
        carried = [item["id"] for item in received.body["input"] if item["type"] == "web_search_call"]
        return error(404, None, f"Item with id '{carried[0]}' not found.") if carried else finishes("Done.")

    provider, stack = runs.asking(answer, HOSTED_TOOLS="web_search")
    run = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))
    assert (run["status"], len(provider.requests), len(run["sources"])) == ("succeeded", 3, 1)


def test_only_addresses_of_the_web_become_sources_and_those_left_out_are_counted(runs: Runs) -> None:
    bad = cites("", ("javascript:alert(1)", "x"), ("https://x.example/" + "a" * 2_000, "long"))
    many = cites("", *((f"https://pages.example/{number}", "") for number in range(103)), PAGE, PAGE)
    again = cites("As said ", ("https://pages.example/0", ""))
    _, stack = runs.of(calls(bad, many, call("list_files", prefix=None)), outputs(again), HOSTED_TOOLS="web_search")
    run = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))
    assert len(run["sources"]) == 100
    assert run["sources_left_out"] == 2 + 3 + 2
    assert (run["sources"][0]["url"], run["sources"][0]["cited"]) == ("https://pages.example/0", 2)
    assert "javascript" not in json.dumps(run["sources"])
    assert stack.request("GET", "/runs").json[0]["sources"] == []


def test_long_sources_do_not_fill_the_run(runs: Runs) -> None:
    pages = [(f"https://pages.example/{number}/{'a' * 900}", "م" * 200) for number in range(100)]
    _, stack = runs.of(outputs(cites("", *pages)), HOSTED_TOOLS="web_search")
    run = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))
    assert 30 < len(run["sources"]) < 60
    assert len(run["sources"]) + run["sources_left_out"] == 100


def test_whoever_judges_the_work_looks_at_its_files_alone(runs: Runs) -> None:
    judged = calls(call("judge", findings=[{"criterion": 1, "met": True, "evidence": "a.md says so"}]))
    provider, stack = runs.of(finishes("Done."), judged, HOSTED_TOOLS="web_search")
    criteria = {"criteria": ["It names its sources."]}
    run = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"], acceptance=criteria))
    assert (run["status"], provider.faults) == ("succeeded", [])
    assert [{"type": "web_search"} in request.body["tools"] for request in provider.requests] == [True, False]


def test_an_answer_that_only_searched_is_asked_for_again(runs: Runs) -> None:
    provider, stack = runs.of(outputs(searches("x")), says("Nothing found."), HOSTED_TOOLS="web_search")
    run = stack.run(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))
    assert (run["closing_words"], len(provider.requests)) == ("Nothing found.", 2)


def test_a_conversation_with_searches_goes_on_over_chat_completions(runs: Runs) -> None:
    second = runs.further([says("Indeed.")], "no-key-is-wanted")
    rack = {"rack": {"base_url": second.base_url, "api": "chat_completions", "api_key": False}}
    _, stack = runs.of(
        SEARCHED,
        finishes("Done."),
        MODELS=json.dumps({"one": {}, "two": {"provider": "rack"}}),
        PROVIDERS=json.dumps(rack),
        HOSTED_TOOLS="web_search",
    )
    begun = stack.finish(INSTRUCTIONS, hosted_tools=["web_search"])
    run = stack.run(stack.finish("Sure?", model="two", from_run_id=begun, keep_conversation=True))
    assert (run["closing_words"], second.faults) == ("Indeed.", [])


def test_offline_a_sentence_looks_things_up_and_says_that_it_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch, HOSTED_TOOLS=TOOLS) as stack:
        text = 'Search the web for "heat pumps". Ask the server tickets for "open bugs". Touch a.md'
        run = stack.run(stack.finish(text, hosted_tools=["web_search", "tickets"]))
        assert run["status"] == "succeeded"
        assert [each["tool_name"] for each in steps(stack, run["id"]) if each["role"] == "tool"][:3] == [
            "web_search",
            "tickets.search",
            "write_file",
        ]
        [source] = run["sources"]
        assert source["url"] == "https://offline.example/heat-pumps"
        assert source["title"].startswith("Offline")
        assert "no page was read" in source["words"]
        assert (run["usage"]["hosted_tool_calls"], run["usage"]["cost_usd"]) == (2, None)
        without = stack.run(stack.finish(text))
        assert "has not chosen web_search in hosted_tools" in without["closing_words"]
        assert without["sources"] == []
        alone = stack.run(stack.finish('Search the web for "heat pumps"', hosted_tools=["web_search"]))
        assert (alone["status"], len(alone["sources"])) == ("succeeded", 1)
        assert refused(stack, hosted_tools=["code_interpreter"])[1] == "hosted_tool_not_allowed"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("web_serch", "web_serch has to be web_search, or a server", id="misspelt"),
        pytest.param('{"web_search": {"server_url": "https://x.example"}}', "has to be", id="search with an address"),
        pytest.param('{"tickets": {"server_url": "ftp://x"}}', "tickets.server_url", id="address"),
        pytest.param('{"web_search": {"prize": 1}}', "web_search.prize", id="field"),
        pytest.param("{", "HostedTools cannot be used", id="no JSON"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(monkeypatch: pytest.MonkeyPatch, text: str, fault: str) -> None:
    with deployed(monkeypatch, HOSTED_TOOLS=text) as stack:
        answer = stack.request("GET", "/models")
        assert (answer.status, answer.json["code"]) == (503, "not_configured")
        assert fault in answer.json["detail"]


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"], ids=["before the call", "with its answer lost"])
def test_a_run_that_searched_and_died_at_any_call_shows_each_step_and_source_once(runs: Runs, when: When) -> None:
    def answer(received: Received) -> Reply:
        return finishes("Done.") if any("output" in item for item in received.body["input"]) else SEARCHED

    provider, stack = runs.asking(answer, HOSTED_TOOLS="web_search")
    records = records_of(stack)

    def told(run_id: str) -> dict[str, Any]:
        run = stack.run(run_id)
        more = {"sources": run["sources"], "searches": run["usage"]["hosted_tool_calls"]}
        return {**story_of_work(records, run_id), **more}

    expected = told(stack.finish(INSTRUCTIONS, hosted_tools=["web_search"]))
    assert (len(expected["sources"]), expected["searches"]) == (1, 1)

    def check(run_id: str, moment: Moment) -> None:
        assert flaws(records, run_id) == [], moment.calls
        assert told(run_id) == expected, moment.calls

    assert dying_at_each_call(lambda: stack.start(INSTRUCTIONS, hosted_tools=["web_search"]), check, when) > 10
    assert provider.faults == []
