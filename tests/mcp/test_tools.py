"""Tools and resources: small answers, long things by address, and errors that say what to do."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from tests.client import bodies
from tests.client.fake_api import Answer, FakeApi, Received, refused, told
from tests.mcp.conftest import Ask
from tests.support.paths import ROOT

RUN = bodies.run()


def call(ask: Ask, tool: str, **arguments: Any) -> Any:
    """The result of one call."""

    async def questions(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    return ask(questions)


def test_tools_say_what_they_do_to_the_world(ask: Ask) -> None:
    async def questions(client: Client) -> Any:
        return (await client.list_tools()).tools, (await client.list_resource_templates()).resource_templates

    tools, templates = ask(questions)
    hints = {tool.name: (tool.annotations.read_only_hint, tool.annotations.destructive_hint) for tool in tools}
    assert hints == {
        "start_run": (False, False),
        "convert_document": (False, False),
        "start_batch": (False, False),
        "get_batch": (True, None),
        "cancel_batch": (False, True),
        "retry_batch": (False, False),
        "wait_run": (True, None),
        "get_run": (True, None),
        "list_runs": (True, None),
        "get_thread": (True, None),
        "list_models": (True, None),
        "list_skills": (True, None),
        "put_skill": (False, False),
        "delete_skill": (False, True),
        "list_schedules": (True, None),
        "put_schedule": (False, False),
        "pause_schedule": (False, False),
        "resume_schedule": (False, False),
        "delete_schedule": (False, True),
        "get_usage": (True, None),
        "get_budget": (True, None),
        "put_budget": (False, False),
        "list_files": (True, None),
        "search_files": (True, None),
        "read_file": (True, None),
        "get_diff": (True, None),
        "upload_file": (False, False),
        "send_message": (False, False),
        "withdraw_message": (False, True),
        "decide": (False, False),
        "cancel_run": (False, True),
    }
    assert all(tool.description and tool.output_schema for tool in tools)
    page = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
    rows = [row.partition("|")[0] for row in re.findall(r"(?m)^\| (`.*)", page.partition("## Resources")[0])]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == hints.keys()
    assert {template.uri_template for template in templates} == {
        "codex-swarm://runs/{run_id}",
        "codex-swarm://runs/{run_id}/files/{+path}",
        "codex-swarm://runs/{run_id}/diff",
    }


def test_what_is_said_to_a_run_is_read_or_begins_another(ask: Ask, api: FakeApi) -> None:
    message = {"id": "m-1", "run_id": "run-1", "mode": "steer", "state": "waiting", "text": "shorter"}
    waiting = told({**message, "created_at": "2026-01-01T00:00:00Z"}, 202)
    api.on("POST", "/runs/run-1/messages", waiting, told(bodies.run(id="run-2", status="queued", progress=0), 201))
    api.on("GET", "/runs/run-1", told(bodies.running(30)))
    answers = [call(ask, "send_message", run_id="run-1", text="shorter").structured_content for _ in range(2)]
    seen = [(each["run_id"], each["state"], each["message_id"]) for each in answers]
    assert seen == [("run-1", "running", "m-1"), ("run-2", "queued", None)]


def test_a_message_is_taken_back_until_it_is_read(ask: Ask, api: FakeApi) -> None:
    taken = told({"detail": "message m-1 was read; say it in another", "code": "message_already_read"}, 409)
    api.on("DELETE", "/runs/run-1/messages/m-1", Answer(204, b""), taken)
    first, second = (call(ask, "withdraw_message", run_id="run-1", message_id="m-1") for _ in range(2))
    assert first.structured_content == {"run_id": "run-1", "message_id": "m-1"}
    assert second.is_error
    assert "say it in another" in second.content[0].text


def test_many_items_are_one_call_and_their_report_another(ask: Ask, api: FakeApi) -> None:
    api.on("POST", "/projects/assistant/batches", told(bodies.batch(), 201))
    begun = call(ask, "start_batch", instructions="touch {{name}}", items=[{"name": "a"}, {"name": "b"}])
    assert (begun.structured_content["batch_id"], begun.structured_content["poll_after_ms"]) == ("batch-1", 10_000)
    sent = json.loads(api.received[-1].body)
    assert (sent["template"], sent["items"]) == ({"instructions": "touch {{name}}"}, [{"name": "a"}, {"name": "b"}])
    ended = bodies.batch(status="failed", running=0, succeeded=1, failed=1, ended_at="2025-01-13T10:00:00Z")
    api.on("GET", "/batches/batch-1", told(ended))
    api.on("GET", "/batches/batch-1/report?format=markdown", Answer(200, b"# Letters\n"))
    looked = call(ask, "get_batch", batch_id="batch-1").structured_content
    assert (looked["state"], looked["done"], looked["failed"], looked["poll_after_ms"]) == ("failed", 2, 1, None)
    assert (looked["report"], looked["is_whole"]) == ("# Letters\n", True)
    api.on("POST", "/batches/batch-1/retry", told(bodies.batch(round=1)))
    assert call(ask, "retry_batch", batch_id="batch-1").structured_content["state"] == "running"


def test_tools_of_the_assistant_and_approvals_go_with_a_run(ask: Ask, api: FakeApi) -> None:
    api.on("POST", "/projects/assistant/runs", told(RUN, 201))
    tool = {"name": "look_up", "description": "Looks a term up.", "parameters": {"type": "object", "properties": {}}}
    check = {"check": "contains_file", "path": "*.md"}
    criteria = ["The budget is named.", check]
    call(ask, "start_run", instructions="x", tools=[tool], require_approval=["finish"], criteria=criteria)
    sent = json.loads(api.received[-1].body)
    assert (sent["tools"], sent["require_approval"]) == ([tool], ["finish"])
    assert sent["acceptance"]["criteria"] == criteria
    wrong = call(ask, "start_run", instructions="x", tools=[{"name": "look_up", "purpose": "y"}])
    assert wrong.is_error


def test_skills_are_listed_and_kept(ask: Ask, api: FakeApi) -> None:
    skill = {
        "name": "letters",
        "description": "Use for letters.",
        "version": "a" * 64,
        "scope": "project",
        "bytes": 5,
        "changed_at": "2026-01-13T10:00:00Z",
    }
    api.on("GET", "/projects/assistant/skills", refused(404, "project_not_found"))
    api.on("GET", "/skills", told([{**skill, "scope": "tenant"}]))
    assert call(ask, "list_skills").structured_content["skills"][0]["scope"] == "tenant"
    api.on("GET", "/projects/assistant", refused(404, "project_not_found"))
    api.on(
        "PUT",
        "/projects/assistant",
        told({"id": "assistant", "name": "x", "task_type": "code", "created_at": "2026-01-13T10:00:00Z"}),
    )
    api.on("PUT", "/projects/assistant/skills/letters", told(skill))
    kept = call(ask, "put_skill", name="letters", files={"SKILL.md": "---\nname: letters\n---\n"})
    assert kept.structured_content["name"] == "letters"
    api.on("DELETE", "/projects/assistant/skills/letters", Answer(204, b""))
    assert call(ask, "delete_skill", name="letters").structured_content == {"name": "letters", "deleted": True}


def test_schedules_are_listed_kept_and_paused(ask: Ask, api: FakeApi) -> None:
    path = "/projects/assistant/schedules"
    api.on("GET", path, told([bodies.schedule()]))
    [listed] = call(ask, "list_schedules").structured_content["schedules"]
    assert (listed["times"], listed["next_times"]) == (
        "0 9 * * MON Europe/Berlin",
        ["2026-01-19T08:00:00+00:00"],
    )
    project = {"id": "assistant", "name": "x", "task_type": "code", "created_at": "2026-01-13T10:00:00Z"}
    api.on("GET", "/projects/assistant", told(project))
    api.on("PUT", f"{path}/monday", told(bodies.schedule(cron=None, rate="1 day")))
    kept = call(ask, "put_schedule", name="monday", instructions="write", rate="1 day")
    assert kept.structured_content["times"] == "every 1 day"
    assert json.loads(api.received[-1].body)["run"] == {"instructions": "write"}
    api.on("POST", f"{path}/monday/pause", told(bodies.schedule(status="paused", next_times=[])))
    assert call(ask, "pause_schedule", name="monday").structured_content["status"] == "paused"
    api.on("POST", f"{path}/monday/resume", told(bodies.schedule()))
    assert call(ask, "resume_schedule", name="monday").structured_content["status"] == "active"
    api.on("DELETE", f"{path}/monday", Answer(204, b""))
    assert call(ask, "delete_schedule", name="monday").structured_content == {"name": "monday", "deleted": True}


def test_what_runs_cost_and_may_cost_is_seen_and_set(ask: Ask, api: FakeApi) -> None:
    rows = [bodies.usage_group(day=f"2026-01-{day:02}") for day in range(1, 32)] * 4
    total = bodies.usage_group(runs=124)
    report = {"first_day": "2026-01-01", "last_day": "2026-01-31", "group_by": ["day"], "rows": rows, "total": total}
    path = "/usage?group_by=day&group_by=model&from=2026-01-01&to=2026-01-31"
    api.on("GET", path, told(bodies.tenant_usage(report=report)))
    seen = call(ask, "get_usage", start="2026-01-01", end="2026-01-31", group_by=["day", "model"]).structured_content
    assert (len(seen["rows"]), seen["is_whole"], seen["total"]["runs"]) == (100, False, 124)

    known = bodies.budget(daily_usd=3.0, monthly_usd=50.0, callback_url="https://example.com/hook")
    api.on("GET", "/projects/letters/budget", told(known))
    api.on("PUT", "/projects/letters/budget", told(known))
    looked = call(ask, "get_budget", project_id="letters").structured_content
    assert (looked["daily_usd"], looked["spent_today_usd"]) == (3.0, 1.5)
    call(ask, "put_budget", project_id="letters", daily_usd="none")
    sent = json.loads(api.received[-1].body)
    assert sent == {"daily_usd": None, "monthly_usd": 50.0, "callback_url": "https://example.com/hook"}


def test_words_are_looked_for_and_documents_read_for_it(ask: Ask, api: FakeApi) -> None:
    unread = {"run_id": "run-1", "path": "a.docx", "reason": "it has not been read yet", "unread": True}
    hit = {"run_id": "run-1", "path": "a.docx", "place": "clause 4.2", "snippet": "The fee is 10", "start": 0, "end": 3}
    page = {"query": "the fee", "searched": 1, "total_files": 1}
    first = told({**page, "hits": [], "not_searched": [unread], "not_searched_total": 1})
    api.on("GET", "/runs/run-1/workspace/search?q=the+fee&limit=100", first, told({**page, "hits": [hit]}))
    api.on("POST", "/runs/run-1/workspace/texts", told({"run_id": "run-1", "read": ["a.docx"]}))
    found = call(ask, "search_files", words="the fee", run_id="run-1").structured_content
    assert [(each["path"], each["place"], each["line"]) for each in found["hits"]] == [
        ("a.docx", "clause 4.2", "The fee is 10")
    ]
    assert found["not_searched"] == []
    api.on("GET", "/projects/other/search?q=the+fee&limit=100", first)
    found = call(ask, "search_files", words="the fee", project_id="other").structured_content
    assert found["not_searched"] == ["a.docx: it has not been read yet"]


def test_a_document_is_converted_without_an_agent(ask: Ask, api: FakeApi) -> None:
    api.on("POST", "/projects/assistant/conversions", told(bodies.run(status="queued", progress=0), 201))
    state = call(ask, "convert_document", source="a.md", target="a.pdf", files={"a.md": "# A\n"}).structured_content
    assert (state["run_id"], state["state"]) == ("run-1", "queued")
    asked = api.received[-1].json()
    assert asked == {"source": "a.md", "target": "a.pdf", "files": [{"path": "a.md", "content": "# A\n"}]}


def test_what_a_run_asks_is_passed_on_and_decided(ask: Ask, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", told(bodies.running(40, waiting_for=bodies.request())))
    asked = call(ask, "wait_run", run_id="run-1").structured_content
    assert asked["poll_after_ms"] is None
    assert "Which budget? (1,000, 2,000)" in asked["next"]
    api.on("POST", "/runs/run-1/decisions/q-1", told(bodies.running(40)))
    decided = call(ask, "decide", run_id="run-1", decision="answer", text="1,000").structured_content
    assert decided["poll_after_ms"] is not None


def test_a_run_is_started_and_waited_for_with_its_progress(ask: Ask, api: FakeApi) -> None:
    api.on("POST", "/projects/assistant/runs", told(bodies.run(status="queued", progress=0), 201))
    api.on("GET", "/runs/run-1", told(bodies.running(30)), told(RUN))
    seen: list[tuple[float, str | None]] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, message))

    async def questions(client: Client) -> Any:
        started = await client.call_tool(
            "start_run", {"instructions": "Go", "files": {"a.md": "x"}, "hosted_tools": ["web_search"]}
        )
        waited = await client.call_tool("wait_run", {"run_id": "run-1", "seconds": 10}, progress_callback=heard)
        return started.structured_content, waited.structured_content

    started, waited = ask(questions)
    assert (started["state"], started["poll_after_ms"]) == ("queued", 5_000)
    assert (waited["state"], waited["progress"], waited["poll_after_ms"]) == ("succeeded", 100, None)
    assert seen == [(30, "running"), (100, "succeeded")]
    assert api.received[0].json()["files"] == [{"path": "a.md", "content": "x"}]
    assert api.received[0].json()["hosted_tools"] == ["web_search"]


def test_when_it_goes_on_it_says_when_to_ask_again(ask: Ask, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", told(bodies.running(30)))
    answer = call(ask, "wait_run", run_id="run-1", seconds=0).structured_content
    assert (answer["state"], answer["poll_after_ms"]) == ("running", 2_000)
    assert call(ask, "wait_run", run_id="run-1", seconds=51).is_error


def test_a_failed_run_tells_its_problems_with_what_to_do(ask: Ask, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", told(bodies.failed()))
    (problem,) = call(ask, "get_run", run_id="run-1").structured_content["problems"]
    assert (problem["error_type"], problem["suggestion"]) == ("timeout", "Start the run again.")


def test_runs_and_files_come_in_pages(ask: Ask, api: FakeApi) -> None:
    api.on("GET", "/runs?status=failed&view=brief&limit=1", told([RUN], X_Next_Cursor="c-1"))
    api.on("GET", "/runs/run-1/workspace/files?limit=100", told(bodies.listing("a b.md", total=300, next_cursor="c-2")))
    runs = call(ask, "list_runs", state="failed", limit=1).structured_content
    assert ([run["run_id"] for run in runs["runs"]], runs["next_cursor"]) == (["run-1"], "c-1")
    api.on("GET", "/runs?waiting=true&parent_run_id=run-0&view=brief&limit=20", told([RUN]))
    parts = call(ask, "list_runs", waiting=True, parent_run_id="run-0").structured_content
    assert ([run["run_id"] for run in parts["runs"]], parts["next_cursor"]) == (["run-1"], None)
    api.on("GET", "/threads/thread-1", told([RUN]))
    assert call(ask, "get_thread", thread_id="thread-1").structured_content["runs"] == runs["runs"]
    files = call(ask, "list_files", run_id="run-1").structured_content
    assert (files["total_files"], files["next_cursor"]) == (300, "c-2")
    assert files["files"][0]["resource"] == "codex-swarm://runs/run-1/files/a%20b.md"


def test_a_long_file_comes_in_parts_and_whole_as_a_resource(ask: Ask, api: FakeApi) -> None:
    text = "".join(f"line {number}: \u0645\u0631\u062d\u0628\u0627\n" for number in range(3_000)) + "\x1b[2J"
    api.on("GET", "/runs/run-1/workspace/file?path=a+b.md", Answer(200, text.encode()))

    async def questions(client: Client) -> Any:
        parts: list[str] = []
        offset: int | None = 0
        result: Any = None
        while offset is not None:
            result = await client.call_tool("read_file", {"run_id": "run-1", "path": "a b.md", "offset": offset})
            parts.append(result.structured_content["text"])
            offset = result.structured_content["next_offset"]
        link = next(block for block in result.content if block.type == "resource_link")
        return parts, (await client.read_resource(link.uri)).contents

    parts, (whole,) = ask(questions)
    assert max(map(len, parts)) <= 20_010
    assert "".join(parts) == text.replace("\x1b", "\\x1b")
    assert whole.text == text


def test_what_is_no_text_is_a_resource(ask: Ask, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1/workspace/file?path=a.pdf", Answer(200, b"%PDF\x00\xff"))

    async def questions(client: Client) -> Any:
        told = await client.call_tool("read_file", {"run_id": "run-1", "path": "a.pdf"})
        read = await client.read_resource(told.structured_content["resource"])
        return told.structured_content, read.contents[0]

    answer, resource = ask(questions)
    assert (answer["is_text"], answer["text"], answer["size_bytes"]) == (False, "", 6)
    assert base64.b64decode(resource.blob) == b"%PDF\x00\xff"


def test_a_difference_is_summed_up_and_is_whole_as_a_resource(ask: Ask, api: FakeApi) -> None:
    summary = {"files": [{"path": "a.md", "status": "M"}], "shortstat": "1 file changed"}
    api.on("GET", "/runs/run-1/diff", told({"artifact_id": "art-1", "summary": summary, "total_files": 1}))
    api.on("GET", "/runs/run-1/diff?format=patch", Answer(200, b"+x\n" * 10_000))
    api.on("GET", "/runs/run-2/diff", refused(404, "no_changes"))
    answer = call(ask, "get_diff", run_id="run-1").structured_content
    assert (answer["files"], answer["is_whole"], len(answer["patch"])) == (["M a.md"], False, 20_000)
    assert call(ask, "get_diff", run_id="run-2").structured_content["summary"] == "nothing changed"


def test_files_are_uploaded_from_texts_bytes_and_the_open_folder_only(ask: Ask, api: FakeApi, tmp_path: Path) -> None:
    def opened(request: Received) -> Answer:
        headers = {"Content-Length": str(request.json()["files"][0]["size"])}
        target = {"path": "x", "url": f"{api.url}/put", "headers": headers, "expires_at": "2030-01-01T00:00:00Z"}
        return told({"upload_id": "up-1", "files": [target]}, 201)

    api.on("POST", "/projects/assistant/uploads", opened)
    api.on("PUT", "/put", Answer(200))
    (tmp_path / "open" / "a.txt").write_text("inside")
    (tmp_path / "secret.txt").write_text("outside")
    (tmp_path / "open" / "link.txt").symlink_to(tmp_path / "secret.txt")
    for given in ({"text": "x"}, {"content_base64": "AAE="}, {"local_file": "a.txt"}):
        assert call(ask, "upload_file", path="x", **given).structured_content["upload_id"] == "up-1"
    sizes = [request.json()["files"][0]["size"] for request in api.received if request.method == "POST"]
    assert sizes == [1, 2, 6]
    for wrong in (
        {},
        {"text": "x", "local_file": "a.txt"},
        {"content_base64": "?"},
        {"local_file": "../secret.txt"},
        {"local_file": "link.txt"},
        {"local_file": "/etc/hostname"},
    ):
        assert call(ask, "upload_file", path="x", **wrong).is_error
    assert len([request for request in api.received if request.method == "POST"]) == 3


PROBLEMS = {
    "unknown": (refused(404, "run_not_found", "no run run-1"), "no run run-1 [run_not_found]. Look for the right id"),
    "schedule": (refused(404, "schedule_not_found"), "[schedule_not_found]. Look for the right name: list_schedules"),
    "key": (refused(401, "unauthenticated"), "Tell the user"),
    "busy": (refused(429, "too_many_active_runs"), "Wait some seconds"),
    "away": (refused(503, "unavailable"), "Wait some seconds"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_refusal_says_what_to_do_instead(problem: str, ask: Ask, api: FakeApi) -> None:
    answer, says = PROBLEMS[problem]
    api.on("GET", "/runs/run-1", answer)
    result = call(ask, "get_run", run_id="run-1")
    assert result.is_error
    assert says in result.content[0].text
    assert "key-1" not in result.content[0].text


def test_a_resource_that_is_not_there_is_said_to_be_missing(ask: Ask, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", refused(404, "run_not_found", "no run run-1"))

    async def questions(client: Client) -> Any:
        with pytest.raises(MCPError) as caught:
            await client.read_resource("codex-swarm://runs/run-1")
        return caught.value

    assert "no run run-1" in str(ask(questions))


def test_a_run_is_cancelled(ask: Ask, api: FakeApi) -> None:
    api.on("POST", "/runs/run-1/cancel", told({"status": "cancelled"}))
    assert call(ask, "cancel_run", run_id="run-1").structured_content == {"run_id": "run-1", "state": "cancelled"}
    assert json.loads(call(ask, "cancel_run", run_id="run-1").content[0].text)["state"] == "cancelled"
