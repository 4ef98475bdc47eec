"""Attacks on the environment itself: on the handler, on other processes, and on whoever comes next.

On a laptop each is refused. Under Lambda's rules much of it succeeds, against the handler of the same run: then
either nothing came of it for a later job, or the environment is gone. Each test is a line of docs/sandbox.md.
"""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.handler_process import LAMBDA, LAPTOP, STRANGER, Handler, handler_process
from tests.support.job_server import Delivery, JobServer
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof

NUMBERS = {
    "x86_64": {
        "tgkill": 234, "tkill": 200, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "pidfd_open": 434,
        "pidfd_send_signal": 424, "shmget": 29, "semget": 64, "msgget": 68, "keyctl": 250, "mq_open": 240,
        "process_vm_readv": 310, "ptrace": 101, "memfd_create": 319, "add_key": 248, "userfaultfd": 323,
    },
    "aarch64": {
        "tgkill": 131, "tkill": 130, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "pidfd_open": 434,
        "pidfd_send_signal": 424, "shmget": 194, "semget": 190, "msgget": 186, "keyctl": 219, "mq_open": 180,
        "process_vm_readv": 270, "ptrace": 117, "memfd_create": 279, "add_key": 217, "userfaultfd": 282,
    },
}[platform.machine()]  # fmt: skip


PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
MEASURES = dict(re.findall(r"^\| `(\w+)` \|.*\| (holds|refused)[^|]*\|$", PAGE, re.MULTILINE))
"""Each measure that docs/sandbox.md tells of, and whether it holds under Lambda's rules."""


def program(handler: Handler, body: str) -> str:
    """A command that runs `body` in Python, with the handler's pid H, and `call(name, ...)` for system calls."""
    return f"""cat > $HOME/attack.py <<'END'
import ctypes, fcntl, os, resource, signal, socket, struct, sys, time
H, NUMBERS = {handler.pid}, {NUMBERS!r}
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
def call(name, *arguments):
    result = libc.syscall(NUMBERS[name], *arguments)
    print(name, "refused:" if result < 0 else "done", os.strerror(ctypes.get_errno()) if result < 0 else "", flush=True)
    return result
{body}
END
python3 $HOME/attack.py 2>&1"""


def attempt(sandbox: Handler, bucket: JobServer, command: str, tenant: str = "run-1", **job: object) -> Delivery | None:
    """What came of a job; None where the handler, and with it the environment, ended over it."""
    event = bucket.commands(command, **job)
    with suppress(RuntimeError, BrokenPipeError):
        sandbox(event, tenant)
        return bucket.delivered(event)
    return None


SIGNALS = {
    "kill": "os.kill(H, 9)",
    "kill its group": "os.kill(-os.getpgid(H), 9)",
    "kill everybody": "os.kill(-1, 9)",
    "join its group": "os.setpgid(0, os.getpgid(H)); os.kill(0, 9)",
    "tgkill": "call('tgkill', H, H, 9)",
    "tkill": "call('tkill', H, 9)",
    "rt_sigqueueinfo": "call('rt_sigqueueinfo', H, 9, (ctypes.c_int * 32)(9, 0, -1))",
    "rt_tgsigqueueinfo": "call('rt_tgsigqueueinfo', H, H, 9, (ctypes.c_int * 32)(9, 0, -1))",
    "pidfd_send_signal": "call('pidfd_send_signal', call('pidfd_open', H, 0), 9, None, 0)",
    "signal of a descriptor": """
a, b = socket.socketpair()
fcntl.fcntl(a, 10, 9), fcntl.fcntl(a, fcntl.F_SETOWN, H)
fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC); b.send(b"x"); time.sleep(0.2)""",
    "signal of a terminal": """
a, b = socket.socketpair()
fcntl.fcntl(a, 10, 9); fcntl.ioctl(a, 0x8901, struct.pack("i", H))
fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC); b.send(b"x"); time.sleep(0.2)""",
}


