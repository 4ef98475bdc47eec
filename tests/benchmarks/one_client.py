"""One client in a process of its own: for each line that it reads, one POST of a run; it says which, and how long."""

from __future__ import annotations

import json
import sys
import time

import httpx


def main(url: str, instructions: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as http:
        for _ in sys.stdin:
            began = time.monotonic()
            answer = http.post("/projects/bench/runs", json={"instructions": instructions}).raise_for_status()
            run_id = answer.json()["id"]
            print(json.dumps({"run_id": run_id, "began": began, "answered": time.monotonic()}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
