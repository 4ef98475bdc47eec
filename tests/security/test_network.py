"""No packet of a command leaves for any address, tried where every address would answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.proof

REACH = """
exec 2>&1
(echo > /dev/tcp/198.51.100.7/443) && echo reached
(echo x > /dev/udp/198.51.100.7/53) && echo reached
(echo > /dev/tcp/127.0.0.1/80) && echo reached
curl -sS -m 5 http://198.51.100.7/ && echo reached
python - <<'PYTHON'
import ctypes, socket

for family, kind in ("INET", "STREAM"), ("INET6", "DGRAM"), ("INET", "RAW"), ("PACKET", "RAW"), ("NETLINK", "RAW"):
    try:
        socket.socket(getattr(socket, "AF_" + family), getattr(socket, "SOCK_" + kind))
        print("reached", family)
    except OSError as error:
        print("refused", error.strerror)
try:
    print("reached", socket.getaddrinfo("secret.example.com", 443))
except OSError:
    print("not resolved")
# A ring of io_uring can open sockets of its own.
print("ring", ctypes.CDLL(None, use_errno=True).syscall(425, 8, ctypes.create_string_buffer(256)))
PYTHON
"""


def namespace() -> list[str]:
    """The command that gives a program a network of its own; skips where there is none."""
    if not all(map(shutil.which, ("unshare", "ip"))):
        pytest.skip("unshare and ip are needed")
    command = ["unshare", "-n"] if os.getuid() == 0 else ["unshare", "-rn"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody have a network namespace")
    return command


def test_a_command_reaches_no_host_and_no_resolver(folder: Path) -> None:
    done = subprocess.run(
        [*namespace(), sys.executable, "-m", "tests.security.network_trap", str(folder), REACH],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # The two that the trap sends itself show that it catches what nothing holds back.
    assert sorted(found["caught"]) == ["tcp:443", "udp:53"]
    assert "reached" not in found["output"]
    assert found["output"].count("refused Permission denied") == 5
    assert "not resolved" in found["output"]
    assert "ring -1" in found["output"]