@pytest.mark.parametrize("body", SIGNALS.values(), ids=SIGNALS)
def test_a_signal_to_the_handler_is_refused_or_ends_the_environment(
    body: str, sandbox: Handler, bucket: JobServer
) -> None:
    done = attempt(sandbox, bucket, program(sandbox, body) + "; echo alive")
    if sandbox.world == LAPTOP:
        assert done is not None, "the handler was killed"
        assert "not permitted" in done.output or "Permission denied" in done.output
    if done is not None:
        assert attempt(sandbox, bucket, "echo next") is not None
    assert sandbox.left() == []


CHANGES = {
    "file size": "resource.prlimit(H, resource.RLIMIT_FSIZE, (64, 64))",
    "descriptors": "resource.prlimit(H, resource.RLIMIT_NOFILE, (40, 40))",
    "processor time": "resource.prlimit(H, resource.RLIMIT_CPU, (50, 50))",
}


@pytest.mark.parametrize("body", CHANGES.values(), ids=CHANGES)
def test_the_handlers_limits_are_not_changed_for_a_later_job(body: str, sandbox: Handler, bucket: JobServer) -> None:
    done = attempt(sandbox, bucket, program(sandbox, body))
    later = attempt(sandbox, bucket, "head -c 1000 /dev/zero > big; ls big; ulimit -f -n -t")
    if sandbox.world == LAPTOP:
        assert done is not None
        assert "PermissionError" in done.output
        assert later is not None
        assert later.files == {"big": bytes(1000)}
    else:
        assert later is None, "limits that a command set were used for another job"


INTRUSIONS = {
    "ptrace": "call('ptrace', 16, H, 0, 0)",
    "process_vm_readv": """
class Span(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
address = int([line for line in open(f"/proc/{H}/maps") if "[heap]" in line][0].split("-")[0], 16)
kept = ctypes.create_string_buffer(64)
here, there = Span(ctypes.addressof(kept), 64), Span(address, 64)
call('process_vm_readv', H, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)""",
    "memory file": "print(open(f'/proc/{H}/mem', 'r+b'))",
    "its descriptors": "print(os.listdir(f'/proc/{H}/fd'))",
    "userfaultfd": "call('userfaultfd', 0)",
}


@pytest.mark.parametrize("body", INTRUSIONS.values(), ids=INTRUSIONS)
def test_the_handler_cannot_be_looked_into(body: str, folder: Path, bucket: JobServer) -> None:
    """On a laptop. In Lambda the commands of a run could, and find that run's own job: see docs/sandbox.md."""
    with handler_process("sandbox.app", folder, stranger=True) as sandbox:
        done = attempt(sandbox, bucket, program(sandbox, body))
    assert done is not None
    assert "not permitted" in done.output or "Permission" in done.output


LEFTOVERS = {
    "beside the job": "echo s > ../../left; mkdir -p ../../x/y",
    "in /tmp": "echo s > /tmp/left; mkdir /tmp/.hidden; mkfifo /tmp/pipe; ln -s /etc /tmp/link",
    "beside the handler's folder": "echo s > ../../../left",
    "in the cache": "echo s > ../../cache/left; for each in ../../cache/*; do echo s > $each/left; done",
    "in shared memory": "echo s > /dev/shm/left-SERIAL",
}


@pytest.mark.parametrize("command", LEFTOVERS.values(), ids=LEFTOVERS)
def test_no_file_is_left_for_the_next_job(command: str, sandbox: Handler, bucket: JobServer, folder: Path) -> None:
    serial = uuid.uuid4().hex
    before = set(Path("/tmp").iterdir())
    attempt(sandbox, bucket, command.replace("SERIAL", serial), run_id="run-A")
    left = [path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()]
    assert left == []
    assert not Path(f"/dev/shm/left-{serial}").exists()
    assert not [
        path for path in set(Path("/tmp").iterdir()) - before if path.name in {"left", ".hidden", "pipe", "link"}
    ]
    done = attempt(sandbox, bucket, "ls -A ../.. ../../cache /tmp | grep -x -e left -e x -e .hidden", run_id="run-B")
    assert done is not None
    assert done.output == ""


