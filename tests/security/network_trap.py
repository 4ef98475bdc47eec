"""A network namespace in which every address is this machine, and what a command sends to any of them is counted.

Run as a script by root of the namespace: `unshare -n python network_trap.py FOLDER COMMAND`. It plays the bucket and
runs the real handler inside, lets the command loose, then sends one datagram and opens one connection of its own, and
prints `{"output", "caught"}`: the command's output, and what the trap caught, of which those last two must be.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests.support.handler_process import handler_process
from tests.support.job_server import job_server

PORTS = (53, 80, 443)
# Reserved for documentation: no real host has it.
SOMEWHERE = "198.51.100.7"


class Trap:
    """Listens at every address, over UDP and TCP; `caught` says what arrived."""

    def __init__(self) -> None:
        self.caught: list[str] = []
        self._changed = threading.Condition()
        self._selector = selectors.DefaultSelector()
        for port in PORTS:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                listening = socket.socket(socket.AF_INET, kind)
                listening.bind(("0.0.0.0", port))
                if kind == socket.SOCK_STREAM:
                    listening.listen()
                self._selector.register(listening, selectors.EVENT_READ, kind)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            for key, _ in self._selector.select():
                listening = key.fileobj
                assert isinstance(listening, socket.socket)
                if key.data == socket.SOCK_DGRAM:
                    listening.recvfrom(512)
                    kind = "udp"
                else:
                    listening.accept()[0].close()
                    kind = "tcp"
                with self._changed:
                    self.caught.append(f"{kind}:{listening.getsockname()[1]}")
                    self._changed.notify_all()

    def wait_for(self, *what: str) -> None:
        """Until all of it has arrived, at most ten seconds."""
        with self._changed:
            self._changed.wait_for(lambda: set(what) <= set(self.caught), 10)


def main(folder: Path, command: str) -> None:
    """Set the trap, run the command in the sandbox, and then send the probe."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", "default", "dev", "lo"], check=True)
    trap = Trap()
    with job_server() as bucket, handler_process("sandbox.app", folder) as sandbox:
        event = bucket.commands(command)
        sandbox(event)
        output = bucket.delivered(event).output
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"probe", (SOMEWHERE, 53))
    socket.create_connection((SOMEWHERE, 443), timeout=10).close()
    trap.wait_for("udp:53", "tcp:443")
    print(json.dumps({"output": output, "caught": trap.caught}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
