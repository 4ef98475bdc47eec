"""Every command asks the service what it should, and prints it: as plain text, and as JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.main import get_command

from codex_swarm.cli.app import app
from tests.cli.conftest import Cli
from tests.client import bodies
from tests.client.fake_api import Answer, FakeApi, refused, told

RUN = bodies.run(name="Hello\x1b[31m\tworld")
FILE = {"path": "hello.md", "size_bytes": 8, "type": "markdown"}
LISTING = {"run_id": "run-1", "total_files": 1, "files": [FILE]}
PROJECT = {"id": "demo", "name": "Demo", "task_type": "code", "created_at": "2025-01-13T10:00:00Z"}
PATTERN = {
    "id": "pat-1",
    "source_run_id": "run-1",
    "name": "Hello",
    "summary": "write it",
    "steps": [{"instruction": "x"}],
}
SKILL = {
    "name": "letters",
    "description": "Use for letters.",
    "version": "a" * 64,
    "scope": "project",
    "files": [{"path": "SKILL.md", "size": 5}],
    "bytes": 5,
    "changed_at": "2026-01-13T10:00:00Z",
}
MODEL = {
    "name": "m-1",
    "provider": "openai",
    "context": 400_000,
    "efforts": ["low", "high"],
    "default": True,
    "default_for": ["code"],
    "hosted_tools": ["web_search"],
}
BATCH = bodies.batch(name="Letters")
SCHEDULE = bodies.schedule()
SECRET = {"secret": "whsec_1", "created_at": "2025-01-13T10:00:00Z"}
DELIVERY = {
    "id": "msg_1",
    "run_id": "run-1",
    "project_id": "demo",
    "type": "run.succeeded",
    "url": "https://example.com",
    "status": "dead",
    "attempts": 9,
    "created_at": "2025-01-13T10:00:00Z",
}
USED = {
    "runs": 1,
    "model_calls": 2,
    "unpriced_calls": 0,
    "input_tokens": 1_000,
    "cached_tokens": 0,
    "output_tokens": 20,
    "reasoning_tokens": 0,
    "tool_calls": 1,
    "seconds": 1.5,
    "cost_usd": 0.25,
}
QUOTA = {"used": 0, "limit": 1}
USAGE = {
    **dict.fromkeys(("stored_bytes", "active_runs", "queued_runs", "uploads", "archives", "previews"), QUOTA),
    **dict.fromkeys(("diffs", "watchers"), QUOTA),
    "report": {
        "first_day": "2026-11-01",
        "last_day": "2026-11-27",
        "group_by": ["day", "metadata.who"],
        "rows": [{**USED, "day": "2026-11-02", "metadata": {"who": "me"}}],
        "total": USED,
    },
}
BUDGET = bodies.budget()
TENANT = {
    "id": "acme",
    **dict.fromkeys(("max_active", "max_queued", "max_stored_bytes", "max_requests_per_second", "max_watchers"), 5),
    **dict.fromkeys(("max_uploads", "max_archives", "max_previews", "max_diffs", "retention_days"), 5),
    "own": ["max_active"],
    "active_runs": 1,
    "queued_runs": 0,
    "stored_bytes": 1_000,
    "hold": "case 7",
}
ERASED = {
    "tenant_id": "acme",
    "done": True,
    "began_at": "2026-11-01T10:00:00Z",
    "at": "2026-11-01T10:05:00Z",
    "stores": [{"store": "objects", "deleted": 1_234, "note": "every version"}],
}
KEY = {
    "id": "0123456789abcdef",
    "name": "ci",
    "prefix": "csk_0123456789abcdef",
    "scopes": ["read", "run"],
    "projects": ["ci-"],
    "created_at": "2025-01-13T10:00:00Z",
}
MADE = {**KEY, "key": "csk_0123456789abcdef_secret"}
SAID = {
    "id": "m-1",
    "run_id": "run-1",
    "mode": "followup",
    "state": "waiting",
    "text": "shorter",
    "created_at": "2025-01-13T10:00:00Z",
}
EVENTS = {
    "events": [{"id": "1-0", "type": "status", "status": "running", "run_id": "run-1", "project_id": "demo"}],
    "next_after": "1-0",
    "ended": True,
}
DIFF = {"artifact_id": "art-1", "summary": {"files": [{"path": "hello.md", "status": "A"}], "shortstat": "1 file"}}
DIFF_OF_CONVERSION = {
    "artifact_id": "art-1",
    "summary": {"files": [{"path": "a_media/1.png", "status": "A"}, {"path": "a.pdf", "status": "A"}], "shortstat": ""},
}
SEARCH = {
    "query": "fee",
    "hits": [{"run_id": "run-1", "path": "c.docx", "place": "clause 4.2", "snippet": "a fee", "start": 2, "end": 5}],
    "searched": 1,
    "total_files": 2,
}
GONE = Answer(204)


class Call(NamedTuple):
    """A command, the requests that it makes with their answers, and what it prints when piped."""

    words: str
    answers: dict[str, Answer]
    printed: str
    as_json: bool = True


CALLS = [
    Call("run Go -p demo", {"POST /projects/demo/runs": told(RUN, 201)}, "run-1\n"),
    Call("message run-1 shorter --followup", {"POST /runs/run-1/messages": told(SAID, 202)}, "said to run-1: m-1\n"),
    Call("message run-1 shorter", {"POST /runs/run-1/messages": told(bodies.run(id="run-2"), 201)}, "run-2\n"),
    Call(
        "decide run-1 answer 3,000 --request-id q-1 --by Maria",
        {"POST /runs/run-1/decisions/q-1": told(bodies.run())},
        "answer: run-1\n",
    ),
    Call("withdraw run-1 m-1", {"DELETE /runs/run-1/messages/m-1": GONE}, "withdrawn m-1\n"),
    Call(
        "convert a.md a.pdf --run run-1 -p demo --toc",
        {
            "POST /projects/demo/conversions": told(bodies.run(id="run-2"), 201),
            "GET /runs/run-2": told(bodies.run(id="run-2", closing_words="Converted.")),
            "GET /runs/run-2/diff": told(DIFF_OF_CONVERSION),
            "GET /runs/run-2/workspace/file?path=a.pdf": Answer(200, b"%PDF"),
            "GET /runs/run-2/workspace/file?path=a_media%2F1.png": Answer(200, b"PNG"),
        },
        "a.pdf\na_media/1.png\n",
    ),
    Call("resume run-1", {"POST /runs/run-1/resume": told(RUN, 201)}, "run-1\n"),
    Call("cancel run-1", {"POST /runs/run-1/cancel": told({"status": "cancelled"})}, "cancelled run-1\n"),
    Call("offline", {}, "delete a.txt\tremoves it\n"),
    Call("templates", {}, "security\tcode\tLook for weaknesses\n"),
    Call(
        "runs -p demo -s failed -m a=b",
        {"GET /runs?project_id=demo&status=failed&view=brief&metadata=a%3Db&limit=20": told([RUN])},
        "run-1\tsucceeded\t100 %\t",
    ),
    Call(
        "show run-1",
        {"GET /runs/run-1": told(RUN), "GET /runs/run-1/workspace/files?limit=10": told(LISTING)},
        "main output  hello.md\n",
    ),
    Call("events run-1", {"GET /runs/run-1/events": told(EVENTS)}, "status         running\n"),
    Call("files run-1", {"GET /runs/run-1/workspace/files": told(LISTING)}, "hello.md\t8\tmarkdown\n"),
    Call(
        "get run-1 hello.md", {"GET /runs/run-1/workspace/file?path=hello.md": Answer(200, b"# Hello\n")}, "hello.md\n"
    ),
    Call(
        "get run-1",
        {
            "GET /runs/run-1/workspace/files": told(LISTING),
            "GET /runs/run-1/workspace/file?path=hello.md": Answer(200, b"# Hello\n"),
        },
        "run-1/hello.md\n",
    ),
    Call(
        "get run-1 hello.md --to -",
        {"GET /runs/run-1/workspace/file?path=hello.md": Answer(200, b"# Hello\n")},
        "# Hello\n",
        as_json=False,
    ),
    Call("diff run-1", {"GET /runs/run-1/diff?format=patch": Answer(200, b"+# Hello\n")}, "+# Hello\n", as_json=False),
    Call("diff run-1 --html", {"GET /runs/run-1/diff?format=html": Answer(200, b"<p>")}, "<p>", as_json=False),
    Call("diff run-1 --stat", {"GET /runs/run-1/diff": told(DIFF)}, "A\thello.md\n"),
    Call(
        "search fee --run run-1",
        {"GET /runs/run-1/workspace/search?q=fee&limit=200": told(SEARCH)},
        "c.docx\tclause 4.2\ta fee\n",
    ),
    Call(
        "search fee -p demo --read",
        {
            "GET /projects/demo/search?q=fee&limit=200": told(
                {**SEARCH, "not_searched": [{"run_id": "run-1", "path": "d.docx", "reason": "x", "unread": True}]}
            ),
            "POST /runs/run-1/workspace/texts": told({"run_id": "run-1", "read": ["d.docx"]}),
        },
        "run-1\tc.docx\tclause 4.2\ta fee\n",
    ),
    Call(
        "artifacts run-1",
        {"GET /runs/run-1/artifacts": told([bodies.artifact()])},
        "art-1\tmarkdown\t8\thello.md\n",
    ),
    Call(
        "artifacts run-1 --get art-1",
        {"GET /runs/run-1/artifacts/art-1/download": Answer(200, b"{}")},
        "{}",
        as_json=False,
    ),
    Call("archive run-1", {"GET /runs/run-1/workspace/archive": Answer(200, b"PK")}, "run-1.zip\n"),
    Call("ui run-1", {}, "/ui/runs/run-1\n"),
    Call("stats -p demo", {"GET /runs?project_id=demo&view=brief": told([RUN])}, "by status\tsucceeded\t1\n"),
    Call(
        "usage --from 2026-11-01 --by day --by metadata.who -p demo",
        {"GET /usage?group_by=day&group_by=metadata.who&from=2026-11-01&project_id=demo": told(USAGE)},
        "2026-11-02\tme\t1\t2\t1,020\t$0.2500\n",
    ),
    Call(
        "usage --csv", {"GET /usage?group_by=day&format=csv": Answer(200, b"day\r\n")}, "\ufeffday\r\n", as_json=False
    ),
    Call("budget", {"GET /budget": told(BUDGET)}, "day\t$1.5000\t$10.0000\t\t2026-11-28"),
    Call("budget show -p demo", {"GET /projects/demo/budget": told(BUDGET)}, "month\t$4.0000\t\t\t2026-12-01"),
    Call(
        "budget set --daily 10 --monthly none",
        {"GET /budget": told(BUDGET), "PUT /budget": told(BUDGET)},
        "day\t$1.5000\t$10.0000\t",
    ),
    Call("tenants", {"GET /tenants": told([TENANT])}, "acme\t1\t0\t1.0 kB\tmax_active\ton hold\n"),
    Call("tenants list", {"GET /tenants": told([])}, ""),
    Call("tenants show acme", {"GET /tenants/acme": told(TENANT)}, "hold                     case 7\n"),
    Call(
        "tenants set acme max_active=5 models=a,b hosted_tools=",
        {"PATCH /tenants/acme": told({**TENANT, "hosted_tools": []})},
        "hosted_tools             none\n",
    ),
    Call(
        "tenants export acme", {"GET /tenants/acme/export": told({"records": [{}]})}, "acme.zip: 1 records, 0 objects\n"
    ),
    Call("tenants erase acme --yes", {"POST /tenants/acme/erase": told(ERASED)}, "objects\t1,234\t0\tevery version\n"),
    Call("doctor", {"GET /healthz": told({"status": "ok"}), "GET /projects?limit=1": told([])}, "ok    access"),
    Call(
        "models", {"GET /models": told({"models": [MODEL]})}, "m-1\tlow, high\t400,000\tweb_search\tcode, all others\n"
    ),
    Call("projects", {"GET /projects": told([PROJECT])}, "demo\tcode\t"),
    Call("projects show demo", {"GET /projects/demo": told(PROJECT)}, "name           Demo\n"),
    Call("projects set demo", {"PUT /projects/demo": told(PROJECT, 201)}, "demo\n"),
    Call("projects delete demo --yes", {"DELETE /projects/demo": told({"id": "demo"}, 202)}, "deleted demo\n"),
    Call("patterns -p demo", {"GET /projects/demo/patterns": told([PATTERN])}, "run-1\t1 steps\twrite it\n"),
    Call("patterns show run-1", {"GET /patterns/run-1": told(PATTERN)}, "  1. x\n"),
    Call("patterns delete run-1", {"DELETE /patterns/run-1": GONE}, "forgotten: the pattern of run-1\n"),
    Call("skills -p demo", {"GET /projects/demo/skills": told([SKILL])}, "letters\tproject\t"),
    Call("skills --all-projects", {"GET /skills": told([SKILL])}, "letters\tproject\t"),
    Call("skills show letters -p demo", {"GET /projects/demo/skills/letters": told(SKILL)}, "SKILL.md\t5\n"),
    Call("skills set skill --name letters --all-projects", {"PUT /skills/letters": told(SKILL)}, "letters version"),
    Call("skills delete letters -p demo", {"DELETE /projects/demo/skills/letters": GONE}, "deleted letters\n"),
    Call(
        "schedules -p demo",
        {"GET /projects/demo/schedules": told([SCHEDULE])},
        "monday\tactive\t0 9 * * MON Europe/Berlin\t",
    ),
    Call("schedules show monday -p demo", {"GET /projects/demo/schedules/monday": told(SCHEDULE)}, "last run\trun-1\n"),
    Call(
        "schedules put monday write --cron '0 9 * * MON' --timezone Europe/Berlin -p demo",
        {"PUT /projects/demo/schedules/monday": told(SCHEDULE)},
        "monday active, next 2026-",
    ),
    Call(
        "schedules pause monday -p demo",
        {"POST /projects/demo/schedules/monday/pause": told(SCHEDULE)},
        "paused monday\n",
    ),
    Call(
        "schedules resume monday -p demo",
        {"POST /projects/demo/schedules/monday/resume": told(SCHEDULE)},
        "resumed monday, next 2026-",
    ),
    Call("schedules delete monday -p demo", {"DELETE /projects/demo/schedules/monday": GONE}, "deleted monday\n"),
    Call("batches", {"GET /batches?limit=20": told([BATCH])}, "batch-1\trunning\t0 of 2\t"),
    Call("batches show batch-1", {"GET /batches/batch-1": told(BATCH)}, "Letters  running\nrunning\t2\n"),
    Call(
        "batches report batch-1 --to report.csv",
        {"GET /batches/batch-1/report?format=csv": Answer(200, b"item\r\n")},
        "saved report.csv\n",
        as_json=False,
    ),
    Call(
        "batches report batch-1 --format markdown",
        {"GET /batches/batch-1/report?format=markdown": Answer(200, b"# A\n")},
        "# A\n",
        as_json=False,
    ),
    Call("runs --batch batch-1", {"GET /runs?batch_id=batch-1&view=brief&limit=20": told([RUN])}, "run-1\t"),
    Call("batches cancel batch-1", {"POST /batches/batch-1/cancel": told(BATCH)}, "cancelled batch-1: 0 of 2\n"),
    Call("batches delete batch-1 --yes", {"DELETE /batches/batch-1": GONE}, "deleted batch-1\n"),
    Call("batches retry batch-1", {"POST /batches/batch-1/retry": told(BATCH)}, "batch-1: 2 items are tried again\n"),
    Call(
        "webhooks --status dead",
        {"GET /webhooks/deliveries?status=dead": told([DELIVERY])},
        "msg_1\tdead\t9\t",
    ),
    Call("keys", {"GET /keys": told([KEY])}, "0123456789abcdef\tci\tread run\tci-\tnever\tgood\n"),
    Call("keys list", {"GET /keys": told([{**KEY, "revoked_at": "2025-01-14T10:00:00Z"}])}, "\trevoked 2025-01-1"),
    Call("keys create ci --scope read --expires 90d", {"POST /keys": told(MADE, 201)}, "csk_0123456789abcdef_secret\n"),
    Call("keys show ci", {"GET /keys": told([KEY]), f"GET /keys/{KEY['id']}": told(KEY)}, "projects   ci-\n"),
    Call(
        "keys rotate csk_0123456789abcdef --overlap 0m",
        {f"POST /keys/{KEY['id']}/rotate": told(MADE, 201)},
        "csk_0123456789abcdef_secret\n",
    ),
    Call("keys revoke csk_0123456789abcdef_leaked", {f"POST /keys/{KEY['id']}/revoke": told(KEY)}, "ci is revoked\n"),
    Call("webhooks secret", {"GET /webhooks/secret": told(SECRET)}, "whsec_1\n"),
    Call("webhooks rotate", {"POST /webhooks/secret/rotate": told(SECRET)}, "whsec_1\n"),
    Call(
        "webhooks ping -p demo",
        {"POST /projects/demo/webhook/ping": told({**DELIVERY, "status": "delivered"}, 202)},
        "msg_1 delivered\n",
    ),
    Call(
        "webhooks redeliver msg_1",
        {"POST /webhooks/deliveries/msg_1/redeliver": told(DELIVERY)},
        "msg_1 dead\n",
    ),
]

ELSEWHERE = {
    "batches start",
    "watch",
    "cleanup",
    "mcp",
    "migrate",
    "profiles",
    "profiles add",
    "profiles use",
    "profiles remove",
}
"""Commands that other tests of this folder run."""


def serve(api: FakeApi, answers: dict[str, Answer]) -> None:
    for request, answer in answers.items():
        method, _, target = request.partition(" ")
        api.on(method, target, answer)


@pytest.mark.parametrize("call", CALLS, ids=[call.words for call in CALLS])
def test_a_command_asks_the_service_and_prints_what_it_answers(call: Call, here: Cli, api: FakeApi) -> None:
    serve(api, call.answers)
    done = here(*shlex.split(call.words))
    assert (done.code, done.err) == (0, done.err)
    assert call.printed in done.out
    assert "\x1b" not in done.out + done.err
    assert set(call.answers) <= set(api.asked())


@pytest.mark.parametrize("call", [call for call in CALLS if call.as_json], ids=lambda call: call.words)
def test_with_json_it_prints_json_and_nothing_else(call: Call, here: Cli, api: FakeApi) -> None:
    serve(api, call.answers)
    done = here(*shlex.split(call.words), "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) is not None


@pytest.fixture(autouse=True)
def skill_folder(cli: Cli) -> None:
    """What `skills set` takes, in the folder where the commands run."""
    del cli
    Path("skill").mkdir()
    Path("skill/SKILL.md").write_text("---\n")


def names(command: Any, above: str = "") -> Iterator[str]:
    for name, each in getattr(command, "commands", {}).items():
        yield f"{above}{name}"
        yield from names(each, f"{above}{name} ")


def test_no_command_is_left_out() -> None:
    every = set(names(get_command(app)))
    run = {name for name in every for call in CALLS if call.words == name or call.words.startswith(f"{name} ")}
    assert every - run == ELSEWHERE


@pytest.mark.parametrize("name", ["", "run", "cleanup", "profiles", "profiles add", "keys create"])
def test_its_help_fits_into_80_columns(name: str, cli: Cli) -> None:
    done = cli(*name.split(), "--help")
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert "--json" in done.out


def test_a_run_for_each_row_of_a_table(here: Cli, api: FakeApi) -> None:
    Path("items.csv").write_text("name\nada\n")
    target = {"path": "items.csv", "url": f"{api.url}/put", "headers": {}, "expires_at": "2030-01-01T00:00:00Z"}
    api.on("POST", "/projects/demo/uploads", told({"upload_id": "up-1", "files": [target]}, 201))
    api.on("PUT", "/put", Answer(200))
    api.on("POST", "/projects/demo/batches", told(BATCH, 201))
    api.on("GET", "/batches/batch-1", told({**BATCH, "running": 0, "succeeded": 2, "ended_at": BATCH["created_at"]}))
    words = ("batches", "start", "touch {{name}}.md", "--csv", "items.csv", "-p", "demo", "--task-type", "code")
    assert here(*words).out == "batch-1\n"
    sent = json.loads(api.received[-1].body)
    template = {"instructions": "touch {{name}}.md", "task_type": "code"}
    assert sent == {"template": template, "csv_upload": "up-1", "name": ""}
    assert here(*words, "--wait").out == "Letters  running\nsucceeded\t2\n"
    assert here("batches", "start", "x", "--csv", "none.csv").code == 2


def test_a_run_is_given_tools_of_ones_own(here: Cli, api: FakeApi) -> None:
    tool = {"name": "look_up", "description": "Looks a term up.", "parameters": {"type": "object", "properties": {}}}
    Path("tools.json").write_text(json.dumps([tool]))
    api.on("POST", "/projects/demo/runs", told(RUN, 201))
    assert here("run", "Go", "-p", "demo", "--tools", "tools.json").out == "run-1\n"
    assert json.loads(api.received[-1].body)["tools"] == [tool]
    Path("tools.json").write_text('["look_up"]')
    assert here("run", "Go", "-p", "demo", "--tools", "tools.json").code == 2


def test_options_of_all_commands_stand_before_the_name_too(here: Cli, api: FakeApi) -> None:
    api.on("GET", "/projects", told([PROJECT]))
    assert here("--json", "projects").out == here("projects", "--json").out


def test_a_run_gets_everything_that_it_was_given(here: Cli, api: FakeApi) -> None:
    Path("notes.md").write_text("# Notes\n")
    Path("src/deep").mkdir(parents=True)
    Path("src/deep/a.py").write_text("print()\n")
    Path("src/.git").mkdir()
    Path("src/.git/config").write_text("")
    Path("src/out").symlink_to("/etc/hostname")
    target: dict[str, Any] = {"path": "src/deep/a.py", "url": f"{api.url}/put", "expires_at": "2030-01-01T00:00:00Z"}
    target["headers"] = {"Content-Length": "8"}
    api.on("POST", "/projects/demo/uploads", told({"upload_id": "up-1", "files": [target]}, 201))
    api.on("PUT", "/put", Answer(200))
    api.on("POST", "/projects/demo/runs", told(RUN, 201))
    words = ["run", "and nothing else", "--template", "security", "-p", "demo", "--reference-run-id", "r-0"]
    words += ["--from-run-id", "r-1", "--file", "notes.md", "--upload", "src", "-m", "who=me", "--max-turns", "3"]
    words += ["--hosted-tool", "web_search", "--hosted-tool", "tickets"]
    done = here(*words, "--idempotency-key", "k-1")
    assert (done.code, done.out) == (0, "run-1\n")
    opened, sent, started = api.received
    assert [file["path"] for file in opened.json()["files"]] == ["src/deep/a.py"]
    assert sent.body == b"print()\n"
    assert started.headers["Idempotency-Key"] == "k-1"
    body = started.json()
    assert body.pop("instructions").endswith("worst first.\n\nand nothing else")
    assert body == {
        "project_id": "demo",
        "task_type": "code",
        "reference_run_id": "r-0",
        "from_run_id": "r-1",
        "uploads": ["up-1"],
        "files": [{"path": "notes.md", "content": "# Notes\n"}],
        "metadata": {"who": "me"},
        "limits": {"max_turns": 3},
        "hosted_tools": ["web_search", "tickets"],
    }


def test_criteria_come_as_words_and_from_a_file(here: Cli, api: FakeApi) -> None:
    api.otherwise = told(RUN, 201)
    Path("wanted.json").write_text('{"criteria": [{"check": "no_placeholder"}], "max_rounds": 4}')
    assert here("run", "x", "-p", "demo", "--criterion", "It is short.", "--acceptance", "wanted.json").code == 0
    assert api.received[-1].json()["acceptance"] == {
        "criteria": [{"check": "no_placeholder"}, "It is short."],
        "max_rounds": 4,
    }
    assert here("run", "x", "-p", "demo", "--criterion", "It is short.", "--max-rounds", "1").code == 0
    assert api.received[-1].json()["acceptance"] == {"criteria": ["It is short."], "max_rounds": 1}
    alone = here("run", "x", "-p", "demo", "--max-rounds", "1")
    assert (alone.code, "--criterion" in alone.err) == (2, True)
    assert len(api.received) == 2


def test_what_was_found_of_the_criteria_is_shown(here: Cli, api: FakeApi) -> None:
    criteria = [
        {"criterion": "It is short.", "met": False, "evidence": "9 pages", "round": 2},
        {"criterion": "Polite."},
    ]
    acceptance = {"accepted": False, "max_rounds": 2, "criteria": criteria}
    api.on("GET", "/runs/run-1", told({**RUN, "acceptance": acceptance}))
    api.on("GET", "/runs/run-1/workspace/files?limit=10", told(LISTING))
    shown = here("show", "run-1").out
    assert "accepted     no: It is short. (9 pages)\n             not judged yet: Polite.\n" in shown


def test_old_runs_are_listed_before_they_are_deleted_and_what_stays_is_named(here: Cli, api: FakeApi) -> None:
    api.otherwise = told([bodies.run(id="run-1"), bodies.run(id="run-2")])
    api.on("DELETE", "/runs/run-1", GONE)
    api.on("DELETE", "/runs/run-2", refused(409, "conflict", "somebody reads it"))
    tried = here("cleanup", "--older-than", "30d", "--dry-run")
    assert (tried.code, [line.split("\t")[0] for line in tried.out.splitlines()]) == (0, ["run-1", "run-2"])
    assert tried.err == "2 would be deleted\n"
    assert not [asked for asked in api.asked() if asked.startswith("DELETE")]
    assert here("cleanup", "--older-than", "30d").code == 2
    done = here("cleanup", "--older-than", "30d", "--yes", "--json")
    assert json.loads(done.out) == {
        "found": ["run-1", "run-2"],
        "deleted": ["run-1"],
        "refused": {"run-2": "somebody reads it"},
        "dry_run": False,
    }
    asked = [request.target for request in api.received if request.method == "GET"]
    assert all("created_before=" in target and "status=running" not in target for target in asked)
