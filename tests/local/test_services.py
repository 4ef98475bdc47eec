"""`python -m infra.local services`: one line on stdout when it is ready, and nothing left when it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import REPOSITORY
from infra.local.configuration import Configuration, configure
from infra.local.persistence.folder import DataFolder
from swarm.errors import NotConfigured
from tests.local.clouds import eventually
from tests.provider.script import finishes
from tests.provider.server import ScriptedProvider

pytestmark = pytest.mark.proof

Start = Callable[..., "subprocess.Popen[str]"]
MISSING = "OPENAI_API_KEY is not set; set it, or set CROSS_RUN_FAKE_SWARM=1 for the deterministic offline model"
OFFLINE = {"CROSS_RUN_FAKE_SWARM": "1"}


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, whatever session they are in, and their children."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listed.splitlines()[1:])}
    found = [pid]
    for child, parent in sorted(parents.items()):
        if parent in found:
            found.append(child)
    return found[1:]


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() and "Z" not in _state(pid) for pid in pids)


def _state(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, stdin: Any = subprocess.DEVNULL, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "infra.local", "services", "--logs", str(tmp_path / "logs"), *arguments]
        if "--data" not in arguments:
            command.append("--ephemeral")
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    word, _, url = process.stdout.readline().strip().partition(" ")
    assert word == "ready"
    return url


def get(url: str, **headers: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=15) as response:
        return json.load(response)


def post(url: str, method: str, **body: str) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_sigterm_ends_it_with_nothing_left_and_only_what_is_ignored_said(start: Start) -> None:
    developers = {
        "AWS_PROFILE": "missing",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    process = start("--port", "0", **OFFLINE, **developers)
    url = url_of(process)
    assert get(f"{url}/healthz") == {"status": "ok"}
    workers = children_of(process.pid)
    assert len(workers) >= 2
    process.terminate()
    rest, errors = process.communicate(timeout=15)
    assert (process.returncode, rest) == (0, "")
    assert gone(workers)
    lines = errors.splitlines()
    [told] = [line for line in lines if line.startswith("ignored: ")]
    ignored = Path(told.split("; ")[1].removesuffix(" says which, and why")).read_text().splitlines()
    assert "ignored: AWS::DynamoDB::Table.SSESpecification of Table: nothing is encrypted here" in ignored
    assert len(ignored) == len(set(ignored))
    assert f"ignored: {len(ignored)} things" in told
    assert f"console {url}/ui" in lines
    assert all(line.startswith(("ignored: ", "offline: ", "console ")) for line in lines)


def test_with_require_key_a_key_is_needed_and_told_and_ctrl_c_ends_it(start: Start) -> None:
    process = start("--port", "0", "--require-key", **OFFLINE)
    url = url_of(process)
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{url}/projects")
    refused.value.close()
    assert refused.value.code == 401
    assert process.stderr is not None
    key = next(line.split()[1] for line in iter(process.stderr.readline, "") if line.startswith("key "))
    assert get(f"{url}/projects", Authorization=f"Bearer {key}") == []
    workers = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)
    assert process.returncode == 0
    assert gone(workers)


def test_providers_key_stays_out_of_functions_and_workers_die_with_a_killed_cloud(start: Start, tmp_path: Path) -> None:
    process = start("--port", "0", OPENAI_API_KEY="sk-very-secret", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    get(f"{url_of(process)}/healthz")
    workers = children_of(process.pid)
    environments = [(Path("/proc") / str(pid) / "environ").read_bytes() for pid in workers]
    of_functions = [each for each in environments if b"AWS_LAMBDA_FUNCTION_NAME" in each]
    assert any(b"OPENAI_SECRET_NAME=codex-swarm/openai" in each for each in of_functions)
    assert not any(b"sk-very-secret" in each for each in of_functions)
    process.kill()
    _, errors = process.communicate(timeout=15)
    assert eventually(lambda: gone(workers))
    assert "sk-very-secret" not in errors
    assert not any(b"sk-very-secret" in log.read_bytes() for log in (tmp_path / "logs").iterdir())


def test_taken_port_is_one_line_and_exit_code_one(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("--port", str(port), **OFFLINE)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert errors == f"port {port} is taken; stop what listens there, or choose another with --port\n"


def test_folder_that_another_server_holds_is_one_line_and_exit_code_one(start: Start, tmp_path: Path) -> None:
    held = DataFolder(tmp_path / "data")
    process = start("--port", "0", "--data", str(held.path), **OFFLINE)
    output, errors = process.communicate(timeout=30)
    held.close()
    assert (process.returncode, output) == (1, "")
    [line] = errors.splitlines()
    assert line.startswith(f"another server works with the data folder {held.path}; stop it")


def test_without_key_and_terminal_the_missing_setting_is_named(start: Start) -> None:
    process = start("--port", "0")
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (1, "", MISSING + "\n")


def test_at_a_terminal_declining_the_offline_model_ends_it(start: Start) -> None:
    ours, theirs = pty.openpty()
    process = start("--port", "0", stdin=theirs)
    os.close(theirs)
    os.write(ours, b"n\n")
    output, errors = process.communicate(timeout=30)
    os.close(ours)
    assert (process.returncode, output) == (1, "")
    assert "Go on with the offline model? [Y/n]" in errors
    assert MISSING in errors


@pytest.mark.parametrize("answer", ["", "y", "Yes "])
def test_at_a_terminal_the_offline_model_can_be_accepted(answer: str) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        found = configure({"OPENAI_MODEL": "m"}, terminal, lambda _: answer)
    os.close(ours)
    assert found == Configuration(offline=True, api_key=None, parameters={"OpenAIModel": "m"})


def test_fake_mode_wins_over_a_key() -> None:
    assert configure({"OPENAI_API_KEY": "k", **OFFLINE}).api_key is None


def test_key_is_not_shown_with_the_configuration() -> None:
    assert "sk-secret" not in repr(configure({"OPENAI_API_KEY": "sk-secret"}))


def test_metadata_by_which_costs_are_told_can_be_named_on_a_laptop() -> None:
    assert configure({**OFFLINE, "USAGE_METADATA": "customer"}).parameters == {"UsageMetadata": "customer"}


PROVIDERS = {
    "MODELS": '{"m": {"provider": "my-rack"}, "n": {"provider": "cellar"}}',
    "PROVIDERS": '{"my-rack": {"base_url": "http://rack/v1"}, "cellar": {"base_url": "http://c/v1", "api_key": false}}',
}


def test_further_providers_have_keys_of_their_own_and_need_no_other() -> None:
    found = configure({**PROVIDERS, "MY_RACK_API_KEY": "sk-rack"})
    assert (found.offline, found.api_key, found.provider_keys) == (False, None, {"my-rack": "sk-rack"})
    assert found.parameters == {"Models": PROVIDERS["MODELS"], "Providers": PROVIDERS["PROVIDERS"]}
    assert "sk-rack" not in repr(found)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        pytest.param(PROVIDERS, "MY_RACK_API_KEY is not set", id="no key"),
        pytest.param({"MODELS": "{"}, "Models cannot be used", id="no JSON"),
        pytest.param({"MODELS": "{", **OFFLINE}, "Models cannot be used", id="no JSON, offline"),
    ],
)
def test_models_that_cannot_be_used_stop_the_start(given: dict[str, str], fault: str) -> None:
    with pytest.raises(NotConfigured, match=fault):
        configure(given)


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"https_proxy": "http://p:3128"}, {"HTTPS_PROXY": "http://p:3128"}, id="proxy"),
        pytest.param({"REQUESTS_CA_BUNDLE": "/ca.pem"}, {"SSL_CERT_FILE": "/ca.pem"}, id="bundle of another library"),
        pytest.param(
            {"SSL_CERT_FILE": "/own.pem", "CURL_CA_BUNDLE": "/ca.pem"}, {"SSL_CERT_FILE": "/own.pem"}, id="bundles"
        ),
    ],
)
def test_the_way_to_the_provider_is_passed_on(given: dict[str, str], passed_on: dict[str, str]) -> None:
    variables = dict(configure({"OPENAI_API_KEY": "sk-secret", **given}).agent_variables)
    exempt = variables.pop("NO_PROXY", None)
    assert variables == passed_on
    assert exempt == ("127.0.0.1,localhost,::1" if "HTTPS_PROXY" in passed_on else None)


def test_the_agent_asks_the_provider_through_the_proxy(start: Start) -> None:
    with ScriptedProvider([finishes("Done.")]) as server:
        process = start(
            "--port",
            "0",
            OPENAI_API_KEY=server.api_key,
            OPENAI_BASE_URL="http://provider.example/v1",
            http_proxy=server.base_url.removesuffix("/v1"),
        )
        url = url_of(process)
        post(f"{url}/projects/p", "PUT", id="p", name="p")
        run = post(f"{url}/projects/p/runs", "POST", project_id="p", name="r", instructions="Write.")
        server.wait_for_requests(1, timeout=60)
        assert server.requests[0].headers["host"] == "provider.example"
        assert eventually(lambda: get(f"{url}/runs/{run['run_id']}")["status"] == "succeeded")
