"""The sandbox or a conversion is killed while it works: it is called again, and the run is what it would have been."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.durability.world import World
from tests.local.clouds import eventually
from tests.support.story import flaws, story

pytestmark = pytest.mark.proof

COMMANDS = "run `sleep 1.375; echo hello > out.txt`. touch b.md"
CONVERSION = "Create a file called a.md with a greeting. convert a.md to html"


def running(command: str) -> bool:
    """Whether any process runs exactly this."""
    return any(_command_line(folder) == command for folder in Path("/proc").glob("[0-9]*"))


def _command_line(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("instructions", "function", "moment"),
    [
        pytest.param(COMMANDS, "SandboxFunction", "", id="sandbox, as it begins"),
        pytest.param(COMMANDS, "SandboxFunction", "sleep 1.375", id="sandbox, during a command"),
        pytest.param(CONVERSION, "ConvertFunction", "", id="conversion"),
    ],
)
def test_a_run_survives_the_death_of_what_it_has_elsewhere(
    quiet_world: World, instructions: str, function: str, moment: str
) -> None:
    world = quiet_world
    reference = world.post(f"reference {function}{moment}", instructions).json()["id"]
    assert world.end_of(reference) == "succeeded"
    run_id = world.post(f"death of {function}{moment}", instructions).json()["id"]
    [pid] = eventually(world.cloud.functions[function].busy_pids, 30, longest_pause=0.01)
    if moment:
        eventually(lambda: running(moment))
    os.kill(pid, signal.SIGKILL)
    assert world.end_of(run_id) == "succeeded"
    assert flaws(world.records, run_id) == []
    assert story(world.records, run_id) == story(world.records, reference)
    history = world.cloud.client("stepfunctions").get_execution_history(
        executionArn=world.execution_arn(run_id), maxResults=1_000
    )["events"]
    assert any(event["type"] == "TaskFailed" for event in history), "nobody died"
    eventually(lambda: not (moment and running(moment)))
