"""DraftPunk's main job through its own client: start, watch, read the summary, download the files."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead, RunStatus, StatusEvent, WorkspaceFile
from infra.local.cloud import LocalCloud
from swarm.aws.presigning import Credentials, Presigner

HELLO = "Create a simple markdown file called hello.md with a greeting"


@pytest.fixture
def run(client: CodexSwarmClient) -> RunRead:
    started = client.start_run("e2e", HELLO, "document_writing")
    return client.wait(started.run_id, 60, poll=0.05)


@pytest.fixture
def listed(client: CodexSwarmClient, run: RunRead) -> WorkspaceFile:
    [file] = client.list_files(run.run_id).files
    return file


def plain_get(url: str | None) -> tuple[int, bytes]:
    """What anybody gets who has the address and nothing else."""
    assert url is not None
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_it_succeeds_and_progress_only_rises(client: CodexSwarmClient) -> None:
    seen: list[int] = []
    started = client.start_run("e2e", f"{HELLO}. wait 2 seconds", "document_writing")
    run = client.wait(started.run_id, 60, poll=0.05, on_progress=lambda each: seen.append(each.progress))
    assert (run.status, run.progress, run.errors) == (RunStatus.SUCCEEDED, 100, [])
    assert seen == sorted(seen)
    assert seen[-1] == 100


def test_its_main_output_is_listed_and_downloads(client: CodexSwarmClient, run: RunRead, listed: WorkspaceFile) -> None:
    assert run.machine_summary is not None
    assert (run.machine_summary.goal, run.machine_summary.primary_artifact) == (HELLO, "hello.md")
    assert (listed.path, listed.type) == ("hello.md", "markdown")
    data = client.get_file(run.run_id, "hello.md")
    assert len(data) == listed.size_bytes
    assert b"hello" in data.lower()
    [artifact] = [each for each in client.get_artifacts(run.run_id) if each.kind == "markdown"]
    assert client.get_artifact(run.run_id, artifact.id) == data


def test_anybody_with_its_address_gets_the_same_bytes(
    client: CodexSwarmClient, run: RunRead, listed: WorkspaceFile
) -> None:
    assert plain_get(listed.url) == (200, client.get_file(run.run_id, "hello.md"))


TAMPERED: dict[str, Callable[[str], str]] = {
    "another object": lambda url: url.replace("/blobs/", "/blobs/0", 1),
    "another signature": lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
    "a longer life": lambda url: url.replace("X-Amz-Expires=900", "X-Amz-Expires=90000"),
    "another time": lambda url: url.replace("X-Amz-Date=20", "X-Amz-Date=21"),
    "another answer": lambda url: url.replace("inline", "attachment"),
    "no signature": lambda url: url.partition("?")[0],
}


def test_an_address_that_was_changed_opens_nothing(listed: WorkspaceFile, subtests: pytest.Subtests) -> None:
    assert listed.url is not None
    for what, change in TAMPERED.items():
        with subtests.test(what):
            changed = change(listed.url)
            assert changed != listed.url
            status, body = plain_get(changed)
            assert status == 403
            assert b"hello" not in body.lower()


def test_an_address_opens_for_a_quarter_of_an_hour(cloud: LocalCloud, listed: WorkspaceFile) -> None:
    assert listed.expires_at is not None
    assert timedelta(minutes=14) < listed.expires_at - datetime.now(UTC) <= timedelta(minutes=15)
    # As the API signs, but some minutes ago: waiting would take too long.
    own = cloud.functions["ApiFunction"].environment
    key = urlsplit(str(listed.url)).path.removeprefix(f"/{cloud.bucket_name}/")
    for minutes, status in ((14, 200), (16, 403)):
        signer = Presigner(
            Credentials(own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"], own["AWS_SESSION_TOKEN"]),
            own["AWS_REGION"],
            cloud.endpoint_url,
            cloud.bucket_name,
            datetime.now(UTC) - timedelta(minutes=minutes),
            timedelta(minutes=15),
        )
        assert plain_get(signer.get(key))[0] == status


def test_its_events_tell_the_whole_story_once(client: CodexSwarmClient, run: RunRead) -> None:
    told = list(client.events(run.run_id))
    assert [event.status for event in told if isinstance(event, StatusEvent)] == ["queued", "running", "succeeded"]
    assert len({event.id for event in told}) == len(told)
    assert list(client.events(run.run_id, last_event_id=told[3].id)) == told[4:]
