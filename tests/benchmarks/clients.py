"""Many clients in a process of their own, so that they do not take the time of what they measure."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

import httpx

FINAL = {"succeeded", "failed", "cancelled"}
POLL_SECONDS = 2.0
"""Between two looks of a client, each at one of its runs: looking costs the laptop cloud about as much as starting."""


@dataclass
class Measured:
    """Seconds of each POST and each GET; how each run ended; how many requests had to be sent again."""

    posts: list[float] = field(default_factory=list)
    gets: list[float] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    seconds: float = 0.0


class Clients:
    """So many threads, each starting its runs one after the other, and then watching them all to their ends."""

    def __init__(self, url: str, instructions: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=120, limits=httpx.Limits(max_connections=None))
        self._instructions = instructions
        self._lock = threading.Lock()
        self.measured = Measured()

    def work(self, keys: list[str]) -> None:
        waiting = deque(self._start(key) for key in keys)
        while waiting:
            status = self._look(waiting[0])
            if status in FINAL:
                with self._lock:
                    self.measured.ends[waiting.popleft()] = status
            else:
                waiting.rotate(-1)
                time.sleep(POLL_SECONDS)

    def _start(self, key: str) -> str:
        body, headers = {"instructions": self._instructions}, {"Idempotency-Key": key}
        while True:
            began = time.monotonic()
            answer = self._http.post("/projects/load/runs", json=body, headers=headers)
            if answer.status_code == 201:
                with self._lock:
                    self.measured.posts.append(time.monotonic() - began)
                return str(answer.json()["id"])
            with self._lock:
                self.measured.refused += 1
            time.sleep(1)

    def _look(self, run_id: str) -> str:
        began = time.monotonic()
        answer = self._http.get(f"/runs/{run_id}")
        if answer.status_code != 200:
            with self._lock:
                self.measured.refused += 1
            return ""
        with self._lock:
            self.measured.gets.append(time.monotonic() - began)
        return str(answer.json()["status"])


def main(url: str, runs: int, number: int, instructions: str) -> None:
    clients = Clients(url, instructions)
    keys = [f"load {run}" for run in range(runs)]
    began = time.monotonic()
    with ThreadPoolExecutor(number) as pool:
        for done in [pool.submit(clients.work, keys[place::number]) for place in range(number)]:
            done.result()
    clients.measured.seconds = time.monotonic() - began
    json.dump(asdict(clients.measured), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