def test_an_environment_that_was_emptied_works_on(sandbox: Handler, bucket: JobServer, folder: Path) -> None:
    attempt(sandbox, bucket, f"rm -rf ../../* ../../../swarm-job-* {folder}/*; echo gone")
    done = attempt(sandbox, bucket, "cat a", files={"a": b"here"})
    assert done is not None
    assert done.output == "here"


def test_disk_beside_the_job_is_measured_and_freed(sandbox: Handler, bucket: JobServer, folder: Path) -> None:
    command = "for i in 1 2 3 4 5 6; do head -c 15000000 /dev/zero > ../../fill$i || exit; done; sleep 20"
    done = attempt(sandbox, bucket, command, limits={"workspace_bytes": 40 << 20, "seconds": 25})
    assert done is not None
    assert "more than 40 MiB of disk" in done.output or "Permission denied" in done.output
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 1 << 20


SHARED = {
    "memory": "i = call('shmget', 0x5EC, 4096, 0o1666); a = libc.shmat(i, None, 0); ctypes.memset(a, 65, 9)",
    "semaphores": "call('semget', 0x5EC, 1, 0o1666)",
    "queue": "call('msgget', 0x5EC, 0o1666)",
}


@pytest.mark.parametrize("body", SHARED.values(), ids=SHARED)
def test_system_v_objects_do_not_survive_a_job(body: str, sandbox: Handler, bucket: JobServer) -> None:
    look = "cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg"
    first = attempt(sandbox, bucket, program(sandbox, body) + f"; {look}")
    assert first is not None
    assert ("not permitted" in first.output) is (sandbox.world == LAPTOP)
    if sandbox.world == LAMBDA:
        assert str(0x5EC) in first.output
    then = attempt(sandbox, bucket, look)
    assert then is not None
    assert str(STRANGER) not in then.output


@pytest.fixture
def other_process() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user that has nothing to do with the sandbox, as a laptop has many."""
    user = STRANGER if os.getuid() == 0 else None
    process = subprocess.Popen(["sleep", "60"], user=user, group=user)
    yield process
    process.kill()
    process.wait()


def test_other_processes_of_the_user_are_out_of_reach(
    folder: Path, bucket: JobServer, other_process: subprocess.Popen[bytes]
) -> None:
    """A laptop's matter: in Lambda there are none."""
    with handler_process("sandbox.app", folder, stranger=True) as sandbox:
        done = attempt(sandbox, bucket, program(sandbox, f"os.kill({other_process.pid}, 9)"))
    assert done is not None
    assert "PermissionError" in done.output
    assert other_process.poll() is None


def test_a_daemon_whose_handler_is_killed_reads_no_other_run(folder: Path, world: str, bucket: JobServer) -> None:
    daemon = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        call('tgkill', H, H, 9)
        end = time.time() + 5
        while time.time() < end:
            for place, _, files in os.walk('/tmp' if %s else %r):
                for name in files:
                    if name == 'doc.txt':
                        open(os.path.join(place, name), 'a').write('STOLEN')
    os._exit(0)
