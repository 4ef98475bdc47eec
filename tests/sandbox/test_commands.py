"""`run_command`: what a command finds, what the model reads of it, and what it is told about a bad call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from requirements import locks
from tests.support.handler_process import Handler, handler_process
from tests.support.job_server import Delivery, JobServer
from tests.support.paths import ROOT

# Import name, where it is not the package's own.
IMPORTS = {
    "beautifulsoup4": "bs4",
    "pillow": "PIL",
    "python-docx": "docx",
    "python-pptx": "pptx",
    "pyyaml": "yaml",
}


def run(sandbox: Handler, bucket: JobServer, *commands: str, **job: Any) -> Delivery:
    event = bucket.commands(*commands, **job)
    sandbox(event)
    return bucket.delivered(event)


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handler]:
    """The handler where commands are switched off."""
    folder = tmp_path_factory.mktemp("tmp")
    with handler_process("sandbox.app", folder, environment={"CROSS_RUN_FAKE_CODEX": "1"}) as handler:
        yield handler


def test_commands_share_the_workspace_and_nothing_else(sandbox: Handler, bucket: JobServer) -> None:
    done = run(sandbox, bucket, "cd sub; export X=1; echo $PWD", "echo ${X-unset}; pwd; ls sub", files={"sub/a": b""})
    assert done.result("call_1")["output"].strip().endswith("/workspace/sub")
    assert done.result("call_2")["output"].startswith("unset\n")
    assert done.result("call_2")["output"].endswith("/workspace\na\n")


def test_both_outputs_are_read_in_order_and_a_failure_is_a_result(sandbox: Handler, bucket: JobServer) -> None:
    done = run(sandbox, bucket, "echo one; echo two >&2; echo three; exit 7", "echo after")
    first = done.result("call_1")
    assert (first["output"], first["exit_code"], first["ok"]) == ("one\ntwo\nthree\n", 7, False)
    assert done.result("call_2")["ok"] is True


def test_there_is_nothing_to_read_from(sandbox: Handler, bucket: JobServer) -> None:
    assert run(sandbox, bucket, "cat; echo end").output == "end\n"


def test_long_output_keeps_its_beginning_and_its_end(sandbox: Handler, bucket: JobServer) -> None:
    output = run(sandbox, bucket, "seq 100000", limits={"output_chars": 1000}).output
    head, _, rest = output.partition("\n[… ")
    missing, _, tail = rest.partition(" bytes left out …]\n")
    assert head.startswith("1\n2\n3\n")
    assert tail.endswith("99999\n100000\n")
    assert len(head) == len(tail) == 500
    assert int(missing.replace(",", "")) + len(head) + len(tail) == len("".join(f"{n}\n" for n in range(1, 100_001)))


def test_output_that_is_not_text_is_still_read(sandbox: Handler, bucket: JobServer) -> None:
    assert run(sandbox, bucket, "printf 'a\\377\\000b'").output == "a\ufffd\0b"


def test_the_batch_shares_one_deadline(sandbox: Handler, bucket: JobServer) -> None:
    done = run(sandbox, bucket, "sleep 30", "echo late", limits={"seconds": 1})
    assert "[timed out after" in done.result("call_1")["output"]
    assert done.result("call_2")["output"] == "[not run: the 1 s of this batch were over]"
    assert [result["timed_out"] for result in done.results] == [True, True]


def test_a_program_that_is_killed_keeps_what_it_had_printed(sandbox: Handler, bucket: JobServer) -> None:
    killed = run(sandbox, bucket, "python3 -c 'import os; print(\"half\"); os.kill(os.getpid(), 9)'")
    assert killed.output.startswith("half\n")
    assert not killed.result("call_1")["ok"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        pytest.param({}, "must be text", id="none"),
        pytest.param({"command": 3}, "must be text", id="number"),
        pytest.param({"command": "  "}, "must be text", id="blank"),
        pytest.param({"command": "a\0b"}, "no command can have", id="nul"),
        pytest.param({"command": "echo \ud800"}, "no command can have", id="surrogate"),
        pytest.param({"command": "echo " + "x" * 200_000}, "write it to a file", id="too-long"),
        pytest.param({"command": "true", "timeout_seconds": 0}, "from 1, or null", id="no-time"),
        pytest.param({"command": "true", "timeout_seconds": "5"}, "from 1, or null", id="time-as-text"),
    ],
)
def test_a_bad_call_is_told_what_is_wrong(
    arguments: dict[str, Any], said: str, sandbox: Handler, bucket: JobServer
) -> None:
    event = bucket.job([("run_command", arguments), ("run_command", {"command": "echo next"})])
    sandbox(event)
    done = bucket.delivered(event)
    assert said in done.result("call_1")["output"]
    assert done.result("call_1")["ok"] is False
    assert done.result("call_2")["output"] == "next\n"


def test_another_tool_is_not_here(sandbox: Handler, bucket: JobServer) -> None:
    event = bucket.job([("convert_document", {"command": "true"})])
    sandbox(event)
    assert "no tool 'convert_document'" in bucket.delivered(event).output


def test_switched_off_nothing_runs_and_the_result_says_so(fake: Handler, bucket: JobServer) -> None:
    done = run(fake, bucket, "echo x > a", files={"b": b"1"})
    assert (done.files, done.deleted) == ({}, [])
    assert "not executed" in done.output
    assert done.result()["notes"]["executed"] is False
    assert done.result()["exit_code"] is None


@pytest.mark.proof
def test_python_finds_everything_that_the_layer_names(sandbox: Handler, bucket: JobServer) -> None:
    asked = (ROOT / "layers/data/requirements.in").read_text().split("\n\n")[0].splitlines()
    packages = [line.lower() for line in asked if not line.startswith("#")]
    modules = [IMPORTS.get(package, package) for package in packages]
    done = run(sandbox, bucket, f"python -c 'import {', '.join(modules)}' && echo found")
    assert done.output == "found\n"
    assert set(packages) <= locks.pins(ROOT / "layers/data/requirements.txt").keys()


CHART = """
python3 - <<'PYTHON'
import pandas, matplotlib.pyplot as plot
table = pandas.read_csv("sales.csv")
table.groupby("region").amount.sum().plot.bar()
plot.savefig("chart.png")
table.to_excel("sales.xlsx", index=False)
print(plot.get_backend(), len(table))
PYTHON
"""


@pytest.mark.proof
def test_a_table_becomes_a_chart_and_a_workbook(sandbox: Handler, bucket: JobServer) -> None:
    table = b"region,amount\nnorth,3\nsouth,4\nnorth,5\n"
    done = run(sandbox, bucket, CHART, files={"sales.csv": table})
    assert done.result()["ok"], done.output
    assert done.output.strip().lower().endswith("agg 3")
    assert done.files.keys() == {"chart.png", "sales.xlsx"}
    assert done.files["chart.png"].startswith(b"\x89PNG")
    assert done.files["sales.xlsx"].startswith(b"PK")
