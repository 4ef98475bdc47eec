"""What a hostile command tries, against the real handler in a real process that the test has put limits around."""

from __future__ import annotations

import os
import re
import time
import uuid
from pathlib import Path

import pytest

from swarm.agent.tools.run_command import TOOL
from tests.support.handler_process import BOUNDS, LAMBDA, LAPTOP, SECRETS, Handler, handler_process
from tests.support.job_server import Delivery, JobServer

pytestmark = pytest.mark.proof

FORK_BOMB = "b() { b | b & }; b; sleep 30"
DAEMON = (
    "import os, sys, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        os.closerange(0, 64)\n"
    "        time.sleep(60)\n"
    "    os._exit(0)\n"
    "os.wait()\n"
)


def deliver(sandbox: Handler, bucket: JobServer, *commands: str, **job: object) -> Delivery:
    event = bucket.commands(*commands, **job)
    assert sandbox(event) == {"job_id": event["job_id"], "calls": len(commands)}
    return bucket.delivered(event)


def test_a_fork_bomb_ends_with_its_command(sandbox: Handler, bucket: JobServer) -> None:
    calls = [("run_command", {"command": each, "timeout_seconds": 3}) for each in (FORK_BOMB, "echo still here")]
    event = bucket.job(calls, limits={"processes": 20})
    sandbox(event)
    done = bucket.delivered(event)
    assert "killed: more than 20 processes" in done.output or "Resource temporarily unavailable" in done.output
    assert done.result("call_2")["output"] == "still here\n"
    assert sandbox.left() == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root goes without the kernel's limit on processes")
def test_root_has_no_limit_but_is_watched(folder: Path, bucket: JobServer) -> None:
    group = Path("/sys/fs/cgroup/pids") / f"sandbox-test-{uuid.uuid4().hex}"
    if not group.parent.is_dir():
        pytest.skip("no control group that could bound a failing defence")
    group.mkdir()
    try:
        (group / "pids.max").write_text("600")
        with handler_process("sandbox.app", folder) as sandbox:
            (group / "cgroup.procs").write_text(str(sandbox.pid))
            done = deliver(sandbox, bucket, FORK_BOMB, "echo still here", limits={"seconds": 20, "processes": 20})
            assert "killed: more than 20 processes" in done.result("call_1")["output"]
            assert done.result("call_2")["output"] == "still here\n"
            assert sandbox.left() == []
    finally:
        deadline = time.monotonic() + 10
        while (group / "cgroup.procs").read_text() and time.monotonic() < deadline:
            os.sched_yield()
        group.rmdir()