time.sleep(0.5)"""
    with handler_process("sandbox.app", folder, stranger=True, world=world) as one:
        attempt(one, bucket, program(one, daemon % (world == LAMBDA, str(folder))), tenant="run-A")
    with handler_process("sandbox.app", folder, stranger=True, world=world) as two:
        done = attempt(two, bucket, "sleep 0.3; cat doc.txt", tenant="run-B", files={"doc.txt": b"tenant B"})
    assert done is not None
    assert (done.output, dict(done.files)) == ("tenant B", {})


def test_a_second_run_is_refused_and_the_process_ends(sandbox: Handler, bucket: JobServer) -> None:
    assert attempt(sandbox, bucket, "echo one", tenant="run-A") is not None
    event = bucket.commands("echo two", files={"a": b"of run B"})
    with pytest.raises(RuntimeError, match="process ended with 70"):
        sandbox(event, "run-B")
    assert event["job_id"] not in bucket.deliveries
    assert "/jobs/" + event["job_id"] not in bucket.asked, "it had no look at the job either"


def test_what_comes_between_two_jobs_ends_the_environment(folder: Path, bucket: JobServer) -> None:
    with handler_process("sandbox.app", folder, environment={"LAMBDA_TASK_ROOT": "/var/task"}) as sandbox:
        assert attempt(sandbox, bucket, "echo one") is not None
        (folder / "from somebody").touch()
        with pytest.raises(RuntimeError, match="process ended with 70"):
            sandbox(bucket.commands("echo two"), "run-1")


def test_a_32_bit_personality_does_not_switch_the_filter_off(folder: Path, bucket: JobServer) -> None:
    """`setarch i686` makes the kernel say that it is another machine, to whoever is started so."""
    connect = "import socket; socket.socket(); print('a socket')"
    with handler_process("sandbox.app", folder, stranger=True, prefix=["setarch", "linux32"]) as sandbox:
        done = attempt(sandbox, bucket, f'uname -m; python3 -c "{connect}" 2>&1; setarch i686 true 2>&1')
    assert done is not None
    assert done.output.splitlines()[0] != platform.machine()
    assert "a socket" not in done.output
    assert done.output.count("ermi") >= 2, "neither a socket nor another personality"


def test_calls_that_no_program_needs_are_refused(folder: Path, bucket: JobServer) -> None:
    calls = ["keyctl", "add_key", "mq_open", "memfd_create", "userfaultfd"]
    with handler_process("sandbox.app", folder, stranger=True) as sandbox:
        done = attempt(sandbox, bucket, program(sandbox, f"for name in {calls}: call(name, 0, 0, 0, 0)"))
    assert done is not None
    assert done.output.count("not permitted") == 4
    assert "memfd_create refused: Function not implemented" in done.output


@contextmanager
def socket_at(path: Path) -> Iterator[Path]:
    """A Unix socket at which somebody listens, open to everybody."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0o777)
        listening.listen()
        yield path


def test_a_daemons_socket_is_not_reached(folder: Path, bucket: JobServer) -> None:
    """A laptop's: Docker and SSH agents listen at paths."""
    with socket_at(folder / "agent") as path, handler_process("sandbox.app", folder, stranger=True) as sandbox:
        connect = f"import socket; socket.socket(socket.AF_UNIX).connect('{path}'); print('connected')"
        done = attempt(sandbox, bucket, f'python3 -c "{connect}" 2>&1')
    assert done is not None
    assert "PermissionError" in done.output


def test_what_holds_is_told_with_the_job_and_logged_once(folder: Path, world: str, bucket: JobServer) -> None:
    with (folder / "log").open("w+") as log:
        with handler_process("sandbox.app", folder, stranger=True, world=world, log=log) as sandbox:
            told = [attempt(sandbox, bucket, f"echo {number}") for number in range(2)]
        log.seek(0)
        logged = [line for line in log if "defences of the untrusted process" in line]
    defences = [done.result()["notes"]["defences"] for done in told if done is not None]
    assert len(defences) == 2
    assert defences[0] == defences[1] == json.loads(logged[0].partition(": ")[2])
    assert len(logged) == 1
    assert {*defences[0]["held"], *defences[0]["refused"]} == set(MEASURES)
    if world == LAMBDA:
        assert defences[0]["held"] == sorted(name for name, in_lambda in MEASURES.items() if in_lambda == "holds")
        assert set(defences[0]["refused"].values()) == {"Operation not permitted"}
    else:
        # Landlock is not in every kernel.
        assert set(defences[0]["refused"]) <= {"writes_confined"}
