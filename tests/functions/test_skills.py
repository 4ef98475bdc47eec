"""Skills of a project or of a tenant reach the runs that begin, as they are then; a run reads them and changes none."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swarm.agent.job_calls import merge_files
from swarm.aws import clients
from swarm.jobs.batch import JobOutcome
from swarm.records.backend import area_of
from swarm.retention.cleaning import clean
from swarm.runs.skills import MAX_BYTES, MAX_FILES, MAX_SKILLS
from swarm.workspace.manifests import load_snapshot
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import Workspace
from tests.provider.script import call, calls, finishes
from tests.support.driving import dying_at_each_call
from tests.support.moments import Died, Moment, When, at_call, die
from tests.support.provider_runs import Runs
from tests.support.stack import Answer, Stack
from tests.support.story import flaws, records_of, story

WRITE = "Create a file called spring.md with a haiku about spring"
SCRIPT = "scripts/sum.py"
WHEN = pytest.mark.parametrize("when", ["before", "after"], ids=["before the call", "with its answer lost"])


def skill(name: str = "monthly-report", words: str = "First the figures, then the reasons.") -> dict[str, str]:
    main = f"---\nname: {name}\ndescription: >-\n  Use for reports\n  of a month.\n---\n# How\n\n{words}\n"
    return {"SKILL.md": main, SCRIPT: "print(1 + 1)\n"}


def sent(files: dict[str, str]) -> list[dict[str, str]]:
    return [{"path": path, "content": content} for path, content in files.items()]


def put(stack: Stack, files: dict[str, str] | None = None, path: str = "/projects/p1/skills/monthly-report") -> Answer:
    return stack.request("PUT", path, {"files": sent(files or skill())})


@pytest.fixture
def kept(stack: Stack) -> dict[str, Any]:
    stack.project()
    answer = put(stack)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def results(stack: Stack, run_id: str) -> list[tuple[str, bool, str]]:
    """Tool, success and output of each call."""
    steps = stack.request("GET", f"/runs/{run_id}/steps").json
    return [(step["tool_name"], step["outcome_ok"], step["content"]) for step in steps if step["role"] == "tool"]


def test_a_run_is_told_what_skills_are_for_and_reads_the_rest(stack: Stack, kept: dict[str, Any]) -> None:
    run_id = stack.finish(f"use the skill monthly-report, then {WRITE}")
    run = stack.run(run_id)
    assert "\n- monthly-report: Use for reports of a month.\n" in run["system_instructions"]
    assert "First the figures" not in run["system_instructions"]
    assert run["skills"] == [{"name": "monthly-report", "version": kept["version"]}]
    tool, ok, text = results(stack, run_id)[0]
    assert (tool, ok) == ("read_skill", True)
    assert "First the figures, then the reasons." in text
    assert f".skills/monthly-report/{SCRIPT}" in text


def test_its_files_are_none_of_the_run(stack: Stack, kept: dict[str, Any]) -> None:
    run_id = stack.finish(WRITE)
    listed = stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"]
    assert [file["path"] for file in listed] == ["spring.md"]
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/.skills/monthly-report/SKILL.md").status == 404
    assert ".skills" not in stack.request("GET", f"/runs/{run_id}/diff").text


def test_a_run_keeps_what_it_began_with(stack: Stack, kept: dict[str, Any]) -> None:
    run_id = stack.start("use the skill monthly-report")
    stack.request("POST", f"/runs/{run_id}/cancel")
    first = stack.finish("use the skill monthly-report")
    assert put(stack, skill(words="First the reasons.")).json["version"] != kept["version"]
    second = stack.finish("use the skill monthly-report")
    assert stack.request("DELETE", "/projects/p1/skills/monthly-report").status == 204
    third = stack.finish("use the skill monthly-report")
    said = [results(stack, run)[0][2] if results(stack, run) else "" for run in (first, second)]
    assert ["First the figures" in said[0], "First the reasons" in said[1]] == [True, True]
    assert stack.run(third)["skills"] == []


def test_the_same_files_are_the_same_version_and_change_nothing(stack: Stack, kept: dict[str, Any]) -> None:
    assert put(stack).json == kept
    wrapped = {f"monthly-report/{path}": content for path, content in skill().items()}
    assert put(stack, wrapped).json == kept
    assert [file["path"] for file in kept["files"]] == ["SKILL.md", SCRIPT]
    assert kept["bytes"] == sum(len(content) for content in skill().values())


def test_a_skill_for_all_projects_reaches_each_and_gives_way_to_a_projects_own(stack: Stack) -> None:
    stack.project("p1")
    stack.project("p2")
    shared = put(stack, path="/skills/monthly-report").json
    own = put(stack, skill(words="Ours.")).json
    assert (shared["scope"], own["scope"]) == ("tenant", "project")
    used = [stack.run(stack.finish(WRITE, project))["skills"] for project in ("p1", "p2")]
    assert [[each["version"] for each in skills] for skills in used] == [[own["version"]], [shared["version"]]]
    listed = {project: stack.request("GET", f"/projects/{project}/skills").json for project in ("p1", "p2")}
    assert [listed[project][0]["scope"] for project in ("p1", "p2")] == ["project", "tenant"]
    assert [each["scope"] for each in stack.request("GET", "/skills").json] == ["tenant"]


def test_files_may_come_by_upload(stack: Stack) -> None:
    stack.project()
    picture = b"\x89PNG\0 a logo"
    body = {"files": [{"path": "logo.png", "size": len(picture)}]}
    upload = stack.request("POST", "/projects/p1/uploads", body).json
    missing = {"files": sent(skill()), "uploads": [upload["upload_id"]]}
    answer = stack.request("PUT", "/projects/p1/skills/monthly-report", missing)
    assert (answer.status, answer.json["code"]) == (400, "invalid_skill")
    key = upload["files"][0]["url"].split("?")[0].split("/bucket/")[-1].split("amazonaws.com/")[-1]
    clients.s3().put_object(Bucket="bucket", Key=key, Body=picture)
    answer = stack.request("PUT", "/projects/p1/skills/monthly-report", missing)
    assert (answer.status, [file["path"] for file in answer.json["files"]]) == (200, ["SKILL.md", "logo.png", SCRIPT])
    for_all = stack.request("PUT", "/skills/monthly-report", {**missing, "project_id": "p1"})
    assert (for_all.status, for_all.json["version"]) == (200, answer.json["version"])


REFUSED = [
    pytest.param("monthly-report", {}, "invalid_skill", id="nothing"),
    pytest.param("monthly-report", {"README.md": "x"}, "invalid_skill", id="no SKILL.md"),
    pytest.param("other", skill(), "invalid_skill", id="the name of another"),
    pytest.param("Monthly_Report", skill("Monthly_Report"), "invalid_skill", id="a name that is none"),
    pytest.param("a" * 65, skill("a" * 65), "invalid_skill", id="a long name"),
    pytest.param("a", {"SKILL.md": "# no front matter"}, "invalid_skill", id="no front matter"),
    pytest.param("a", {"SKILL.md": "---\nname: a\n---\n"}, "invalid_skill", id="no description"),
    pytest.param("a", {"SKILL.md": "---\nname: a\ndescription: [b]\n---\n"}, "invalid_skill", id="a list"),
    pytest.param("a", {"SKILL.md": f"---\nname: a\ndescription: {'b' * 1025}\n---\n"}, "invalid_skill", id="too long"),
    pytest.param("a", {"SKILL.md": "---\nname: [a\n---\n"}, "invalid_skill", id="broken YAML"),
    pytest.param("a", {"SKILL.md": f"---\n{'[' * 5_000}\n---\n"}, "invalid_skill", id="deep YAML"),
    pytest.param("a", {"SKILL.md": "---\n!!python/object:os.system x\n---\n"}, "invalid_skill", id="YAML with code"),
    pytest.param("a", {**skill("a"), "../b": "x"}, "invalid_path", id="a way out"),
    pytest.param("a", {**skill("a"), ".git/config": "x"}, "invalid_path", id="a repository"),
]


@pytest.mark.parametrize(("name", "files", "code"), REFUSED)
def test_what_is_no_skill_is_refused_and_nothing_is_kept(
    stack: Stack, name: str, files: dict[str, str], code: str
) -> None:
    stack.project()
    answer = stack.request("PUT", f"/projects/p1/skills/{name}", {"files": sent(files)})
    assert answer.json["code"] == code, answer.text
    assert answer.status == {"invalid_skill": 400, "invalid_path": 403}[code]
    assert stack.request("GET", "/projects/p1/skills").json == []
    assert stack.request("GET", "/projects/p1").json["has_skills"] is False


def test_there_is_a_most_of_everything(stack: Stack) -> None:
    stack.project()
    many = {"files": [{"path": f"{number}.txt", "size": 1} for number in range(MAX_FILES)]}
    large = {"files": [{"path": "large.bin", "size": MAX_BYTES}]}
    for body in (many, large):
        upload = stack.request("POST", "/projects/p1/uploads", body).json["upload_id"]
        answer = stack.request(
            "PUT", "/projects/p1/skills/monthly-report", {"files": sent(skill()), "uploads": [upload]}
        )
        assert (answer.status, answer.json["code"]) == (413, "too_large")
    for number in range(MAX_SKILLS):
        assert put(stack, skill(f"s{number}"), f"/projects/p1/skills/s{number}").status == 200
    answer = put(stack)
    assert (answer.status, answer.json["code"]) == (409, "too_many_skills")
    assert put(stack, skill("s0", "Changed."), "/projects/p1/skills/s0").status == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["/projects/p1/skills/monthly-report", "/skills/monthly-report"])
def test_another_tenant_finds_nothing(stack: Stack, kept: dict[str, Any], method: str, path: str) -> None:
    put(stack, path="/skills/monthly-report")
    stack.project("p1", tenant="tenant-b")
    answer = stack.request(method, path, tenant="tenant-b")
    assert (answer.status, answer.json["code"]) == (404, "skill_not_found")
    assert stack.run(stack.finish(WRITE, tenant="tenant-b"), tenant="tenant-b")["skills"] == []
    assert stack.request("GET", path).status == 200


def test_an_agent_changes_no_skill(runs: Runs) -> None:
    inside = ".skills/monthly-report/"
    asked = [
        call("write_file", path=f"{inside}SKILL.md", content="x", append=None),
        call("write_file", path=f"{inside}new.md", content="x", append=None),
        call("delete_file", path=f"{inside}{SCRIPT}"),
        call("read_file", path=f"{inside}{SCRIPT}", start_line=None, end_line=None),
        call("write_file", path=".skills/own.md", content="x", append=None),
    ]
    _, stack = runs.of(calls(*asked), finishes("done"))
    stack.project()
    put(stack)
    done = results(stack, stack.finish("change the skill"))
    assert [ok for _, ok, _ in done] == [False, False, False, True, True]
    assert all("belongs to a skill" in text for _, ok, text in done if not ok)
    assert "print(1 + 1)" in done[3][2]


def test_a_job_finds_the_files_and_what_it_leaves_there_is_not_kept(stack: Stack, kept: dict[str, Any]) -> None:

    run = stack.backend.runs.get("tenant-a", stack.finish(WRITE))
    provided = load_snapshot(stack.backend.objects, run.skill_files).files
    copy = Workspace(Snapshot(), stack.backend.objects, area_of(run.key), provided=provided)
    inside = f".skills/monthly-report/{SCRIPT}"
    assert inside in copy.with_provided(Snapshot()).files
    entry = FileEntry("0" * 64, 1, "python")
    refused = merge_files(copy, [JobOutcome((), {inside: entry, "out.py": entry}, deleted=(inside,))])
    assert (set(refused), copy.paths(), copy.has(inside)) == ({inside}, ["out.py"], True)


def test_what_nobody_can_use_any_more_goes_after_a_day(stack: Stack, kept: dict[str, Any]) -> None:
    put(stack, skill(words="Changed."))
    put(stack, path="/skills/monthly-report")
    put(stack, skill(words="Changed, too."), path="/skills/monthly-report")

    def packs() -> int:
        listed = clients.s3().list_object_versions(Bucket="bucket")
        return sum("/skills/" in version["Key"] for version in listed.get("Versions", []))

    for hours, left in ((1, 4), (25, 2)):
        clean(stack.backend, datetime.now(UTC) + timedelta(hours=hours), lambda: 600.0)
        assert packs() == left
    assert stack.run(stack.finish("use the skill monthly-report"))["status"] == "succeeded"


def test_a_deleted_project_takes_its_skills_along(stack: Stack, kept: dict[str, Any]) -> None:
    assert stack.request("DELETE", "/projects/p1").status == 202
    for path in ("/projects/p1/skills", "/projects/p1/skills/monthly-report"):
        assert stack.request("GET", path).json["code"] == "project_not_found"
    for hours in (1, 2, 3, 30):
        clean(stack.backend, datetime.now(UTC) + timedelta(hours=hours), lambda: 600.0)
    items = clients.dynamodb().scan(TableName="table")["Items"]
    assert [item["SK"]["S"] for item in items if item["SK"]["S"].startswith("SKILL#")] == []


def test_a_reference_document_may_be_a_skills(stack: Stack) -> None:
    stack.request("PUT", "/projects/p1", {"domain_config": {"reference_document": ".skills/a/letter.docx"}})
    style = stack.request("GET", "/projects/p1").json["house_style"]
    assert style["ignored"] == []


@pytest.mark.proof
@WHEN
def test_a_skill_whose_keeping_died_at_any_call_is_the_old_one_or_the_new_one(
    stack: Stack, kept: dict[str, Any], when: When
) -> None:
    versions, deaths = {kept["version"]}, 0
    while True:
        changed = skill(words=f"Version {deaths} {when}.")
        with at_call(deaths, die, when) as moment, suppress(Died):
            put(stack, changed)
        run = stack.run(stack.finish("use the skill monthly-report"))
        assert run["status"] == "succeeded", moment.calls
        found = stack.request("GET", "/projects/p1/skills/monthly-report").json["version"]
        assert run["skills"] == [{"name": "monthly-report", "version": found}]
        again = put(stack, changed).json["version"]
        assert found in {*versions, again}
        versions = {again}
        if not moment.happened:
            break
        deaths += 1
    assert deaths >= 4


@pytest.mark.proof
@WHEN
def test_a_run_with_skills_that_died_at_any_call_ends_as_if_it_had_not(
    stack: Stack, kept: dict[str, Any], when: When
) -> None:
    records = records_of(stack)
    expected = story(records, stack.finish("use the skill monthly-report"))

    def check(run_id: str, moment: Moment) -> None:
        assert flaws(records, run_id) == [], moment.calls
        assert story(records, run_id) == expected, moment.calls
        assert stack.run(run_id)["skills"] == [{"name": "monthly-report", "version": kept["version"]}]

    assert dying_at_each_call(lambda: stack.start("use the skill monthly-report"), check, when) > 10