def test_a_daemon_does_not_outlive_its_command(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(
        sandbox, bucket, f"python3 -c '{DAEMON}'; echo started", "cat /proc/[0-9]*/comm 2>/dev/null; echo next"
    )
    assert done.output.startswith("started\n")
    assert done.output.endswith("next\n")
    assert sandbox.left() == []
    if sandbox.world == LAMBDA:
        assert done.result("call_2")["output"].splitlines().count("python3") == 1, "the handler, and no daemon"


def test_a_background_command_does_not_hold_up_the_next(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, "sleep 60 & echo here", "echo next")
    assert [result["output"] for result in done.results] == ["here\n", "next\n"]
    assert sum(result["seconds"] for result in done.results) < 10


def test_everything_dies_at_the_deadline(sandbox: Handler, bucket: JobServer) -> None:
    apart = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(60)"
    command = f"trap '' TERM HUP INT; echo begun; python3 -c '{apart}'; sh -c 'sleep 60; :'"
    event = bucket.job([("run_command", {"command": command, "timeout_seconds": 1})])
    sandbox(event)
    result = bucket.delivered(event).result()
    assert result["output"] == "begun\n[timed out after 1 s]"
    assert (result["timed_out"], result["exit_code"], result["ok"]) == (True, None, False)
    assert sandbox.left() == []


@pytest.mark.parametrize(
    "command, said",
    [
        pytest.param("head -c 100M /dev/zero > big", "a file grew beyond 20 MiB", id="one-large-file"),
        pytest.param(
            "for i in $(seq 15); do head -c 15M /dev/zero > f$i; done; sleep 20", "more than 60 MiB of disk", id="many"
        ),
        pytest.param("for i in $(seq 3000); do : > f$i; done; sleep 20", "more than 500 files", id="empty-files"),
        pytest.param("cd ~; for i in $(seq 3000); do mkdir d$i; done; sleep 20", "more than 500 files", id="at-home"),
    ],
)
def test_the_disk_is_not_filled(command: str, said: str, sandbox: Handler, bucket: JobServer, folder: Path) -> None:
    done = deliver(sandbox, bucket, command, "echo next")
    assert said in done.result("call_1")["output"]
    assert done.result("call_2")["output"].startswith("next\n")
    assert sum(len(content) for content in done.files.values()) <= 60 << 20
    assert len(done.files) <= 500
    assert [path.name for path in folder.rglob("*") if path.name == "workspace"] == []


def test_what_was_killed_for_its_files_can_be_mended_and_not_made_worse(sandbox: Handler, bucket: JobServer) -> None:
    fill = "for i in 1 2 3 4 5; do head -c 15M /dev/zero > f$i; done; sleep 20"
    event = bucket.job(
        [("run_command", {"command": command}) for command in (fill, "sleep 1; rm f1 f2 f3; echo less", fill)]
    )
    sandbox(event)
    done = bucket.delivered(event)
    assert "more than 60 MiB of disk" in done.result("call_1")["output"]
    assert done.result("call_2")["output"] == "less\n"
    assert "more than 60 MiB of disk" in done.result("call_3")["output"]


def test_endless_output_is_cut_short(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, "echo first; yes", limits={"output_chars": 1000})
    output = done.result()["output"]
    assert output.startswith("first\ny\n")
    assert "bytes left out …]" in output
    assert output.endswith("[killed: wrote more than 64 MiB of output]")
    assert len(output) < 1200


@pytest.mark.parametrize(
    "command, said",
    [
        pytest.param("x=a; while :; do x=$x$x; done", "may use 190 MiB of memory", id="one-process"),
        pytest.param(
            "for i in 1 2 3 4; do python3 -c 'x = bytearray(80 << 20); import time; time.sleep(20)' & done; wait",
            "killed: used more than 190 MiB of memory",
            id="several",
        ),
    ],
)
def test_memory_is_bounded(command: str, said: str, sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, command, limits={"memory_bytes": 200_000_000})
    assert said in done.output
    assert done.result()["ok"] is False


def test_processor_time_is_bounded(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, "while :; do :; done", limits={"cpu_seconds": 1})
    assert "more than 1 s of processor time" in done.output


def test_links_are_named_and_never_followed(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(
        sandbox, bucket, "ln -s /etc/passwd users; ln -s /etc all; ln -sf /etc/passwd given", files={"given": b"mine"}
    )
    assert done.files == {}
    assert done.deleted == []
    for name in ("users", "all", "given"):
        assert f"[not kept: {name}: it is a symbolic link]" in done.output


def test_a_hard_link_is_a_file_like_any_other(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, "echo x > a; ln a b")
    assert done.files == {"a": b"x\n", "b": b"x\n"}
    assert all(member.isreg() for member in done.members)


def test_pipes_sockets_and_devices_are_left_out(sandbox: Handler, bucket: JobServer) -> None:
    make = 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
    done = deliver(sandbox, bucket, f"mkfifo pipe; python3 -c '{make}'; mknod disk b 8 0; echo ok > fine")
    assert done.files == {"fine": b"ok\n"}
    for name in ("pipe", "sock"):
        assert f"[not kept: {name}: it is not a regular file]" in done.output


@pytest.mark.parametrize("name", ["-rf", "--help", "$(touch owned)", "a b;c", "*"])
def test_a_file_may_be_named_like_a_flag(name: str, sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, "cp -- * copy 2>&1; ls", files={name: b"content"})
    assert done.files == {"copy": b"content"}
    assert set(done.output.splitlines()) == {name, "copy"}


@pytest.mark.parametrize(
    "made, said",
    [
        pytest.param("$'a\\nb'", "control character", id="newline"),
        pytest.param("$'\\xff'", "not UTF-8", id="bytes"),
        pytest.param("%2e%2e", "'..' in it", id="encoded-dots"),
        pytest.param("'a\\b'", "backslash", id="backslash"),
    ],
)
def test_a_name_that_cannot_be_a_path_is_left_out(made: str, said: str, sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, f"echo x > {made}; echo y > good")
    assert done.files == {"good": b"y\n"}
    assert said in done.output


def test_a_sparse_file_weighs_what_it_claims(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, "truncate -s 10G zeros; ls -s", "truncate -s 20M zeros")
    assert "10" not in done.files
    assert all(member.size <= 20 << 20 for member in done.members)
    assert "File size limit exceeded" in done.output or "a file grew beyond" in done.output


def test_a_closed_and_a_very_deep_folder_go_away_again(sandbox: Handler, bucket: JobServer, folder: Path) -> None:
    done = deliver(
        sandbox,
        bucket,
        "mkdir shut; echo x > shut/in; chmod 000 shut/in shut",
        'python3 -c \'import os\nfor i in range(400): os.mkdir("deep" * 20); os.chdir("deep" * 20)\'',
    )
    assert done.files == {"shut/in": b"x\n"}
    assert list(folder.rglob("deep*")) == []


def test_the_environment_holds_nothing_but_what_commands_need(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, "env -0 | tr '\\0' '\\n'")
    names = {line.partition("=")[0] for line in done.output.splitlines()}
    # The shell's own are the last three.
    assert names <= {
        "PATH", "HOME", "TMPDIR", "LANG", "MPLBACKEND", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED",
        "PYTHONPATH", "LD_LIBRARY_PATH", "PWD", "SHLVL", "_",
    }  # fmt: skip
    assert not any(secret in done.output for secret in SECRETS.values())


LOOK = (
    "cat /proc/$PPID/environ; cat /proc/$PPID/cmdline; cat /proc/[0-9]*/environ; "
    "python3 -c 'import os\n"
    "for pid in filter(str.isdigit, os.listdir(\"/proc\")):\n"
    "    try: spans = [l.split()[0].split(\"-\") for l in open(f\"/proc/{pid}/maps\") if \"rw-p\" in l]\n"
    "    except OSError: continue\n"
    "    if int(pid) == os.getpid(): continue\n"
    "    try: memory = open(f\"/proc/{pid}/mem\", \"rb\", 0)\n"
    "    except OSError: continue\n"
    "    for low, high in spans:\n"
    "        try: memory.seek(int(low, 16)); found = memory.read(int(high, 16) - int(low, 16))\n"
    "        except OSError: continue\n"
    "        if b\"Signature=ses\" + b\"ame\" in found: print(pid, \"holds the signature of the job\")'"
)  # fmt: skip


def test_looking_into_the_handler_shows_nothing(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(sandbox, bucket, LOOK + " 2>&1 | tr '\\0' '\\n'")
    assert not any(secret in done.output for secret in SECRETS.values())
    # Lambda leaves the handler's memory open to its own run's commands. What is there is that run's job.
    if sandbox.world == LAPTOP:
        assert f"/proc/{sandbox.pid}/environ: Permission denied" in done.output
        assert "holds the signature" not in done.output


def test_even_root_finds_no_credentials_in_the_environment(folder: Path, bucket: JobServer) -> None:
    with handler_process("sandbox.app", folder) as sandbox:
        done = deliver(sandbox, bucket, "cat /proc/$PPID/environ 2>&1 | tr '\\0' '\\n'; env")
    assert not any(secret in done.output for secret in SECRETS.values())


def test_a_workspace_replaced_by_a_link_leads_nowhere(sandbox: Handler, bucket: JobServer) -> None:
    done = deliver(
        sandbox, bucket, "rm -rf ../workspace && ln -s /etc ../workspace && ls -d ../workspace", files={"a": b"1"}
    )
    assert done.files == {}
    assert done.deleted == []
    assert "was moved, removed or replaced" in done.output


def test_one_run_leaves_nothing_for_the_next(sandbox: Handler, bucket: JobServer) -> None:
    deliver(sandbox, bucket, "cat a > ~/kept; cat a > $TMPDIR/kept", files={"a": b"of the first run"}, run_id="run-1")
    done = deliver(sandbox, bucket, "grep -rs 'of the first' ../.. ; echo looked", run_id="run-2")
    assert done.output == "looked\n"


def test_a_cache_that_was_tampered_with_is_not_believed(sandbox: Handler, bucket: JobServer) -> None:
    tamper = "for file in ../../cache/*/*; do echo bad > $file && echo tampered with $file; done"
    done = deliver(sandbox, bucket, tamper, files={"a": b"good"}, run_id="run-3")
    assert ("tampered" in done.output) is (sandbox.world == LAMBDA)
    assert deliver(sandbox, bucket, "cat a", files={"a": b"good"}, run_id="run-3").output == "good"


@pytest.mark.parametrize("world", [LAMBDA], indirect=True)
def test_the_model_is_told_which_tools_are_there_and_which_are_not(sandbox: Handler, bucket: JobServer) -> None:
    told = re.search(r"There is (.+?), and Python .+ There is no (.+?), compiler or", TOOL.description)
    assert told
    there, missing = (re.split(r", | and | with ", words) for words in told.groups())
    there = [*(set(there) - {"coreutils"}), "cat", "ls", "sort", "python3"]
    look = f"for tool in {' '.join([*there, *missing])}; do command -v $tool; done; ls /dev/shm"
    found = deliver(sandbox, bucket, look).output
    assert sorted(Path(line).name for line in found.splitlines() if line.startswith("/")) == sorted(there)
    assert len(missing) == 4
    assert "/dev/shm'" in found
    assert "no shared memory" in TOOL.description


def test_the_limits_around_the_handler_are_those_of_this_test() -> None:
    assert BOUNDS["RLIMIT_NPROC"] <= 500
    assert BOUNDS["RLIMIT_AS"] <= 8 << 30
