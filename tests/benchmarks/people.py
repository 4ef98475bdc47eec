"""Who uses the service as it is meant, and who does not: `python -m tests.benchmarks.people ROLE URL KEY SECONDS`.

Each is a process of its own, so that nobody takes the time of what is measured.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

PROJECT = "p"
PAUSE_SECONDS = 0.1
"""Between two requests of a person."""

WATCHERS = 45


@dataclass
class Measured:
    """Seconds of each request, and what was not answered as it should be."""

    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)


def ordinary(url: str, key: str, seconds: float) -> Measured:
    """Reads, changes and starts runs one after the other, and sees that each of them succeeds."""
    measured, ends = Measured(), time.monotonic() + seconds
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as api:

        def ask(method: str, path: str, wanted: int, body: object = None) -> Any:
            began = time.monotonic()
            try:
                answer = api.request(method, path, json=body)
            except httpx.HTTPError as error:
                measured.failed.append(f"{method} {path}: {error!r}")
                return {}
            measured.seconds.append(time.monotonic() - began)
            if answer.status_code != wanted:
                measured.failed.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
            time.sleep(PAUSE_SECONDS)
            return answer.json()

        while time.monotonic() < ends:
            ask("PUT", f"/projects/{PROJECT}", 201, {"name": "mine"})
            run = ask("POST", f"/projects/{PROJECT}/runs", 201, {"instructions": "touch a.md"}).get("id")
            ask("GET", "/projects", 200)
            ask("GET", "/runs?limit=20", 200)
            while run and (seen := ask("GET", f"/runs/{run}", 200)).get("status") in {"queued", "running"}:
                ask("GET", f"/runs/{run}/workspace/files", 200)
            if run:
                measured.ends.append(str(seen.get("status")))
                if measured.ends[-1] != "succeeded":
                    measured.failed.append(f"run {run}: {seen.get('errors')}")
    return measured


def abusive(url: str, key: str, seconds: float) -> Measured:
    """Everything that was ever found to stop others, all at once and as fast as it is answered."""
    measured, ends = Measured(), time.monotonic() + seconds
    api = httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
    )
    api.put(f"/projects/{PROJECT}", json={"name": "theirs"})
    files = [{"path": f"{n}/{'x' * 200}.md", "content": "\\" * 4_000} for n in range(100)]
    wide = api.post(f"/projects/{PROJECT}/runs", json={"instructions": "touch a.md. touch b.md", "files": files}).json()
    idle = api.post(f"/projects/{PROJECT}/runs", json={"instructions": "wait 3600 seconds"}).json()
    turns = itertools.cycle(itertools.combinations(range(4), 2))

    def watch() -> httpx.Response:
        seen = api.get(f"/runs/{idle['id']}/events")
        return api.get(f"/runs/{idle['id']}/stream?after={seen.json()['next_after']}") if seen.is_success else seen

    def compare() -> httpx.Response:
        old, new = next(turns)
        return api.get(f"/runs/{wide['id']}/diff?from_turn={old}&to_turn={new}&format=patch")

    habits: dict[str, Callable[[], httpx.Response]] = {
        "starts runs": lambda: api.post(
            f"/projects/{PROJECT}/runs", json={"instructions": "touch a.md. run `sleep 5`. wait 5 seconds"}
        ),
        "names an upload 3,000 times": lambda: api.post(
            f"/projects/{PROJECT}/runs", json={"instructions": "x", "uploads": ["0" * 32] * 3_000}
        ),
        "prepares uploads": lambda: api.post(
            f"/projects/{PROJECT}/uploads", json={"files": [{"path": f"{n}.bin", "size": 50 << 20} for n in range(40)]}
        ),
        "sends large configurations": lambda: api.put(
            f"/projects/{PROJECT}", json={"domain_config": "\u754c" * 80_000}
        ),
        "compares turns": compare,
        "has it packed": lambda: api.get(f"/runs/{wide['id']}/workspace/archive"),
        "lists": lambda: api.get("/runs?limit=1000"),
        "lists files": lambda: api.get(f"/runs/{wide['id']}/workspace/files?limit=2000"),
        "deletes what is in use": lambda: api.delete(f"/projects/{PROJECT}"),
        "sends what is no JSON": lambda: api.put(f"/projects/{PROJECT}", content=b'{"domain_config": 1e999}'),
    }

    def go_on(name: str, habit: Callable[[], httpx.Response]) -> None:
        while time.monotonic() < ends:
            try:
                answer = habit()
            except httpx.HTTPError as error:
                measured.failed.append(f"{name}: {error!r}")
                continue
            if answer.status_code >= 500:
                measured.failed.append(f"{name}: {answer.status_code} {answer.text[:200]}")
            measured.ends.append(f"{name}: {answer.status_code}")

    at_it = [threading.Thread(target=go_on, args=habit, daemon=True) for habit in habits.items()]
    at_it += [threading.Thread(target=go_on, args=("watches", watch), daemon=True) for _ in range(WATCHERS)]
    for thread in at_it:
        thread.start()
    for thread in at_it:
        thread.join(max(0.0, ends - time.monotonic()) + 1)
    return measured


ROLES = {"ordinary": ordinary, "abusive": abusive}


if __name__ == "__main__":
    role, url, key, seconds = sys.argv[1:]
    print(json.dumps(asdict(ROLES[role](url, key, float(seconds)))))
