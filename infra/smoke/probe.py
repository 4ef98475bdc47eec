"""What a command finds where it runs, told as JSON in `probe.json`. Run by the sandbox, on the standard library alone.

python3 probe.py look NONCE     what is allowed, and what an earlier run with this nonce left
python3 probe.py leave NONCE    leave something in every way there is, for a later run to find
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import socket
import sys
import time
from pathlib import Path

SHM_KEY = 0x5EC
CREATE, MODE = 0o1000, 0o666
SYSTEM_CALLS = {"x86_64": {"shmget": 29}, "aarch64": {"shmget": 194}}
PRCTL = {  # name -> option, argument
    "PR_SET_PDEATHSIG": (1, 9),
    "PR_SET_DUMPABLE": (4, 0),
    "PR_SET_CHILD_SUBREAPER": (36, 1),
    "PR_SET_NO_NEW_PRIVS": (38, 1),
}
HOSTS = [("198.51.100.7", 443), ("169.254.169.254", 80), ("1.1.1.1", 53)]
# Lambda's own, which a command reaches where no filter holds: it can disturb the jobs of its own run, and no other.
RUNTIME_API = ("127.0.0.1", 9001)
FOLDERS = ["/tmp", "/dev/shm", "/var/task", "/opt", "/"]
TOOLS = ["bash", "python3", "find", "ps", "git", "tar", "gcc", "curl"]
SECONDS = 2.0


def places(nonce: str) -> list[Path]:
    """Where a file could be left for whoever comes next."""
    return [Path(folder, f"left-{nonce}") for folder in ("/tmp", "/dev/shm", "../..", "../../..", str(Path.home()))]


def leave(nonce: str) -> dict[str, object]:
    """Files, shared memory, and a process that would outlive this run."""
    left = []
    for place in places(nonce):
        with contextlib.suppress(OSError):
            place.write_text(nonce)
            left.append(str(place))
    if shared(CREATE | MODE) >= 0:
        left.append("shared memory")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 64)
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(120)", nonce])
        os._exit(0)
    os.wait()
    time.sleep(0.2)
    return {"left": [*left, "a process"]}


def look(nonce: str) -> dict[str, object]:
    """What is allowed here, and what is here of the other run."""
    found = [str(place) for place in places(nonce) if place.exists()]
    if shared(0) >= 0:
        found.append("shared memory")
    found += [f"process {pid}" for pid in processes(nonce)]
    libc = ctypes.CDLL(None, use_errno=True)
    allowed = {name: answer(libc.prctl(option, value, 0, 0, 0)) for name, (option, value) in PRCTL.items()}
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    return {
        "found": found,
        "prctl": allowed,
        "seccomp": status.get("Seccomp", "?"),
        "no_new_privileges": status.get("NoNewPrivs", "?"),
        "unshare": answer(libc.unshare(0x10000000)),
        "reached": [f"{host}:{port}" for host, port in HOSTS if reaches(host, port)],
        "resolved": resolves("example.com"),
        "runtime_api": "reached" if reaches(*RUNTIME_API) else "not reached",
        "writable": [folder for folder in FOLDERS if writes(Path(folder))],
        "credentials": sorted(
            name for name in os.environ if "SECRET" in name or "TOKEN" in name or "ACCESS_KEY" in name
        ),
        "tools": [tool for tool in TOOLS if shutil.which(tool)],
        "user": os.getuid(),
        "boot_id": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
    }


def shared(flags: int) -> int:
    """The id of a System V segment, or -1."""
    number = SYSTEM_CALLS.get(os.uname().machine, {}).get("shmget")
    return -1 if number is None else int(ctypes.CDLL(None).syscall(number, SHM_KEY, 4096, flags))


def processes(nonce: str) -> list[str]:
    """Processes, other than this one and its shell, that were told the nonce."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (
                f"\0{nonce}\0" in (folder / "cmdline").read_text()
                and b"time.sleep" in (folder / "cmdline").read_bytes()
            ):
                found.append(folder.name)
    return found


def answer(result: int) -> str:
    """What a system call came to."""
    return "allowed" if result >= 0 else os.strerror(ctypes.get_errno())


def reaches(host: str, port: int) -> bool:
    """Whether a connection is taken."""
    try:
        socket.create_connection((host, port), SECONDS).close()
    except OSError:
        return False
    return True


def resolves(name: str) -> bool:
    """Whether a name leads to an address."""
    try:
        socket.getaddrinfo(name, 443)
    except OSError:
        return False
    return True


def writes(folder: Path) -> bool:
    """Whether a file can be made in a folder; it is removed again."""
    try:
        place = folder / f"probe-{os.getpid()}"
        place.write_text("x")
        place.unlink()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    do = {"leave": leave, "look": look}[sys.argv[1]]
    Path("probe.json").write_text(json.dumps(do(sys.argv[2]), indent=1) + "\n")
    print("done")
