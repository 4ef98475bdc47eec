"""Lambda's rules on this machine, for a handler that is started under them: what an untrusted function is up against.

Run by root as `unshare --fork --kill-child --pid --mount --ipc lambda_rules.py PLAN`, PLAN being JSON: `{"command",
"environment", "user", "tmp", "mounts": {place: source}}`. This process is then the first of its own system, as Lambda's
init is: it adopts orphans, and with it everything ends. Before it starts the command, as the user,

- `mounts` are there, read-only: the code at /var/task, the layer at /opt/python; /tmp is the folder `tmp`;
- /usr/bin has what the image of Lambda's Python has, and /usr/local/bin, /usr/sbin and /usr/local/sbin nothing;
- /dev has no shared memory;
- `prctl`, `unshare`, `setns`, `seccomp` and clones into namespaces are answered with EPERM, by an outer filter.

That Lambda refuses them is what several projects report (see docs/sandbox.md); the tools are those of Amazon Linux
2023's minimal image: coreutils, bash, grep, sed, awk and curl.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import signal
import struct
import sys
from pathlib import Path
from typing import Any

TOOLS = """
bash sh [ arch b2sum base32 base64 basename cat chgrp chmod chown cksum comm cp csplit cut date dd df dir dirname du
echo env expand expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum mkdir mkfifo
mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pr printenv printf ptx pwd readlink realpath rm rmdir seq
sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test
timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes
grep egrep fgrep sed awk gawk mawk curl
""".split()
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
PROGRAMS = ("/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin")

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000
NAMESPACES = 0x7E020000
CALLS = {
    "x86_64": {"prctl": 157, "unshare": 272, "setns": 308, "seccomp": 317, "clone": 56, "clone3": 435},
    "aarch64": {"prctl": 167, "unshare": 97, "setns": 268, "seccomp": 277, "clone": 220, "clone3": 435},
}

libc = ctypes.CDLL(None, use_errno=True)


def done(result: int) -> None:
    """Raises what the system says, if it refused."""
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source: str, target: Path, flags: int, kind: str | None = None) -> None:
    """mount(2), with the target made first."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.mkdir() if kind or Path(source).is_dir() else target.touch()
    done(libc.mount(source.encode(), str(target).encode(), kind and kind.encode(), flags, None))


def show(source: str, target: Path, *, writable: bool = False) -> None:
    """The source at the target, too."""
    mount(source, target, MS_BIND | MS_REC)
    if not writable:
        mount(source, target, MS_BIND | MS_REMOUNT | MS_RDONLY)


def furnish(plan: dict[str, Any]) -> None:
    """Everything on disk as in Lambda."""
    mount("none", Path("/"), MS_REC | MS_PRIVATE)
    # What is about to be covered stays within reach here.
    kept = Path("/mnt")
    mount("tmpfs", kept, 0, "tmpfs")
    for number, folder in enumerate(PROGRAMS):
        show(folder, kept / f"programs{number}")
    for number, source in enumerate(plan["mounts"].values()):
        show(source, kept / f"mount{number}")
    show(plan["tmp"], kept / "tmp", writable=True)
    for name in DEVICES:
        show(f"/dev/{name}", kept / "dev" / name, writable=True)
    for name, own in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        (kept / "dev" / name).symlink_to(f"/proc/self/fd{own}")
    for place in ("/opt", "/var", *PROGRAMS):
        mount("tmpfs", Path(place), 0, "tmpfs")
    for name in (*TOOLS, "python3"):
        for number in range(len(PROGRAMS)):
            # What it is may be a link to another of them, which leads nowhere yet.
            if os.path.lexists(kept / f"programs{number}" / name):
                Path("/usr/bin", name).symlink_to(kept / f"programs{number}" / name)
                break
    for number, place in enumerate(plan["mounts"]):
        show(str(kept / f"mount{number}"), Path(place))
    show(str(kept / "tmp"), Path("/tmp"), writable=True)
    show(str(kept / "dev"), Path("/dev"), writable=True)
    mount("proc", Path("/proc"), 0, "proc")


def refuse_calls() -> None:
    """The outer filter, for this process and all that it starts."""
    calls = CALLS[platform.machine()]
    eperm, enosys = (step(RETURN, ERROR | error) for error in (errno.EPERM, errno.ENOSYS))
    program = [step(LOAD, 0)]
    for name in ("prctl", "unshare", "setns", "seccomp"):
        program += [step(EQUAL, calls[name], when_false=1), eperm]
    # Its flags are where no filter looks.
    program += [step(EQUAL, calls["clone3"], when_false=1), enosys]
    program += [
        step(EQUAL, calls["clone"], when_false=3),
        step(LOAD, 16),
        step(ANY_BIT, NAMESPACES, when_false=1),
        eperm,
    ]
    code = b"".join([*program, step(RETURN, ALLOW)])
    filtering = ctypes.create_string_buffer(code)
    whole = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(filtering))
    done(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, whole, 0, 0))


def step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    """One instruction of a filter."""
    return struct.pack("=HBBI", code, when_true, when_false, value)


def main(plan: dict[str, Any]) -> None:
    """Start the command, be its init, and end as it ends."""
    furnish(plan)
    started = os.fork()
    if not started:
        refuse_calls()
        os.setgroups([])
        os.setgid(plan["user"])
        os.setuid(plan["user"])
        os.chdir("/var/task")
        os.execve(plan["command"][0], plan["command"], plan["environment"])  # noqa: S606 - the handler itself
    for standard in (0, 1):
        os.close(standard)
    ended, status = os.wait()
    while ended != started:
        ended, status = os.wait()
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(json.loads(sys.argv[1]))
