"""Each kind of document in a run: found by a search of the agent and of people, with its place, its change readable.

The table of docs/conversions.md is what is tried here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunStatus, SearchRead
from infra.local.cloud import LocalCloud
from swarm.workspace.document_texts import DOCUMENTS
from tests.e2e.readable import KINDS, UNREAD, documents
from tests.support.paths import ROOT

TABLE = re.compile(
    r"^\| kind \| found by search \| place shown \| diff readable \|\n\|[-|]+\|\n((?:\|.*\n)+)", re.MULTILINE
)


@dataclass
class Seen:
    """What was seen of the run that changed one document of each kind."""

    told: str
    found: SearchRead
    by_text: list[str]
    patch: str
    page: str


@pytest.fixture(scope="module")
def cloud_client(clouds: object) -> Iterator[CodexSwarmClient]:
    cloud: LocalCloud = clouds.real()  # type: ignore[attr-defined]
    with CodexSwarmClient(cloud.url) as client:
        yield client


@pytest.fixture(scope="module")
def seen(cloud_client: CodexSwarmClient) -> Seen:
    client, project = cloud_client, "readable"
    files = {f"docs/{name}": data for name, data in documents(40).items()}
    files |= {f"new/{name}": data for name, data in documents(60).items()}
    upload = client.upload_files(project, files)
    run = client.start_run(project, 'search for "40 euros". run `cp new/* docs/`', uploads=[upload])
    run = client.wait(run.id, 240, poll=0.2)
    assert (run.status, run.errors) == (RunStatus.SUCCEEDED, [])
    [searched] = [step for step in client.get_steps(run.id) if step.tool_name == "search_files"]
    assert client.read_texts(run.id).read == []
    return Seen(
        told=searched.content,
        found=client.search_run(run.id, "60 euros"),
        by_text=client.get_diff(run.id).by_text,
        patch=client.get_patch(run.id),
        page=client.get_diff_page(run.id),
    )


@pytest.mark.proof
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", KINDS)
def test_the_agent_finds_it_and_is_told_where_it_stands(seen: Seen, kind: str) -> None:
    path, place = f"docs/a.{kind}", KINDS[kind].place
    named = f"{path}:{place.removeprefix('line ')}: " if place.startswith("line ") else f"{path}, {place}: "
    assert [line for line in seen.told.splitlines() if line.startswith(named) and "40 euros" in line], seen.told


@pytest.mark.proof
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", KINDS)
def test_people_find_it_and_are_told_where_it_stands(seen: Seen, kind: str) -> None:
    places = [hit.place for hit in seen.found.hits if hit.path == f"docs/a.{kind}"]
    assert places == [KINDS[kind].people or KINDS[kind].place]


@pytest.mark.proof
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", KINDS)
def test_what_changed_in_it_can_be_read(seen: Seen, kind: str) -> None:
    path, by_text = f"docs/a.{kind}", KINDS[kind].by_text
    assert (path in seen.by_text) is by_text
    changes = next(
        part for part in re.split(r"^(?=diff --git |Binary files )", seen.patch, flags=re.MULTILINE) if path in part
    )
    mark = "# " if by_text else ""
    [old] = re.findall(rf"^{mark}-(.*40 euros.*)$", changes, re.MULTILINE)
    [new] = re.findall(rf"^{mark}\+(.*60 euros.*)$", changes, re.MULTILINE)
    assert old.replace("40", "60") == new
    if by_text:
        assert f"{KINDS[kind].place}\n" in changes
        assert not re.search(r"[<{\\]", new), "it has marks that no reader sees"
    shown = seen.page.partition(f'<h2 dir="auto">{path}</h2>')[2].partition("<h2")[0]
    assert "<del>40</del><ins>60</ins>" in shown


@pytest.mark.proof
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", UNREAD)
def test_what_cannot_be_read_is_named(seen: Seen, kind: str) -> None:
    path = f"docs/a.{kind}"
    assert path in seen.told.partition("[searched")[2]
    [named] = [each for each in seen.found.not_searched if each.path == path]
    assert "ask for" in named.reason
    assert f"Binary files a/{path} and b/{path} differ" in seen.patch


def test_the_table_of_the_documentation_is_what_is_tried() -> None:
    page = (ROOT / "docs" / "conversions.md").read_text(encoding="utf-8")
    found = TABLE.search(page)
    assert found
    rows = {
        kind: (searched, diff)
        for line in found[1].splitlines()
        for kinds, searched, _, diff in [[cell.strip() for cell in line.strip("|").split("|")]]
        for kind in kinds.split(", ")
    }
    assert set(rows) == {*KINDS, *UNREAD}
    for kind, known in KINDS.items():
        assert rows[kind][0].startswith("yes")
        assert rows[kind][1].startswith("by its text" if known.by_text else "as it is")
    assert all(rows[kind][0].startswith("no") for kind in UNREAD)
    # Whatever has a text of its own kind is in the table.
    assert {suffix.removeprefix(".") for suffix in DOCUMENTS} <= set(rows)
